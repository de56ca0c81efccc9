//! What users say to a message without words.

use std::{collections::HashMap, fmt, sync::LazyLock};

use serde::{Deserialize, Serialize};

use crate::{Timestamp, UserId, UserSummary, Violation, user::text};

text!(
    /// One emoji, as Unicode writes it in full.
    Emoji
);

/// Asks for an emoji's picture, where a character has one; Unicode writes it where it matters, people where they like.
const EMOJI_PRESENTATION: char = '\u{fe0f}';

/// Every emoji as Unicode writes it in full, by its form without [`EMOJI_PRESENTATION`]. Not `emojis::get`: in version
/// 0.9 it takes some couples with skin tones that are not written in full for others.
static BY_BARE_FORM: LazyLock<HashMap<String, &'static str>> = LazyLock::new(|| {
    let toned = emojis::iter().filter_map(emojis::Emoji::skin_tones).flatten();
    emojis::iter().chain(toned).map(|emoji| (bare(emoji.as_str()), emoji.as_str())).collect()
});

impl Emoji {
    /// Parses exactly one emoji, of those that Unicode recommends for general interchange.
    ///
    /// # Errors
    /// When it is something else.
    pub fn parse(text: &str) -> Result<Self, Violation> {
        let found = BY_BARE_FORM.get(&bare(text));
        let whole = found.ok_or_else(|| Violation::new("emoji", "must be one emoji"))?;
        Ok(Self((*whole).to_owned()))
    }
}

fn bare(text: &str) -> String {
    text.chars().filter(|c| *c != EMOJI_PRESENTATION).collect()
}

/// An emoji under a message, and whose it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reaction {
    /// The emoji.
    pub emoji: Emoji,
    /// Who reacted with it, the first first.
    pub user_ids: Vec<UserId>,
}

/// One reaction, and whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReactionEntry {
    /// Who reacted.
    pub user: UserSummary,
    /// With which emoji.
    pub emoji: Emoji,
    /// When.
    pub created_at: Timestamp,
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
    fn every_emoji_has_one_form_with_or_without_variation_selectors() {
        let toned = emojis::iter().filter_map(emojis::Emoji::skin_tones).flatten();
        for emoji in emojis::iter().chain(toned) {
            let bare = bare(emoji.as_str());
            for text in [emoji.as_str(), &bare, &format!("{bare}\u{fe0f}")] {
                let parsed = Emoji::parse(text).map(Emoji::into_string);
                assert_eq!(parsed.as_deref(), Ok(emoji.as_str()), "{text:?}");
            }
        }
    }

    #[test]
    fn what_is_not_exactly_one_emoji_is_refused() {
        let family = "👨\u{200d}👩\u{200d}👧\u{200d}👦";
        let bad = [
            "",
            " ",
            "a",
            "1",
            "#",
            ":+1:",
            "👍👍",
            "👍 ",
            "x👍",
            "\u{fe0f}",
            "\u{200d}",
            "\u{1f3fb}",
            "👍\u{fe0e}",
        ];
        for text in bad.into_iter().chain([family.repeat(9).as_str()]) {
            assert!(Emoji::parse(text).is_err(), "{text:?} was accepted");
        }
        assert!(Emoji::parse(family).is_ok());
    }

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
