//! Makes an archive of everything about a user: read in parts, packed as it is read, and stored as it is packed, so that
//! little of it is in memory at any time. Each part is read as it is at that moment.

mod archive;
mod collect;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use plaza_application::{
    Concluded, ExportService, Ports,
    commands::UserCommand,
    ports::{BlobStore, BlobWriter, StoredObject},
};
use plaza_domain::{FileId, RepositoryError, TaskId, UnitOfWork, UserId};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use self::{archive::pack, collect::Collector};
use crate::{Applied, Attempt, Effect, NoEffect, TaskError, TaskHandler};

/// How many parts may wait to be packed, and how many to be stored: at most 64 KiB each.
const QUEUE: usize = 8;
/// How long an attempt may take: much was written in large rooms, and uploads are packed as fast as they are read.
const MAX_RUNTIME: Duration = Duration::from_secs(2 * 60 * 60);

pub(super) struct ExportAccount {
    pub(super) ports: Ports,
    pub(super) service: Arc<ExportService>,
    pub(super) user_id: UserId,
}

impl ExportAccount {
    pub(super) fn new(ports: &Ports, service: &Arc<ExportService>, data: UserCommand) -> Self {
        Self { ports: ports.clone(), service: Arc::clone(service), user_id: data.user_id }
    }
}

#[async_trait]
impl TaskHandler for ExportAccount {
    async fn execute(&self, attempt: &Attempt) -> Result<Box<dyn Effect>, TaskError> {
        let (parts, waiting_parts) = mpsc::channel(QUEUE);
        let (packed, waiting_bytes) = mpsc::channel(QUEUE);
        // Ends by itself when this attempt does: then nobody sends parts any more.
        let packing = tokio::task::spawn_blocking(move || pack(waiting_parts, packed));
        let collector = Collector::new(&self.ports, attempt, parts, self.user_id);
        let (collected, stored) =
            tokio::join!(collector.collect(), store(self.ports.blobs.as_ref(), waiting_bytes));
        let writer = stored?;
        let outcome = match (collected, packing.await) {
            (Ok(()), Ok(Ok(()))) => Ok(()),
            (Err(error), _) => Err(error),
            (Ok(()), Ok(Err(error))) => Err(TaskError::Retry(error.into())),
            (Ok(()), Err(error)) => Err(TaskError::Retry(error.into())),
        };
        if let Err(error) = outcome {
            writer.abort().await;
            return Err(error);
        }
        let object = writer.finish().await.map_err(|error| TaskError::Retry(error.into()))?;
        let (file_id, task_id) = (self.service.next_id(), attempt.task().id);
        Ok(Box::new(ExportEffect {
            service: Arc::clone(&self.service),
            user_id: self.user_id,
            task_id,
            file_id,
            object,
        }))
    }

    fn max_runtime(&self) -> Option<Duration> {
        Some(MAX_RUNTIME)
    }

    fn on_dead(&self) -> Box<dyn Effect> {
        Box::new(NoEffect)
    }
}

/// Stores bytes as they come; whoever calls finishes the object, or gives it up.
async fn store(
    blobs: &dyn BlobStore,
    mut waiting: mpsc::Receiver<bytes::Bytes>,
) -> Result<Box<dyn BlobWriter>, TaskError> {
    let mut writer = blobs.create().await.map_err(|error| TaskError::Retry(error.into()))?;
    while let Some(bytes) = waiting.recv().await {
        if let Err(error) = writer.write(bytes).await {
            writer.abort().await;
            return Err(TaskError::Retry(error.into()));
        }
    }
    Ok(writer)
}

struct ExportEffect {
    service: Arc<ExportService>,
    user_id: UserId,
    task_id: TaskId,
    file_id: FileId,
    object: StoredObject,
}

#[async_trait]
impl Effect for ExportEffect {
    fn objects(&self) -> Vec<String> {
        vec![self.object.key.clone()]
    }

    fn result(&self) -> Option<Value> {
        Some(json!({ "file_id": self.file_id.to_string() }))
    }

    async fn apply(self: Box<Self>, work: &mut dyn UnitOfWork) -> Result<Applied, RepositoryError> {
        let ids = (self.task_id, self.file_id);
        let Concluded { events, unneeded } =
            self.service.conclude(work, self.user_id, ids, self.object).await?;
        Ok(Applied { events, unneeded })
    }
}
