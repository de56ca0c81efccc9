//! What is inside an upload: pure functions from bytes to facts and derived images. They are slow; callers keep them
//! off the runtime's threads.

mod decode;
mod document;
mod encode;
mod pdf;
mod picture;
mod text;
mod zip;

pub(crate) use decode::PictureLimits;
pub(crate) use document::examine;
pub(crate) use picture::{Rendition, render};
pub(crate) use text::DocumentText;

use plaza_application::ports::BoxError;
use plaza_domain::FileFailure;
use thiserror::Error;

/// Why a file cannot be processed.
#[derive(Debug, Error)]
pub(crate) enum MediaError {
    /// It is the file's fault: trying again is no use.
    #[error("the file is refused as {}", .0.as_str())]
    Refused(FileFailure),
    /// It is not the file's fault.
    #[error("the file could not be processed")]
    Internal(#[source] BoxError),
}

impl From<FileFailure> for MediaError {
    fn from(failure: FileFailure) -> Self {
        Self::Refused(failure)
    }
}
