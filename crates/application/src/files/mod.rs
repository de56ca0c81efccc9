//! Uploads: taken in a stream, stored once for each content, processed by a worker, shown to those who may.

mod access;
mod upload;

use std::sync::Arc;

use plaza_domain::{Clock, IdGenerator, ScanState, Store};

pub use access::Content;
pub use upload::{UploadStream, Uploaded, must_be_picture};

use crate::{
    Ports, UploadSettings,
    ports::{BlobStore, MediaInspector, TaskQueue},
};

/// Uploads.
pub struct FileService {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdGenerator>,
    queue: Arc<dyn TaskQueue>,
    blobs: Arc<dyn BlobStore>,
    media: Arc<dyn MediaInspector>,
    /// What is known of a file that was just stored.
    unscanned: ScanState,
    settings: UploadSettings,
}

impl FileService {
    pub(crate) fn new(ports: &Ports, settings: UploadSettings) -> Self {
        Self {
            store: Arc::clone(&ports.store),
            clock: Arc::clone(&ports.clock),
            ids: Arc::clone(&ports.ids),
            queue: Arc::clone(&ports.queue),
            blobs: Arc::clone(&ports.blobs),
            media: Arc::clone(&ports.media),
            unscanned: if ports.scanner.is_some() { ScanState::Pending } else { ScanState::NotRequired },
            settings,
        }
    }
}
