//! Uploads: taken in a stream, stored once for each content, processed by a worker, shown to those who may.

mod access;
mod delete;
mod room;
mod upload;

use std::{sync::Arc, time::Duration};

use plaza_domain::{Clock, IdGenerator, ScanState, Store};
use tokio_util::task::TaskTracker;

pub use access::Content;
pub(crate) use delete::{delete_if_unused, deleted, lock, remove};
pub use room::Storage;
pub use upload::{UploadStream, Uploaded, must_be_picture};

use crate::{
    Ports, UploadSettings,
    ports::{BlobStore, EventBus, MediaInspector, TaskQueue},
};

/// How long an upload may take in all: slow lines are served, and nobody keeps a connection for ever.
pub const MAX_UPLOAD_TIME: Duration = Duration::from_secs(60 * 60);

/// Uploads.
pub struct FileService {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdGenerator>,
    bus: Arc<dyn EventBus>,
    queue: Arc<dyn TaskQueue>,
    blobs: Arc<dyn BlobStore>,
    media: Arc<dyn MediaInspector>,
    /// What is known of a file that was just stored.
    unscanned: ScanState,
    settings: UploadSettings,
    tracker: TaskTracker,
}

impl FileService {
    /// What requests leave undone when they end early is done by tasks of `tracker`.
    pub(crate) fn new(ports: &Ports, settings: UploadSettings, tracker: &TaskTracker) -> Self {
        Self {
            store: Arc::clone(&ports.store),
            clock: Arc::clone(&ports.clock),
            ids: Arc::clone(&ports.ids),
            bus: Arc::clone(&ports.bus),
            queue: Arc::clone(&ports.queue),
            blobs: Arc::clone(&ports.blobs),
            media: Arc::clone(&ports.media),
            unscanned: if ports.scanner.is_some() { ScanState::Pending } else { ScanState::NotRequired },
            settings,
            tracker: tracker.clone(),
        }
    }
}
