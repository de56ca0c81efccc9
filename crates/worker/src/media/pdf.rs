//! How many pages a PDF has (ISO 32000).

use lopdf::{Document, Error, LoadOptions, Object};
use plaza_domain::FileFailure;

/// Larger files are taken as they are, without counting.
const MAX_SIZE: usize = 25 * 1024 * 1024;
/// The most that one stream of a PDF's own bookkeeping may unpack to.
const MAX_STREAM: usize = 8 * 1024 * 1024;

/// Counts the pages; `None` when that takes a password, or too much work.
pub(super) fn count_pages(bytes: &[u8]) -> Result<Option<u32>, FileFailure> {
    if bytes.len() > MAX_SIZE {
        return Ok(None);
    }
    let options =
        LoadOptions { filter: Some(without_content), ..LoadOptions::with_max_decompressed_size(MAX_STREAM) };
    match Document::load_mem_with_options(bytes, options) {
        Ok(document) if document.is_encrypted() => Ok(None),
        Ok(document) => Ok(u32::try_from(document.page_iter().count()).ok().filter(|pages| *pages > 0)),
        Err(
            Error::InvalidPassword
            | Error::Decryption(_)
            | Error::UnsupportedSecurityHandler(_)
            | Error::Unimplemented(_),
        ) => Ok(None),
        Err(_) => Err(FileFailure::Unreadable),
    }
}

/// Pages are counted in dictionaries: what is drawn on them need not be kept.
fn without_content(id: (u32, u16), object: &mut Object) -> Option<((u32, u16), Object)> {
    match object {
        Object::Stream(stream) if !stream.dict.has_type(b"ObjStm") && !stream.dict.has_type(b"XRef") => None,
        other => Some((id, other.to_owned())),
    }
}
