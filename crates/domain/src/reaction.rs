//! What users say to a message without words.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{UserId, user::text};

text!(
    /// One emoji.
    Emoji
);

/// An emoji under a message, and whose it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reaction {
    /// The emoji.
    pub emoji: Emoji,
    /// Who reacted with it, the first first.
    pub user_ids: Vec<UserId>,
}

impl Reaction {
    /// Puts single reactions, in the order in which they were made, together by emoji.
    pub fn group(reactions: impl IntoIterator<Item = (Emoji, UserId)>) -> Vec<Self> {
        let mut groups: Vec<Self> = Vec::new();
        for (emoji, user_id) in reactions {
            match groups.iter_mut().find(|group| group.emoji == emoji) {
                Some(group) => group.user_ids.push(user_id),
                None => groups.push(Self { emoji, user_ids: vec![user_id] }),
            }
        }
        groups
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn reactions_are_put_together_by_emoji_in_the_order_of_first_use() {
        let of = |emoji: &str, user: u128| {
            (Emoji::from_stored(emoji.to_owned()), UserId::new(Uuid::from_u128(user)))
        };
        let groups = Reaction::group([of("👍", 1), of("🎉", 2), of("👍", 3)]);
        let shown: Vec<_> = groups.iter().map(|group| (group.emoji.as_str(), group.user_ids.len())).collect();
        assert_eq!(shown, [("👍", 2), ("🎉", 1)]);
    }
}
