//! Who is mentioned in what users write.

use crate::{MessageId, RoomId, Seq, UserId, Username};

/// How many users one message can mention by name; further names are words like any other.
pub const MAX_MENTIONS: usize = 50;
/// The name that means everybody in the room, also where a user is called so.
const EVERYBODY: &str = "room";

/// The names after an `@` in a text. Whether somebody is called so is not known yet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mentions {
    /// Each once, in the order of the text; at most [`MAX_MENTIONS`].
    pub names: Vec<Username>,
    /// Whether everybody in the room is meant.
    pub room: bool,
}

impl Mentions {
    /// Finds `@name` and `@room` where the `@` begins a word. A full stop or hyphen at the end is the sentence's, and
    /// what looks like an address (`ada@example.org`, `@ada@example.org`) mentions nobody.
    pub fn parse(text: &str) -> Self {
        let mut mentions = Self::default();
        for (at, _) in text.match_indices('@') {
            let (before, rest) = text.split_at(at);
            if before.ends_with(is_within_word) {
                continue;
            }
            let Some(name) = rest.strip_prefix('@').and_then(leading_name) else { continue };
            if name.as_str() == EVERYBODY {
                mentions.room = true;
            } else if mentions.names.len() < MAX_MENTIONS && !mentions.names.contains(&name) {
                mentions.names.push(name);
            }
        }
        mentions
    }

    /// Whether nobody is meant.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty() && !self.room
    }
}

/// The name that a text begins with.
fn leading_name(text: &str) -> Option<Username> {
    let end = text.find(|c: char| !is_of_name(c)).unwrap_or(text.len());
    let (run, after) = text.split_at(end);
    let name = run.trim_end_matches(['.', '-']);
    let goes_on = name.len() == run.len() && after.starts_with(|c: char| c == '@' || c.is_alphanumeric());
    if goes_on { None } else { Username::parse(name).ok() }
}

fn is_of_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-')
}

/// What an `@` right behind it belongs to: a word, an address, a path.
fn is_within_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '@' | '/')
}

/// That a message mentions a user by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mention {
    /// The message.
    pub message_id: MessageId,
    /// The user.
    pub user_id: UserId,
    /// The message's room.
    pub room_id: RoomId,
    /// The message's place.
    pub seq: Seq,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn names(text: &str) -> Vec<String> {
        Mentions::parse(text).names.into_iter().map(Username::into_string).collect()
    }

    #[test]
    fn a_name_is_found_wherever_its_at_sign_begins_a_word() {
        for (text, expected) in [
            ("@ada", vec!["ada"]),
            ("hello @ada, and (@grace)!", vec!["ada", "grace"]),
            ("@Ada.Lovelace-1 and @a_b_c", vec!["ada.lovelace-1", "a_b_c"]),
            ("ask @ada.", vec!["ada"]),
            ("@ada-- really...@grace", vec!["ada", "grace"]),
            ("é @ada’s", vec!["ada"]),
            ("@ada @ADA @ada", vec!["ada"]),
        ] {
            assert_eq!(names(text), expected, "{text}");
        }
    }

    #[test]
    fn addresses_and_halves_of_words_mention_nobody() {
        for text in [
            "",
            "@",
            "@ ada",
            "@@ada",
            "ada@example.org",
            "@ada@example.org",
            "x@ada",
            "é@ada",
            "@adaé",
            "https://example.org/@ada",
            "@ab",
            "@_ada",
            "@.ada",
            "@...",
        ] {
            assert_eq!(Mentions::parse(text), Mentions::default(), "{text}");
        }
        assert_eq!(names(&format!("@{}", "a".repeat(33))), Vec::<String>::new());
    }

    #[test]
    fn everybody_in_the_room_is_no_name() {
        let found = Mentions::parse("@Room: ask @ada, not @roommate");
        assert!(found.room);
        assert_eq!(names("@Room: ask @ada, not @roommate"), ["ada", "roommate"]);
    }

    #[test]
    fn names_beyond_the_limit_are_words() {
        let text: String = (0..60).map(|number| format!("@user{number} ")).collect();
        let found = names(&(text + "@room"));
        assert_eq!(found.len(), MAX_MENTIONS);
        assert_eq!(found.last().map(String::as_str), Some("user49"));
        assert!(Mentions::parse("@room").room);
    }

    proptest! {
        #[test]
        fn whatever_is_found_is_written_there(text in "[@a-c.é _/-]{0,40}") {
            for name in names(&text) {
                let written = format!("@{}", name);
                prop_assert!(text.contains(&written), "{} in {}", name, text);
            }
        }
    }
}
