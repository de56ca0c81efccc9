//! Whether users are there.

use serde::{Deserialize, Serialize};

use crate::{Timestamp, UserId};

/// What a connected client says of its user. Ordered: of several clients the greatest counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Availability {
    /// Connected, and not looking.
    Away,
    /// There; what a connection says until it says something else.
    Online,
    /// There, and not to be disturbed.
    Dnd,
}

impl Availability {
    /// The word for it in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Away => "away",
            Self::Online => "online",
            Self::Dnd => "dnd",
        }
    }

    /// What a word means.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Away, Self::Online, Self::Dnd].into_iter().find(|known| known.as_str() == word)
    }
}

/// Whether a user is there, as somebody else may know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Presence {
    /// The user.
    pub user_id: UserId,
    /// What their clients say; `None` when none is connected: the user is offline.
    pub availability: Option<Availability>,
    /// When the last client of an offline user went away; `None` while the user is there, and when that is not known
    /// or not to be known.
    pub last_seen_at: Option<Timestamp>,
}

impl Presence {
    /// A user who is there, or was last seen at that time.
    pub fn new(user_id: UserId, availability: Option<Availability>, last_seen_at: Option<Timestamp>) -> Self {
        let last_seen_at = last_seen_at.filter(|_| availability.is_none());
        Self { user_id, availability, last_seen_at }
    }

    /// What is shown of a user to those who may not know.
    pub fn hidden(user_id: UserId) -> Self {
        Self::new(user_id, None, None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_several_clients_the_least_disturbable_counts() {
        use Availability::{Away, Dnd, Online};
        assert_eq!([Away, Online].into_iter().max(), Some(Online));
        assert_eq!([Dnd, Online, Away].into_iter().max(), Some(Dnd));
    }

    #[test]
    fn nobody_says_of_themselves_that_they_are_offline() {
        assert_eq!(Availability::parse("dnd"), Some(Availability::Dnd));
        for word in ["offline", "Online", ""] {
            assert_eq!(Availability::parse(word), None, "{word:?}");
        }
    }
}
