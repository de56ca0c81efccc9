//! What an upload is, by its first bytes and its name; both must agree, and nothing is decoded.

use plaza_application::ports::{MediaInspector, MediaType, Refusal};
use plaza_domain::{FileKind, FileName};

use super::office;

/// Enough for the metadata that cameras write before a picture's size.
const HEAD_SIZE: usize = 256 * 1024;
const MAX_SIDE: u32 = 12_000;
const MAX_PIXELS: u64 = 32_000_000;

struct Known {
    kind: FileKind,
    media_type: &'static str,
    /// The first is the usual one.
    extensions: &'static [&'static str],
}

const fn image(media_type: &'static str, extensions: &'static [&'static str]) -> Known {
    Known { kind: FileKind::Image, media_type, extensions }
}

const fn document(media_type: &'static str, extensions: &'static [&'static str]) -> Known {
    Known { kind: FileKind::Document, media_type, extensions }
}

/// Told by their first bytes.
const BINARY: [Known; 11] = [
    image("image/jpeg", &["jpg", "jpeg", "jpe", "jfif"]),
    image("image/png", &["png"]),
    image("image/gif", &["gif"]),
    image("image/webp", &["webp"]),
    document("application/pdf", &["pdf"]),
    document("application/vnd.openxmlformats-officedocument.wordprocessingml.document", &["docx"]),
    document("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", &["xlsx"]),
    document("application/vnd.openxmlformats-officedocument.presentationml.presentation", &["pptx"]),
    document("application/vnd.oasis.opendocument.text", &["odt"]),
    document("application/vnd.oasis.opendocument.spreadsheet", &["ods"]),
    document("application/vnd.oasis.opendocument.presentation", &["odp"]),
];

/// Told by their name, when their content is text.
const TEXT: [Known; 3] = [
    document("text/plain", &["txt", "text", "log"]),
    document("text/markdown", &["md", "markdown"]),
    document("text/csv", &["csv"]),
];

impl Known {
    fn media_type(&self) -> MediaType {
        MediaType { kind: self.kind, media_type: self.media_type, extension: self.extensions[0] }
    }
}

/// Looks at the head of an upload.
#[derive(Clone, Copy, Debug, Default)]
pub struct HeadInspector;

impl MediaInspector for HeadInspector {
    fn head_size(&self) -> usize {
        HEAD_SIZE
    }

    fn inspect(&self, name: &FileName, head: &[u8]) -> Result<MediaType, Refusal> {
        let extension = name.extension();
        let Some(known) = by_content(head) else {
            return inspect_text(&extension, head);
        };
        // A name without an extension promises nothing.
        if !extension.is_empty() && !known.extensions.contains(&extension.as_str()) {
            return Err(Refusal::Mismatch { extension, found: known.media_type });
        }
        if known.kind == FileKind::Image {
            check_pixels(head)?;
        }
        Ok(known.media_type())
    }
}

fn by_content(head: &[u8]) -> Option<&'static Known> {
    let found =
        if office::is_archive(head) { office::media_type(head)? } else { infer::get(head)?.mime_type() };
    BINARY.iter().find(|known| known.media_type == found)
}

fn inspect_text(extension: &str, head: &[u8]) -> Result<MediaType, Refusal> {
    TEXT.iter()
        .find(|known| known.extensions.contains(&extension))
        .filter(|_| is_text(head))
        .map(Known::media_type)
        .ok_or(Refusal::UnsupportedType)
}

/// UTF-8 without NULs; the head may end within a character.
fn is_text(head: &[u8]) -> bool {
    let valid = match std::str::from_utf8(head) {
        Ok(_) => true,
        Err(error) => error.error_len().is_none() && head.len() - error.valid_up_to() < 4,
    };
    valid && !head.contains(&0)
}

/// A picture whose size is not in its head is left to the worker, which checks again before it decodes.
fn check_pixels(head: &[u8]) -> Result<(), Refusal> {
    let Ok(size) = imagesize::blob_size(head) else {
        return Ok(());
    };
    let side = |pixels: usize| u32::try_from(pixels).unwrap_or(u32::MAX);
    let (width, height) = (side(size.width), side(size.height));
    if width.max(height) > MAX_SIDE || u64::from(width) * u64::from(height) > MAX_PIXELS {
        return Err(Refusal::TooManyPixels { width, height, max_side: MAX_SIDE, max_pixels: MAX_PIXELS });
    }
    Ok(())
}

#[cfg(test)]
#[path = "media_tests.rs"]
mod tests;
