//! Checks a picture, turns it upright and makes its variants.

use std::sync::Arc;

use async_trait::async_trait;
use plaza_domain::{File, FileFailure, FileId};

use super::files::{Facts, FileWork, StoredVariant};
use crate::{
    Attempt, Effect, NoEffect, TaskError, TaskHandler,
    media::{MediaError, PictureLimits, Rendition, render},
};

pub(super) struct ProcessImage {
    files: Arc<FileWork>,
    file_id: FileId,
}

impl ProcessImage {
    pub(super) fn new(files: Arc<FileWork>, file_id: FileId) -> Self {
        Self { files, file_id }
    }

    async fn process(&self, file: &File) -> Result<Facts, MediaError> {
        let bytes = self.files.read(file).await?;
        let media_type = file.media_type.clone();
        let rendering = move || render(&bytes, &media_type, PictureLimits::default());
        let picture = self.files.blocking.run(rendering).await?;

        let variants = self.store(picture.renditions).await?;
        Ok(Facts { width: Some(picture.width), height: Some(picture.height), variants, ..Facts::default() })
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
                media_type: rendition.media_type,
                width: rendition.width,
                height: rendition.height,
                object,
            });
        }
        Ok(variants)
    }
}

#[async_trait]
impl TaskHandler for ProcessImage {
    async fn execute(&self, attempt: &Attempt) -> Result<Box<dyn Effect>, TaskError> {
        match self.files.begin(attempt, self.file_id).await? {
            Some(file) => self.files.conclude(file.id, self.process(&file).await),
            None => Ok(Box::new(NoEffect)),
        }
    }

    fn on_dead(&self) -> Box<dyn Effect> {
        self.files.give_up(self.file_id, FileFailure::GaveUp)
    }

    fn on_cancelled(&self) -> Box<dyn Effect> {
        self.files.give_up(self.file_id, FileFailure::Cancelled)
    }
}
