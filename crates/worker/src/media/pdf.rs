//! The pages of a PDF (ISO 32000) and their words.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    time::{Duration, Instant},
};

use lopdf::{Document, Error, LoadOptions, Object};
use plaza_domain::FileFailure;

use super::{DocumentText, Examined};

/// Larger files are taken as they are, without looking into them.
const MAX_SIZE: usize = 25 * 1024 * 1024;
/// The most that one stream may unpack to.
const MAX_STREAM: usize = 8 * 1024 * 1024;
/// The most that a page may be made of to be read for words: each of its operations takes some sixty times its length.
const MAX_PAGE: usize = 2 * 1024 * 1024;
/// How long words are looked for: what was found until then is kept.
const MAX_TIME: Duration = Duration::from_secs(10);

/// Counts the pages and finds their words, unless that takes a password or too much work.
pub(super) fn examine(bytes: &[u8]) -> Result<Examined, FileFailure> {
    if bytes.len() > MAX_SIZE {
        return Ok(Examined::default());
    }
    let options =
        LoadOptions { filter: Some(without_images), ..LoadOptions::with_max_decompressed_size(MAX_STREAM) };
    match Document::load_mem_with_options(bytes, options) {
        Ok(document) if document.is_encrypted() => Ok(Examined::default()),
        Ok(document) => Ok(Examined {
            page_count: u32::try_from(document.page_iter().count()).ok().filter(|pages| *pages > 0),
            text: words(&document),
            ..Examined::default()
        }),
        Err(
            Error::InvalidPassword
            | Error::Decryption(_)
            | Error::UnsupportedSecurityHandler(_)
            | Error::Unimplemented(_),
        ) => Ok(Examined::default()),
        Err(_) => Err(FileFailure::Unreadable),
    }
}

/// Pictures have no words, and take the most room.
fn without_images(id: (u32, u16), object: &mut Object) -> Option<((u32, u16), Object)> {
    match object {
        Object::Stream(stream) if is_image(stream) => None,
        other => Some((id, other.to_owned())),
    }
}

fn is_image(stream: &lopdf::Stream) -> bool {
    stream.dict.get(b"Subtype").and_then(Object::as_name).is_ok_and(|name| name == b"Image")
}

/// A page whose words cannot be found is passed over: it may be seen all the same.
fn words(document: &Document) -> Option<DocumentText> {
    let begun = Instant::now();
    let mut text = DocumentText::default();
    for page in document.get_pages().into_keys() {
        if text.is_full() || begun.elapsed() > MAX_TIME {
            text.cut();
            break;
        }
        let found = catch_unwind(AssertUnwindSafe(|| document.extract_text_with_limit(&[page], MAX_PAGE)));
        if let Ok(Ok(words)) = found {
            text.push(&words);
            text.end_line();
        }
    }
    Some(text).filter(DocumentText::says_something)
}
