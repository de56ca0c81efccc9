//! What a message says: who sent it, as its how manieth, and when. Found in a frame without parsing the frame.

use std::fmt::Write;

use memchr::memmem;

const MARK: &str = "plzb";
/// `plzb0001.00000001.000000000001.` and then words.
const HEAD: usize = MARK.len() + 4 + 1 + 8 + 1 + 12 + 1;
const FILLING: &str = "the quick brown fox jumps over the lazy dog and comes back for more of it ";

/// What a message tells about itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Body {
    /// The sender's number among all senders.
    pub(crate) sender: usize,
    /// 1, 2, 3, … for each sender.
    pub(crate) number: u32,
    /// When it was due, in microseconds of the generator's clock.
    pub(crate) stamp: u64,
}

impl Body {
    /// The text, `size` bytes long, but never shorter than what it has to say.
    pub(crate) fn text(self, size: usize) -> String {
        let mut text = String::with_capacity(size.max(HEAD));
        let Self { sender, number, stamp } = self;
        // Writing to a text does not fail.
        write!(text, "{MARK}{sender:04}.{number:08}.{stamp:012}.").ok();
        text.extend(FILLING.chars().cycle().take(size.saturating_sub(HEAD)));
        text
    }

    fn parse(bytes: &[u8]) -> Option<Self> {
        let bytes = bytes.get(..HEAD)?;
        let number = |from: usize, length: usize| {
            let digits = bytes[from..from + length].iter();
            digits.fold(0_u64, |value, digit| value * 10 + u64::from(digit.wrapping_sub(b'0')))
        };
        Some(Self {
            sender: usize::try_from(number(4, 4)).ok()?,
            number: u32::try_from(number(9, 8)).ok()?,
            stamp: number(18, 12),
        })
    }
}

/// Finds bodies in frames. A body is mostly where it was in the frame before.
#[derive(Clone, Debug)]
pub(crate) struct Reader {
    finder: memmem::Finder<'static>,
    place: usize,
}

impl Reader {
    /// One that has not seen a frame.
    pub(crate) fn new() -> Self {
        Self { finder: memmem::Finder::new(MARK), place: 0 }
    }

    /// The body in a frame, if it has one.
    pub(crate) fn read(&mut self, frame: &[u8]) -> Option<Body> {
        let is_there = frame.get(self.place..).is_some_and(|rest| rest.starts_with(MARK.as_bytes()));
        if !is_there {
            self.place = self.finder.find(frame)?;
        }
        Body::parse(&frame[self.place..])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_found_wherever_it_is_in_a_frame() {
        let mut reader = Reader::new();
        for before in ["", "{\"content\":\"", "{", "{\"seq\":1000,\"content\":\""] {
            let body = Body { sender: 12, number: 3_456, stamp: 789_000_001 };
            let text = body.text(100);
            assert_eq!(text.len(), 100);
            assert_eq!(reader.read(format!("{before}{text}\"}}").as_bytes()), Some(body));
        }
    }

    #[test]
    fn frames_without_a_body_have_none() {
        let mut reader = Reader::new();
        for frame in ["", "{\"type\":\"ack\"}", "plzb", "plzb0001.00000001."] {
            assert_eq!(reader.read(frame.as_bytes()), None);
        }
    }
}
