//! The words in the XML of office files. Nothing is expanded but the characters that XML itself and their numbers name.

use std::io::BufRead;

use quick_xml::{
    Reader,
    escape::resolve_xml_entity,
    events::{BytesRef, Event},
};

use super::DocumentText;

/// Where words are; elements go by their names without a prefix.
#[derive(Clone, Copy)]
pub(super) struct Markup {
    /// What has words in it.
    words: &'static [&'static [u8]],
    /// What a line ends with.
    lines: &'static [&'static [u8]],
    /// What stands for a character.
    characters: &'static [(&'static [u8], &'static str)],
}

/// ECMA-376: words, spreadsheets and slides alike.
pub(super) const OFFICE_OPEN_XML: Markup = Markup {
    words: &[b"t"],
    lines: &[b"p", b"si", b"is"],
    characters: &[(b"tab", "\t"), (b"br", "\n"), (b"cr", "\n")],
};

/// OpenDocument 1.3, 5 and 6.
pub(super) const OPEN_DOCUMENT: Markup = Markup {
    words: &[b"p", b"h"],
    lines: &[b"p", b"h"],
    characters: &[(b"tab", "\t"), (b"line-break", "\n"), (b"s", " ")],
};

/// Why there are no more words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ReadError {
    /// The bytes cannot be read.
    Damaged,
    /// They are no XML from some point on.
    Malformed,
}

impl From<quick_xml::Error> for ReadError {
    fn from(error: quick_xml::Error) -> Self {
        if matches!(error, quick_xml::Error::Io(_)) { Self::Damaged } else { Self::Malformed }
    }
}

/// Appends the words of one part, until it or `text` is full.
pub(super) fn read_words(
    input: &mut impl BufRead,
    markup: Markup,
    text: &mut DocumentText,
) -> Result<(), ReadError> {
    let mut reader = Reader::from_reader(input);
    let mut buffer = Vec::new();
    let mut depth = 0_u32;
    while !text.is_full() {
        buffer.clear();
        match reader.read_event_into(&mut buffer)? {
            Event::Eof => return Ok(()),
            Event::Start(start) if markup.words.contains(&start.local_name().as_ref()) => depth += 1,
            Event::Start(element) | Event::Empty(element) => {
                let name = element.local_name();
                let character = markup.characters.iter().find(|(known, _)| *known == name.as_ref());
                // Tabs that are set up at the beginning of a paragraph are no characters.
                if let Some((_, character)) = character
                    && !text.is_at_line_start()
                {
                    text.push(character);
                }
            }
            Event::End(end) => {
                let name = end.local_name();
                if markup.words.contains(&name.as_ref()) {
                    depth = depth.saturating_sub(1);
                }
                if markup.lines.contains(&name.as_ref()) {
                    text.end_line();
                }
            }
            Event::Text(words) if depth > 0 => {
                text.push(&words.decode().map_err(|_| ReadError::Malformed)?);
            }
            Event::CData(words) if depth > 0 => {
                text.push(&words.decode().map_err(|_| ReadError::Malformed)?);
            }
            Event::GeneralRef(reference) if depth > 0 => push_reference(&reference, text)?,
            _ => {}
        }
    }
    Ok(())
}

fn push_reference(reference: &BytesRef<'_>, text: &mut DocumentText) -> Result<(), ReadError> {
    if let Some(character) = reference.resolve_char_ref()? {
        text.push(character.encode_utf8(&mut [0; 4]));
        return Ok(());
    }
    let name = reference.decode().map_err(|_| ReadError::Malformed)?;
    text.push(resolve_xml_entity(&name).ok_or(ReadError::Malformed)?);
    Ok(())
}
