//! What users write and upload: how it is shown, and what it is.

use plaza_domain::{FileKind, FileName};
use thiserror::Error;

/// Turns Markdown into HTML that is safe to show.
#[cfg_attr(feature = "mocks", mockall::automock)]
pub trait Markup: Send + Sync {
    /// Sanitised HTML: no scripts, no styles, no event handlers, links with `rel="nofollow noopener noreferrer"`.
    fn render(&self, markdown: &str) -> String;

    /// What is said in words: the text as it is read, without code and without links. For finding out whom it is about.
    fn prose(&self, markdown: &str) -> String;
}

/// What an upload is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MediaType {
    /// How it is processed.
    pub kind: FileKind,
    /// Its media type (RFC 6838).
    pub media_type: &'static str,
    /// The extension it usually has, without a dot.
    pub extension: &'static str,
}

/// Why an upload is not taken.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Refusal {
    /// Its content is of a type that is not on the list.
    #[error("files of this type are not accepted")]
    UnsupportedType,
    /// Its name promises another type than its content has.
    #[error("the name ends in .{extension}, the content is {found}")]
    Mismatch {
        /// What the name ends in.
        extension: String,
        /// What the content is.
        found: &'static str,
    },
    /// A picture with more pixels than are decoded.
    #[error(
        "the picture has {width} × {height} pixels; at most {max_side} a side and {max_pixels} in all are accepted"
    )]
    TooManyPixels {
        /// Its width.
        width: u32,
        /// Its height.
        height: u32,
        /// The most a side.
        max_side: u32,
        /// The most in all.
        max_pixels: u64,
    },
}

/// Looks at uploads.
#[cfg_attr(feature = "mocks", mockall::automock)]
pub trait MediaInspector: Send + Sync {
    /// How many bytes of the beginning it wants to see, at most.
    fn head_size(&self) -> usize;

    /// What a file is, by its name and its first bytes.
    ///
    /// # Errors
    /// Why it is not taken.
    fn inspect(&self, name: &FileName, head: &[u8]) -> Result<MediaType, Refusal>;
}
