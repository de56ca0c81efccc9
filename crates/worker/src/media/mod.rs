//! What is inside an upload: pure functions from bytes to facts and derived images. They are slow; callers keep them
//! off the runtime's threads.

mod child;
mod decode;
mod document;
mod encode;
mod job;
mod markup;
mod office;
mod pdf;
mod picture;
mod placeholder;
mod processor;
mod text;

use child::ChildProcessor;
pub use child::{MediaChild, media_child};
pub(crate) use job::{Examined, MediaJob, MediaWork, Rendition, RenditionFormat};
pub use processor::MediaSettings;
pub(crate) use processor::{MediaProcessor, Source};
pub(crate) use text::DocumentText;

use decode::PictureLimits;
use document::examine;
use picture::render;
use plaza_application::ports::BoxError;
use plaza_domain::FileFailure;
use thiserror::Error;

/// Why a file cannot be processed.
#[derive(Debug, Error)]
pub(crate) enum MediaError {
    /// It is the file's fault: trying again is no use.
    #[error("the file is refused as {}", .0.as_str())]
    Refused(FileFailure),
    /// Looking at it took the process down that did: probably the file's fault.
    #[error("{0}")]
    Crashed(String),
    /// It is not the file's fault.
    #[error("the file could not be processed")]
    Internal(#[source] BoxError),
}

impl From<FileFailure> for MediaError {
    fn from(failure: FileFailure) -> Self {
        Self::Refused(failure)
    }
}
