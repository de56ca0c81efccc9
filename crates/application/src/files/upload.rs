//! Taking an upload: its bytes into the object store while they are hashed, then its rows and its task in one transaction.
//!
//! Whether somebody has stored the same content before is asked only when all of it has arrived and was stored: who
//! uploads cannot tell from the answer, nor from the time it takes.

use std::pin::Pin;

use bytes::{Bytes, BytesMut};
use futures::{Stream, StreamExt};
use plaza_domain::{
    Blob, File, FileId, FileKind, FileName, FilePurpose, FileStatus, InvalidInput, NewTask, TaskId,
    UnitOfWork,
};

use super::{
    FileService,
    room::{Storage, UploadPlace},
};
use crate::{
    Actor, Error, Result,
    commands::Command,
    policy::authorize_participation,
    ports::{BoxError, MediaType, StoredObject},
};

/// A body as it arrives; an error when it breaks off.
pub type UploadStream = Pin<Box<dyn Stream<Item = std::result::Result<Bytes, BoxError>> + Send>>;

/// What came of an upload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Uploaded {
    /// The file; a worker will process it.
    pub file: File,
    /// The extension that its type usually has, without a dot.
    pub extension: &'static str,
}

impl FileService {
    /// Stores an upload, and the task that processes it, together. `check` may refuse what the file turned out to be
    /// before anything is stored.
    ///
    /// # Errors
    /// `Invalid`, `TooLarge`, `TooManyUploads`, `QuotaExceeded`, `Refused`, `Interrupted`, `StorageFull`,
    /// `Unavailable`.
    pub async fn upload(
        &self,
        actor: &Actor,
        name: &str,
        body: UploadStream,
        check: fn(&MediaType) -> std::result::Result<(), InvalidInput>,
    ) -> Result<Uploaded> {
        self.receive(actor, name, body, FilePurpose::Attachment, check).await
    }

    /// The same for a picture that shall be its owner's.
    ///
    /// # Errors
    /// As [`upload`](Self::upload); `Invalid` when it is no picture.
    pub async fn upload_avatar(&self, actor: &Actor, name: &str, body: UploadStream) -> Result<Uploaded> {
        self.receive(actor, name, body, FilePurpose::Avatar, must_be_picture).await
    }

    async fn receive(
        &self,
        actor: &Actor,
        name: &str,
        body: UploadStream,
        purpose: FilePurpose,
        check: fn(&MediaType) -> std::result::Result<(), InvalidInput>,
    ) -> Result<Uploaded> {
        authorize_participation(actor)?;
        let name = FileName::parse(name)?;
        let place = self.take_place(actor.id()).await?;
        let taken = self.take(actor, name, body, purpose, check, &place).await;
        match &taken {
            Ok(_) => place.forget(),
            Err(_) => place.give_back().await,
        }
        taken
    }

    async fn take(
        &self,
        actor: &Actor,
        name: FileName,
        mut body: UploadStream,
        purpose: FilePurpose,
        check: fn(&MediaType) -> std::result::Result<(), InvalidInput>,
        place: &UploadPlace,
    ) -> Result<Uploaded> {
        let storage = self.storage(actor).await?;
        let head = self.read_head(&mut body).await?;
        if head.is_empty() {
            return Err(InvalidInput::single("file", "must not be empty").into());
        }
        let media = self.media.inspect(&name, &head).map_err(Error::Refused)?;
        check(&media)?;
        let object = self.store_object(head, body, storage).await?;
        let file = self.record(actor, name, purpose, &media, object, place).await?;
        if let Err(error) = self.queue.push(crate::commands::MEDIA_QUEUE, &[file.task_id]).await {
            // The row is the truth: the relay pushes it again.
            tracing::warn!(task.id = %file.task_id, error = ?error, "a task was stored but no worker was woken");
        }
        Ok(Uploaded { file, extension: media.extension })
    }

    async fn read_head(&self, body: &mut UploadStream) -> Result<Bytes> {
        let mut head = BytesMut::new();
        while head.len() < self.media.head_size() {
            let Some(chunk) = body.next().await else { break };
            head.extend_from_slice(&chunk.map_err(Error::Interrupted)?);
            self.check_size(head.len() as u64)?;
        }
        Ok(head.freeze())
    }

