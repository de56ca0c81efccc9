//! What there is between exactly two users: a direct room, and blocks.

use serde::{Deserialize, Serialize};

use crate::{RoomId, Timestamp, UserId, UserSummary};

/// Two different users, in whichever order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct UserPair {
    low: UserId,
    high: UserId,
}

impl UserPair {
    /// These two; `None` when they are one.
    pub fn new(one: UserId, other: UserId) -> Option<Self> {
        (one != other).then(|| Self { low: one.min(other), high: one.max(other) })
    }

    /// The one whose id is smaller.
    pub const fn low(self) -> UserId {
        self.low
    }

    /// The one whose id is greater.
    pub const fn high(self) -> UserId {
        self.high
    }

    /// Both.
    pub const fn users(self) -> [UserId; 2] {
        [self.low, self.high]
    }

    /// Who of the two the user is not; `None` when the user is neither.
    pub fn other(self, user_id: UserId) -> Option<UserId> {
        match user_id {
            user_id if user_id == self.low => Some(self.high),
            user_id if user_id == self.high => Some(self.low),
            _ => None,
        }
    }
}

/// The one room of two users.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DirectRoom {
    /// The room.
    pub room_id: RoomId,
    /// Whose it is.
    pub users: UserPair,
    /// Whether nothing more can be written in it: one of the two has blocked the other, or is disabled. Which of these
    /// it is, and who did it, is told to nobody.
    pub is_closed: bool,
}

/// That a user wants to hear nothing from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block {
    /// Who wants it; they alone know of it.
    pub blocker_id: UserId,
    /// From whom.
    pub blocked_id: UserId,
    /// Since when.
    pub created_at: Timestamp,
}

/// Somebody whom a user has blocked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockedUser {
    /// The user.
    pub user: UserSummary,
    /// Since when.
    pub created_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_pair_is_two_users_in_whichever_order() {
        let [one, other] = [1, 2].map(|id| UserId::new(Uuid::from_u128(id)));
        assert_eq!(UserPair::new(one, other), UserPair::new(other, one));
        assert_eq!(UserPair::new(other, one).map(UserPair::users), Some([one, other]));
        assert_eq!(UserPair::new(one, one), None);
    }

    #[test]
    fn the_other_one_of_a_pair_is_who_a_user_is_not() {
        let [one, other, stranger] = [1, 2, 3].map(|id| UserId::new(Uuid::from_u128(id)));
        let seen = UserPair::new(one, other).map(|pair| [one, other, stranger].map(|user| pair.other(user)));
        assert_eq!(seen, Some([Some(other), Some(one), None]));
    }
}
