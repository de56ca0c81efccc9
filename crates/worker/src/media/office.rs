//! Office files: ZIP archives of XML (Office Open XML, ECMA-376; OpenDocument 1.3). Only the parts with words are
//! unpacked, and not more than a document of people's making has.

use std::io::{self, BufReader, Cursor, Read};

use plaza_domain::FileFailure;
use zip::{ZipArchive, result::ZipError};

use super::{
    DocumentText, Examined,
    markup::{Markup, OFFICE_OPEN_XML, OPEN_DOCUMENT, ReadError, read_words},
};

/// The most files in an archive.
const MAX_ENTRIES: usize = 10_000;
/// The most bytes that all parts together may unpack to.
const MAX_UNPACKED: u64 = 64 * 1024 * 1024;
/// How many times its packed length a part may unpack to, once it is larger than `SMALL`: XML shrinks well, and nothing
/// that says something shrinks as well as a bomb.
const MAX_RATIO: u64 = 300;
const SMALL: u64 = 1024 * 1024;

/// Which program's files they are.
#[derive(Clone, Copy)]
pub(super) enum Office {
    Words,
    Sheets,
    Slides,
    Open,
}

impl Office {
    /// What a media type means.
    pub(super) fn of(media_type: &str) -> Option<Self> {
        let (_, name) = media_type.split_once("application/vnd.")?;
        match name {
            "openxmlformats-officedocument.wordprocessingml.document" => Some(Self::Words),
            "openxmlformats-officedocument.spreadsheetml.sheet" => Some(Self::Sheets),
            "openxmlformats-officedocument.presentationml.presentation" => Some(Self::Slides),
            _ => name.starts_with("oasis.opendocument.").then_some(Self::Open),
        }
    }

    const fn markup(self) -> Markup {
        match self {
            Self::Words | Self::Sheets | Self::Slides => OFFICE_OPEN_XML,
            Self::Open => OPEN_DOCUMENT,
        }
    }

    /// The place of a part among those with words; `None` for the others.
    fn place(self, part: &str) -> Option<u32> {
        let fixed = |parts: &[&str]| {
            let place = parts.iter().position(|name| *name == part)?;
            u32::try_from(place).ok()
        };
        match self {
            Self::Words => fixed(&["word/document.xml", "word/footnotes.xml", "word/endnotes.xml"]),
            Self::Sheets => fixed(&["xl/sharedStrings.xml"]).or_else(|| number(part, "xl/worksheets/sheet")),
            Self::Slides => number(part, "ppt/slides/slide"),
            Self::Open => fixed(&["content.xml"]),
        }
    }
}

/// The number in `ppt/slides/slide12.xml`.
fn number(part: &str, before: &str) -> Option<u32> {
    let digits = part.strip_prefix(before)?.strip_suffix(".xml")?;
    if digits.bytes().all(|byte| byte.is_ascii_digit()) { digits.parse().ok() } else { None }
}

/// Checks that a file is whole, counts its slides and finds its words.
pub(super) fn examine(bytes: &[u8], office: Office) -> Result<Examined, FileFailure> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|_| FileFailure::Unreadable)?;
    if archive.is_empty() || archive.len() > MAX_ENTRIES {
        return Err(FileFailure::Unreadable);
    }
    let mut parts: Vec<_> = (0..archive.len())
        .filter_map(|index| Some((office.place(&archive.name_for_index(index)?.ok()?)?, index)))
        .collect();
    parts.sort_unstable();
    let slides = u32::try_from(parts.len()).ok().filter(|_| matches!(office, Office::Slides));

    let mut text = DocumentText::default();
    let mut room = MAX_UNPACKED;
    for (_, index) in parts {
        let part = match archive.by_index(index) {
            Ok(part) => part,
            // Protected by a password, or packed in a way that no office program uses.
            Err(ZipError::UnsupportedArchive(_)) => continue,
            Err(_) => return Err(FileFailure::Unreadable),
        };
        let most = SMALL.max(part.compressed_size().saturating_mul(MAX_RATIO));
        let mut unpacked = BufReader::new(Unpacked { part, most, room: &mut room });
        match read_words(&mut unpacked, office.markup(), &mut text) {
            Ok(()) => {}
            // At the end of a part its checksum tells whether it was made so.
            Err(ReadError::Malformed) if io::copy(&mut unpacked, &mut io::sink()).is_ok() => text.cut(),
            Err(ReadError::Malformed | ReadError::Damaged) => return Err(FileFailure::Unreadable),
        }
        if text.is_full() {
            break;
        }
    }
    Ok(Examined {
        page_count: slides,
        text: Some(text).filter(DocumentText::says_something),
        ..Examined::default()
    })
}

/// A part as it is unpacked; an error when it turns out to be a bomb.
struct Unpacked<'a, R> {
    part: R,
    /// What is left of what this part may unpack to.
    most: u64,
    /// What is left for all parts.
    room: &'a mut u64,
}

impl<R: Read> Read for Unpacked<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.part.read(buffer)?;
        let bomb = || io::Error::other("unpacks to too much");
        self.most = self.most.checked_sub(read as u64).ok_or_else(bomb)?;
        *self.room = self.room.checked_sub(read as u64).ok_or_else(bomb)?;
        Ok(read)
    }
}

#[cfg(test)]
mod tests;