    async fn store_object(
        &self,
        head: Bytes,
        mut body: UploadStream,
        storage: Storage,
    ) -> Result<StoredObject> {
        let mut size = head.len() as u64;
        storage.check(size)?;
        let mut writer = self.blobs.create().await?;
        let mut written = writer.write(head).await.map_err(Error::from);
        while written.is_ok() {
            let Some(chunk) = body.next().await else {
                return Ok(writer.finish().await?);
            };
            written = match chunk {
                Ok(chunk) => {
                    size += chunk.len() as u64;
                    match self.check_size(size).and_then(|()| storage.check(size)) {
                        Ok(()) => writer.write(chunk).await.map_err(Error::from),
                        Err(too_large) => Err(too_large),
                    }
                }
                Err(broken) => Err(Error::Interrupted(broken)),
            };
        }
        writer.abort().await;
        written.and(Err(Error::Internal("an upload ended without an outcome".into())))
    }

    pub(super) fn check_size(&self, size: u64) -> Result<()> {
        let limit = self.settings.max_bytes;
        if size > limit { Err(Error::TooLarge { limit }) } else { Ok(()) }
    }

    async fn record(
        &self,
        actor: &Actor,
        name: FileName,
        purpose: FilePurpose,
        media: &MediaType,
        object: StoredObject,
        place: &UploadPlace,
    ) -> Result<File> {
        let now = self.clock.now();
        let file = File {
            id: FileId::new(self.ids.next()),
            owner_id: actor.id(),
            task_id: TaskId::new(self.ids.next()),
            name,
            purpose,
            kind: media.kind,
            media_type: media.media_type.to_owned(),
            size: object.size,
            sha256: object.sha256,
            status: FileStatus::Pending,
            failure: None,
            width: None,
            height: None,
            page_count: None,
            blur_hash: None,
            dominant_color: None,
            is_animated: false,
            scan: self.unscanned,
            created_at: now,
            updated_at: now,
            deleted_at: None,
        };
        let task = Command::process(file.kind, file.id)
            .into_task(file.task_id, Some(actor.id()))
            .map_err(|error| Error::Internal(error.into()))?;
        let blob = Blob {
            sha256: object.sha256,
            storage_key: object.key.clone(),
            size: object.size,
            created_at: now,
        };

        let (work, kept) = match self.prepare(&blob, &task, &file, place).await {
            Ok(prepared) => prepared,
            Err(error) => {
                self.discard(&object.key).await;
                return Err(error);
            }
        };
        // When this fails nobody knows whether the object is needed: it stays.
        work.commit().await?;
        if kept.storage_key != object.key {
            self.discard(&object.key).await;
        }
        Ok(file)
    }

    async fn prepare(
        &self,
        blob: &Blob,
        task: &NewTask,
        file: &File,
        place: &UploadPlace,
    ) -> Result<(Box<dyn UnitOfWork>, Blob)> {
        let mut work = self.store.begin().await?;
        let allowed = self.settings.max_user_bytes;
        if !work.usage().charge(file.owner_id, file.size, allowed).await? {
            let used = work.usage().find(file.owner_id).await?.bytes;
            return Err(Error::QuotaExceeded { used, allowed: allowed.unwrap_or(u64::MAX) });
        }
        if let Some(id) = place.id() {
            work.usage().end_upload(id).await?;
        }
        let kept = work.blobs().acquire(blob).await?;
        work.tasks().insert(task).await?;
        work.files().insert(file).await?;
        Ok((work, kept))
    }

    /// Removes an object that nobody needs.
    async fn discard(&self, key: &str) {
        if let Err(error) = self.blobs.delete(key).await {
            tracing::warn!(error = ?error, "an object that is not needed could not be removed");
        }
    }
}

/// For [`FileService::upload`]: refuses everything but pictures.
///
/// # Errors
/// When it is none.
pub fn must_be_picture(media: &MediaType) -> std::result::Result<(), InvalidInput> {
    match media.kind {
        FileKind::Image => Ok(()),
        FileKind::Document => Err(InvalidInput::single("file", "must be a picture")),
    }
}
