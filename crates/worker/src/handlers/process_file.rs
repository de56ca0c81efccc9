//! Checks an upload: makes the variants of a picture, finds the pages and words of a document.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use async_trait::async_trait;
use plaza_domain::{File, FileFailure, FileId};

use super::files::{Facts, FileWork, StoredVariant};
use crate::{
    Attempt, Effect, NoEffect, TaskError, TaskHandler,
    media::{MediaError, MediaJob, Rendition},
};

/// How many processes a file may take down before it counts as unreadable.
const MAX_CRASHES: i32 = 3;

pub(super) struct ProcessFile {
    files: Arc<FileWork>,
    file_id: FileId,
    is_unreadable: AtomicBool,
}

impl ProcessFile {
    pub(super) fn new(files: Arc<FileWork>, file_id: FileId) -> Self {
        Self { files, file_id, is_unreadable: AtomicBool::new(false) }
    }

    async fn process(&self, file: &File) -> Result<Facts, MediaError> {
        let source = self.files.read(file).await?;
        let found = self.files.media.process(MediaJob::of(file), source).await?;
        Ok(Facts {
            width: found.width,
            height: found.height,
            page_count: found.page_count,
            blur_hash: found.blur_hash,
            dominant_color: found.dominant_color,
            is_animated: found.is_animated,
            text: found.text,
            variants: self.store(found.renditions).await?,
        })
    }

    async fn store(&self, renditions: Vec<Rendition>) -> Result<Vec<StoredVariant>, MediaError> {
        let mut variants = Vec::with_capacity(renditions.len());
        for rendition in renditions {
            let object = match self.files.store(rendition.bytes).await {
                Ok(object) => object,
                Err(error) => {
                    self.files.discard(&variants).await;
                    return Err(error);
                }
            };
            variants.push(StoredVariant {
                name: rendition.name,
                media_type: rendition.format.media_type(),
                width: rendition.width,
                height: rendition.height,
                object,
            });
        }
        Ok(variants)
    }

    /// A crash may have been the machine's fault; one after the other is the file's.
    fn crashed(&self, attempt: &Attempt, reason: String) -> TaskError {
        if attempt.task().attempt < MAX_CRASHES {
            return TaskError::Retry(reason.into());
        }
        self.is_unreadable.store(true, Ordering::Relaxed);
        TaskError::Discard(reason)
    }
}

#[async_trait]
impl TaskHandler for ProcessFile {
    async fn execute(&self, attempt: &Attempt) -> Result<Box<dyn Effect>, TaskError> {
        let Some(file) = self.files.begin(attempt, self.file_id).await? else {
            return Ok(Box::new(NoEffect));
        };
        match self.process(&file).await {
            Ok(facts) => Ok(self.files.complete(file.id, facts)),
            // A file that is at fault has failed, and its task is done.
            Err(MediaError::Refused(failure)) => Ok(self.files.fail(file.id, failure)),
            Err(MediaError::Crashed(reason)) => Err(self.crashed(attempt, reason)),
            Err(MediaError::Internal(cause)) => Err(TaskError::Retry(cause)),
        }
    }

    fn on_dead(&self) -> Box<dyn Effect> {
        let is_unreadable = self.is_unreadable.load(Ordering::Relaxed);
        let failure = if is_unreadable { FileFailure::Unreadable } else { FileFailure::GaveUp };
        self.files.fail(self.file_id, failure)
    }

    fn on_cancelled(&self) -> Box<dyn Effect> {
        self.files.fail(self.file_id, FileFailure::Cancelled)
    }
}
