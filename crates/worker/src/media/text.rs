//! The words of a document, as many as are kept.

use plaza_domain::MAX_FILE_TEXT;
use serde::{Deserialize, Serialize};

/// What a document says, as far as it is kept: no control characters but tabs and ends of lines.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct DocumentText {
    /// The words, at most [`MAX_FILE_TEXT`] bytes.
    #[serde(skip)]
    pub(crate) content: String,
    /// Whether there are more.
    pub(crate) is_truncated: bool,
}

impl DocumentText {
    /// Appends words, as far as there is room.
    pub(super) fn push(&mut self, words: &str) {
        for part in words.split(is_dropped) {
            let room = MAX_FILE_TEXT - self.content.len();
            let kept = &part[..part.floor_char_boundary(room)];
            self.content.push_str(kept);
            if kept.len() < part.len() {
                self.is_truncated = true;
                return;
            }
        }
    }

    /// Ends a line, unless it is empty.
    pub(super) fn end_line(&mut self) {
        if !self.is_at_line_start() {
            self.push("\n");
        }
    }

    /// Notes that there is more that was not looked at.
    pub(super) fn cut(&mut self) {
        self.is_truncated = true;
    }

    /// Whether the last line is empty.
    pub(super) fn is_at_line_start(&self) -> bool {
        self.content.is_empty() || self.content.ends_with('\n')
    }

    /// Whether there is a word in it.
    pub(super) fn says_something(&self) -> bool {
        !self.content.trim().is_empty()
    }

    /// Whether nothing more is taken.
    pub(super) fn is_full(&self) -> bool {
        self.is_truncated || self.content.len() == MAX_FILE_TEXT
    }
}

fn is_dropped(c: char) -> bool {
    c.is_control() && c != '\n' && c != '\t'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_cut_between_characters() {
        let mut text = DocumentText::default();
        text.push("x");
        text.push(&"ü".repeat(MAX_FILE_TEXT));
        assert_eq!(text.content.len(), MAX_FILE_TEXT - 1);
        assert!(text.is_truncated && text.is_full());
    }

    #[test]
    fn as_much_as_is_kept_is_whole() {
        let mut text = DocumentText::default();
        text.push(&"x".repeat(MAX_FILE_TEXT));
        assert!(!text.is_truncated && text.is_full());
    }

    #[test]
    fn control_characters_are_left_out() {
        let mut text = DocumentText::default();
        text.push("a\0b\r\nc\td\u{1b}");
        text.end_line();
        text.end_line();
        assert_eq!(text.content, "ab\nc\td\n");
    }
}
