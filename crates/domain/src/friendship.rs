//! Friends: what two users are to each other, and the rules by which that changes.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use crate::{Timestamp, UserId, UserPair, UserSummary};

/// How long whoever declined a request hears nothing of another one of the same user, and how long a request stands
/// before asking again renews it.
pub const REST_OF_REQUESTS: TimeDelta = TimeDelta::days(30);
/// How long who takes a request back waits before asking the same user again.
pub const REST_AFTER_CANCELLING: TimeDelta = TimeDelta::days(1);

/// What two users are to each other.
///
/// A request that was declined, or that the other one must not be bothered with, stays as it is for who made it: nobody
/// can tell it from one that was not answered yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Friendship {
    /// Who the two are.
    pub users: UserPair,
    /// How things stand.
    pub state: FriendshipState,
    /// What holds the one back whose id is smaller.
    pub low: Restraint,
    /// What holds the one back whose id is greater.
    pub high: Restraint,
}

/// How things stand between two users.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FriendshipState {
    /// They are no friends, and neither wants to be for now.
    Strangers,
    /// One of them has asked.
    Requested {
        /// Who.
        by: UserId,
        /// When.
        at: Timestamp,
        /// Whether the other one does not see it: they declined it, or have blocked who asks.
        is_hidden: bool,
    },
    /// They are friends.
    Friends {
        /// Since when.
        since: Timestamp,
    },
}

/// What holds a user back from asking another one again and again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Restraint {
    /// Until then their requests are hidden from the other one, who declined one. They do not know.
    pub hidden_until: Option<Timestamp>,
    /// When they may ask again, after they took a request back. They know.
    pub again_at: Option<Timestamp>,
}

/// What two users are to each other, as one of them sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// Nothing.
    Strangers,
    /// The other one has asked.
    Incoming {
        /// When.
        at: Timestamp,
    },
    /// The viewer has asked, and waits for an answer.
    Outgoing {
        /// When.
        at: Timestamp,
    },
    /// Friends.
    Friends {
        /// Since when.
        since: Timestamp,
    },
}

/// What somebody did about a friendship.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FriendChange {
    /// They asked.
    Requested,
    /// They accepted, or asked who had asked them.
    Accepted,
    /// They declined.
    Declined,
    /// They took their request back.
    Cancelled,
    /// They ended the friendship.
    Removed,
}

/// A change that one of the two made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FriendStep {
    /// What it is.
    pub change: FriendChange,
    /// Whether the other one learns of it.
    pub is_told: bool,
}

/// Asking again has to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AskedTooSoon {
    /// Until then.
    pub again_at: Timestamp,
}

impl Friendship {
    /// Two users who have nothing to do with each other.
    pub fn new(users: UserPair) -> Self {
        let free = Restraint::default();
        Self { users, state: FriendshipState::Strangers, low: free, high: free }
    }

    /// Whether the two are friends.
    pub fn is_mutual(&self) -> bool {
        matches!(self.state, FriendshipState::Friends { .. })
    }

    /// How one of the two sees it.
    pub fn seen_by(&self, viewer: UserId) -> Relation {
        match self.state {
            FriendshipState::Requested { by, at, .. } if by == viewer => Relation::Outgoing { at },
            FriendshipState::Requested { at, is_hidden: false, .. } => Relation::Incoming { at },
            FriendshipState::Requested { .. } | FriendshipState::Strangers => Relation::Strangers,
            FriendshipState::Friends { since } => Relation::Friends { since },
        }
    }

    /// One of the two asks the other; who was asked before, accepts. `None` when nothing changes. `is_unwanted` is
    /// whether the other one has blocked who asks.
    ///
    /// # Errors
    /// When who asks took their last request back a short while ago.
    pub fn request(
        &mut self,
        by: UserId,
        now: Timestamp,
        is_unwanted: bool,
    ) -> Result<Option<FriendStep>, AskedTooSoon> {
        match self.state {
            FriendshipState::Friends { .. } => return Ok(None),
            // Also when it was declined: who declined has thought better of it.
            FriendshipState::Requested { by: asker, .. } if asker != by => {
                return Ok(Some(self.befriend(now)));
            }
            FriendshipState::Requested { at, .. } if now < at + REST_OF_REQUESTS => return Ok(None),
            FriendshipState::Requested { .. } | FriendshipState::Strangers => {}
        }
        let restraint = *self.restraint(by);
        if let Some(again_at) = restraint.again_at.filter(|again_at| now < *again_at) {
            return Err(AskedTooSoon { again_at });
        }
        let is_hidden = is_unwanted || restraint.hidden_until.is_some_and(|until| now < until);
        self.state = FriendshipState::Requested { by, at: now, is_hidden };
        Ok(Some(FriendStep { change: FriendChange::Requested, is_told: !is_hidden }))
    }

