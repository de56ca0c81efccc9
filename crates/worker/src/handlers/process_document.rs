//! Checks a document and counts its pages where that is cheap.

use std::sync::Arc;

use async_trait::async_trait;
use plaza_domain::{File, FileFailure, FileId};

use super::files::{Facts, FileWork};
use crate::{
    Attempt, Effect, NoEffect, TaskError, TaskHandler,
    media::{MediaError, examine},
};

pub(super) struct ProcessDocument {
    files: Arc<FileWork>,
    file_id: FileId,
}

impl ProcessDocument {
    pub(super) fn new(files: Arc<FileWork>, file_id: FileId) -> Self {
        Self { files, file_id }
    }

    async fn process(&self, file: &File) -> Result<Facts, MediaError> {
        let bytes = self.files.read(file).await?;
        let media_type = file.media_type.clone();
        let examining = move || examine(&bytes, &media_type).map_err(MediaError::from);
        let found = self.files.blocking.run(examining).await?;
        Ok(Facts { page_count: found.page_count, text: found.text, ..Facts::default() })
    }
}

#[async_trait]
impl TaskHandler for ProcessDocument {
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
