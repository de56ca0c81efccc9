//! What the handlers of files have in common: a file's way from `pending` through `processing` to its end.

mod effect;
mod objects;
mod screen;

use std::sync::Arc;

use plaza_application::{
    Ports,
    events::Event,
    ports::{BlobStore, EventBus, MediaInspector, Refusal, StoredObject},
};
use plaza_domain::{Clock, File, FileFailure, FileId, FileStatus, ScanState, Store};

pub(super) use self::effect::{Facts, StoredVariant};
use self::{
    effect::{FileEffect, FileEnd},
    screen::{Screened, Screening},
};
use crate::{
    Attempt, Effect, TaskError,
    media::{MediaError, MediaProcessor, Source},
};

/// The steps of processing a file.
pub(super) struct FileWork {
    store: Arc<dyn Store>,
    blobs: Arc<dyn BlobStore>,
    bus: Arc<dyn EventBus>,
    clock: Arc<dyn Clock>,
    inspector: Arc<dyn MediaInspector>,
    screening: Screening,
    pub(super) media: Arc<dyn MediaProcessor>,
}

impl FileWork {
    pub(super) fn new(ports: &Ports, media: Arc<dyn MediaProcessor>) -> Self {
        Self {
            store: Arc::clone(&ports.store),
            blobs: Arc::clone(&ports.blobs),
            bus: Arc::clone(&ports.bus),
            clock: Arc::clone(&ports.clock),
            inspector: Arc::clone(&ports.media),
            screening: Screening::new(ports),
            media,
        }
    }

    /// Has the file looked through if it waits for that, notes that work on it has begun, and tells its owner; `None`
    /// when there is nothing to do (any more).
    pub(super) async fn begin(&self, attempt: &Attempt, id: FileId) -> Result<Option<File>, TaskError> {
        if !self.screen(attempt, id).await? {
            return Ok(None);
        }
        let mut work = self.store.begin().await?;
        attempt.hold(work.as_mut()).await?;
        let Some(mut file) = work.files().lock(id).await?.filter(|file| !file.is_deleted()) else {
            return Ok(None);
        };
        match file.status {
            // Another chance of its task is none for the file.
            _ if file.scan == ScanState::Infected => return Ok(None),
            FileStatus::Completed => return Ok(None),
            // An earlier attempt has said so.
            FileStatus::Processing => return Ok(Some(file)),
            FileStatus::Pending | FileStatus::Failed => {}
        }
        file.status = FileStatus::Processing;
        file.failure = None;
        file.updated_at = self.clock.now();
        work.files().update(&file).await?;
        work.commit().await?;
        self.bus.publish(Event::file_changed(&file, Vec::new()));
        Ok(Some(file))
    }

    /// False when there is nothing to do any more.
    async fn screen(&self, attempt: &Attempt, id: FileId) -> Result<bool, TaskError> {
        let mut read = self.store.read().await?;
        let waits = |file: &File| file.scan == ScanState::Pending && !file.is_deleted();
        let Some(file) = read.files().find(id).await?.filter(waits) else {
            return Ok(true);
        };
        let blob = read.blobs().find(file.sha256).await?;
        drop(read);
        let screened = match blob {
            Some(blob) => self.screening.screen(&file, &blob.storage_key).await?,
            None => Screened::Failed(FileFailure::Missing),
        };
        let mut work = self.store.begin().await?;
        attempt.hold(work.as_mut()).await?;
        let Some(mut file) = work.files().lock(id).await?.filter(waits) else {
            return Ok(false);
        };
        screened.mark(&mut file, self.clock.now());
        work.files().update(&file).await?;
        work.commit().await?;
        if screened == Screened::Clean {
            return Ok(true);
        }
        self.bus.publish(Event::file_changed(&file, Vec::new()));
        Ok(false)
    }

    /// A file's bytes, which are of the type that they were uploaded as.
    pub(super) async fn read(&self, file: &File) -> Result<Source, MediaError> {
        let opened = objects::open(self.store.as_ref(), self.blobs.as_ref(), file).await?;
        let (head, source) = objects::peek(opened, self.inspector.head_size()).await?;
        match self.inspector.inspect(&file.name, &head) {
            Ok(found) if found.kind == file.kind && found.media_type == file.media_type => Ok(source),
            Ok(_) | Err(Refusal::UnsupportedType | Refusal::Mismatch { .. }) => {
                Err(FileFailure::WrongType.into())
            }
            Err(Refusal::TooManyPixels { .. }) => Err(FileFailure::TooManyPixels.into()),
        }
    }

    /// Stores the bytes of a variant.
    pub(super) async fn store(&self, bytes: Vec<u8>) -> Result<StoredObject, MediaError> {
        objects::write(self.blobs.as_ref(), bytes.into()).await
    }

    /// Removes what was stored for an attempt that ended without an effect.
    pub(super) async fn discard(&self, variants: &[StoredVariant]) {
        for variant in variants {
            if let Err(error) = self.blobs.delete(&variant.object.key).await {
                tracing::warn!(error = ?error, "an object that is not needed could not be removed");
            }
        }
    }

    /// What to write about a file that was looked into.
    pub(super) fn complete(&self, id: FileId, facts: Facts) -> Box<dyn Effect> {
        self.effect(id, FileEnd::Completed(facts))
    }

    /// What to write about a file that will not be completed.
    pub(super) fn fail(&self, id: FileId, failure: FileFailure) -> Box<dyn Effect> {
        self.effect(id, FileEnd::Failed(failure))
    }

    fn effect(&self, file_id: FileId, end: FileEnd) -> Box<dyn Effect> {
        Box::new(FileEffect { file_id, end, at: self.clock.now() })
    }
}
