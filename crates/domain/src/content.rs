//! What users write, and the names under which their clients send it.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Violation, user::text, validation::is_invisible};

/// The longest content, in characters (Unicode scalar values).
pub const MAX_CONTENT_CHARS: usize = 4_000;
/// The longest [`ClientId`], in bytes.
pub const MAX_CLIENT_ID_BYTES: usize = 64;

text!(
    /// Markdown as its author wrote it, without control characters but tab and line feed.
    Content
);
text!(
    /// A name that a client gives to a send, so that repeating it does not repeat the message: 1 to 64 printable ASCII characters.
    ClientId
);

impl Content {
    /// Cleans and measures what was written; may be empty.
    ///
    /// # Errors
    /// When it is longer than [`MAX_CONTENT_CHARS`].
    pub fn parse(text: &str) -> Result<Self, Violation> {
        let normalised = if text.contains('\r') {
            text.replace("\r\n", "\n").replace('\r', "\n")
        } else {
            text.to_owned()
        };
        let is_dropped = |c: char| c.is_control() && !matches!(c, '\n' | '\t');
        let cleaned =
            if normalised.contains(is_dropped) { normalised.replace(is_dropped, "") } else { normalised };
        // A string of at most that many bytes cannot have more characters: most messages need no count.
        if cleaned.len() > MAX_CONTENT_CHARS && cleaned.chars().count() > MAX_CONTENT_CHARS {
            return Err(Violation::new(
                "content",
                format!("must be at most {MAX_CONTENT_CHARS} characters long"),
            ));
        }
        Ok(Self(cleaned))
    }

    /// The same, cut where it is too long: for words of the server's own.
    pub(crate) fn cut(text: &str) -> Self {
        Self(text.chars().take(MAX_CONTENT_CHARS).collect())
    }

    /// What a tombstone says.
    pub(crate) fn nothing() -> Self {
        Self(String::new())
    }

    /// Whether there is nothing to see.
    pub fn is_blank(&self) -> bool {
        self.0.chars().all(is_invisible)
    }
}

impl ClientId {
    /// Parses a client's name for a send.
    ///
    /// # Errors
    /// When it is empty, too long, or has other than printable ASCII characters.
    pub fn parse(text: &str) -> Result<Self, Violation> {
        if (1..=MAX_CLIENT_ID_BYTES).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic()) {
            Ok(Self(text.to_owned()))
        } else {
            let rule =
                format!("must be 1 to {MAX_CLIENT_ID_BYTES} printable ASCII characters without spaces");
            Err(Violation::new("client_id", rule))
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn control_characters_are_removed_and_line_ends_become_line_feeds() {
        let content = Content::parse("a\r\nb\rc\u{0}\u{7}\td").map(Content::into_string);
        assert_eq!(content, Ok("a\nb\nc\td".to_owned()));
    }

    #[test]
    fn content_is_measured_in_characters() {
        assert!(Content::parse(&"ä".repeat(MAX_CONTENT_CHARS)).is_ok());
        assert!(Content::parse(&"ä".repeat(MAX_CONTENT_CHARS + 1)).is_err());
    }

    #[test]
    fn client_ids_are_short_printable_ascii() {
        assert!(ClientId::parse("6f1c-1").is_ok());
        for text in ["", "a b", "ä", "a\n", &"x".repeat(MAX_CLIENT_ID_BYTES + 1)] {
            assert!(ClientId::parse(text).is_err(), "{text:?} was accepted");
        }
    }

    proptest! {
        #[test]
        fn cleaning_content_twice_changes_nothing_more(text in ".{0,200}") {
            if let Ok(once) = Content::parse(&text) {
                prop_assert_eq!(Content::parse(once.as_str()), Ok(once));
            }
        }
    }
}