    /// One of the two accepts the other's request; `None` when they see none.
    pub fn accept(&mut self, by: UserId, now: Timestamp) -> Option<FriendStep> {
        self.has_incoming(by).then(|| self.befriend(now))
    }

    /// One of the two declines the other's request; `None` when they see none.
    pub fn decline(&mut self, by: UserId, now: Timestamp) -> Option<FriendStep> {
        match &mut self.state {
            FriendshipState::Requested { by: asker, is_hidden, .. } if *asker != by && !*is_hidden => {
                *is_hidden = true;
                let asker = *asker;
                self.restraint(asker).hidden_until = Some(now + REST_OF_REQUESTS);
                Some(FriendStep { change: FriendChange::Declined, is_told: false })
            }
            _ => None,
        }
    }

    /// One of the two takes their request back; `None` when there is none.
    pub fn cancel(&mut self, by: UserId, now: Timestamp) -> Option<FriendStep> {
        match self.state {
            FriendshipState::Requested { by: asker, is_hidden, .. } if asker == by => {
                self.state = FriendshipState::Strangers;
                self.restraint(by).again_at = Some(now + REST_AFTER_CANCELLING);
                Some(FriendStep { change: FriendChange::Cancelled, is_told: !is_hidden })
            }
            _ => None,
        }
    }

    /// One of the two ends the friendship; `None` when there is none.
    pub fn remove(&mut self) -> Option<FriendStep> {
        self.is_mutual().then(|| {
            self.state = FriendshipState::Strangers;
            FriendStep { change: FriendChange::Removed, is_told: true }
        })
    }

    /// One of the two wants nothing of the other any more, who must not be able to tell that from a friendship that was
    /// ended, a request that was taken back, or one that is not answered; `None` when nothing changes.
    pub fn end(&mut self, by: UserId, now: Timestamp) -> Option<FriendStep> {
        self.remove().or_else(|| self.cancel(by, now)).or_else(|| self.decline(by, now))
    }

    fn has_incoming(&self, user_id: UserId) -> bool {
        matches!(self.seen_by(user_id), Relation::Incoming { .. })
    }

    fn befriend(&mut self, now: Timestamp) -> FriendStep {
        let free = Restraint::default();
        *self =
            Self { users: self.users, state: FriendshipState::Friends { since: now }, low: free, high: free };
        FriendStep { change: FriendChange::Accepted, is_told: true }
    }

    fn restraint(&mut self, user_id: UserId) -> &mut Restraint {
        if user_id == self.users.low() { &mut self.low } else { &mut self.high }
    }
}

/// Somebody's friend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Friend {
    /// The friend.
    pub user: UserSummary,
    /// Since when.
    pub since: Timestamp,
    /// When the friend was last seen; `None` when they were never connected.
    pub last_seen_at: Option<Timestamp>,
}

/// A request that is not answered, as one of the two sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FriendRequest {
    /// The other one.
    pub user: UserSummary,
    /// When it was made.
    pub at: Timestamp,
}

/// Whose requests are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestDirection {
    /// Those that others made.
    Incoming,
    /// One's own.
    Outgoing,
}

/// The place of a request in the list of somebody's: the newest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RequestPosition {
    /// When it was made.
    pub at: Timestamp,
    /// The other one.
    pub user_id: UserId,
}

impl From<(Timestamp, uuid::Uuid)> for RequestPosition {
    fn from((at, id): (Timestamp, uuid::Uuid)) -> Self {
        Self { at, user_id: UserId::new(id) }
    }
}

#[cfg(test)]
mod tests;
