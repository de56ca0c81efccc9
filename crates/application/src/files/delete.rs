//! Taking an upload back: its row stays as long as messages show it, and says nothing any more.

use plaza_domain::{
    AuditAction, AuditTarget, File, FileId, FilePurpose, RepositoryError, Sha256, Store, TaskId, Timestamp,
    UnitOfWork,
};

use super::FileService;
use crate::{
    Actor, Error, Result, audit,
    events::{Event, UserEvent},
    policy::{FileAction, authorize_file},
    ports::EventBus,
};

impl FileService {
    /// Deletes an upload and its variants, and tells its owner's connections. Deleting one again changes nothing. Its
    /// task is called off.
    ///
    /// # Errors
    /// `NotFound` when the actor may not know that there is such an upload; `Forbidden` when they may only see it.
    pub async fn delete(&self, actor: &Actor, id: FileId) -> Result<()> {
        let mut work = self.store.begin().await?;
        let file = lock(work.as_mut(), id).await?.ok_or(Error::NotFound("file"))?;
        let is_shared = !file.is_deleted() && work.files().is_shared_with(id, actor.id()).await?;
        authorize_file(actor, FileAction::Delete, file.owner_id, is_shared)?;
        if file.is_deleted() {
            return Ok(());
        }
        remove(work.as_mut(), &file, self.clock.now()).await?;
        if file.owner_id != actor.id() {
            let entry = audit::by(actor, AuditAction::FileDeleted).about(AuditTarget::File(id));
            work.audit().append(&entry.with("owner_id", file.owner_id.to_string())).await?;
        }
        work.commit().await?;
        self.bus.publish(deleted(&file));
        // On its own: who ends a task locks it before its file. A task that goes on has nothing to write.
        if let Err(error) = self.call_off(file.task_id).await {
            tracing::warn!(task.id = %file.task_id, error = ?error, "the task of a deleted file was not called off");
        }
        Ok(())
    }

    async fn call_off(&self, id: TaskId) -> std::result::Result<(), RepositoryError> {
        let mut work = self.store.begin().await?;
        work.tasks().cancel(id).await?;
        work.commit().await
    }
}

/// The upload with that id, also when it was deleted, so that nobody else changes it, or refers to it, before the
/// transaction ends. Whoever makes a picture their avatar locks themselves first, and so does this.
pub(crate) async fn lock(
    work: &mut dyn UnitOfWork,
    id: FileId,
) -> std::result::Result<Option<File>, RepositoryError> {
    if let Some(file) = work.files().find(id).await?
        && file.purpose == FilePurpose::Avatar
    {
        work.users().lock(file.owner_id).await?;
    }
    work.files().lock(id).await
}

/// Deletes an upload that is locked: gives back its contents and what its owner was charged.
pub(crate) async fn remove(
    work: &mut dyn UnitOfWork,
    file: &File,
    now: Timestamp,
) -> std::result::Result<(), RepositoryError> {
    if file.purpose == FilePurpose::Avatar
        && let Some(mut owner) = work.users().find(file.owner_id).await?
        && owner.avatar_file_id == Some(file.id)
    {
        owner.avatar_file_id = None;
        owner.updated_at = now;
        work.users().update(&owner).await?;
    }
    let variants = work.files().variants(file.id).await?;
    work.files().delete(file.id, now).await?;
    work.usage().discharge(file.owner_id, file.size).await?;
    let mut contents: Vec<Sha256> = variants.into_iter().map(|variant| variant.sha256).collect();
    contents.push(file.sha256);
    // In this order by everybody, or two that wait for each other fail.
    contents.sort_unstable();
    for sha256 in contents {
        work.blobs().release(sha256).await?;
    }
    Ok(())
}

/// Deletes an upload that was seen to be unused, and tells its owner's connections: looks again while nobody can post
/// it. False when it is used, or gone.
pub(crate) async fn delete_if_unused(
    store: &dyn Store,
    bus: &dyn EventBus,
    id: FileId,
    now: Timestamp,
) -> Result<bool> {
    let mut work = store.begin().await?;
    let Some(file) = lock(work.as_mut(), id).await?.filter(|file| !file.is_deleted()) else {
        return Ok(false);
    };
    if !work.files().shown(&[id]).await?.is_empty() {
        return Ok(false);
    }
    remove(work.as_mut(), &file, now).await?;
    work.commit().await?;
    bus.publish(deleted(&file));
    Ok(true)
}

/// What the owner's connections are told of an upload that was deleted.
pub(crate) fn deleted(file: &File) -> Event {
    Event::User(UserEvent::FileDeleted { user_id: file.owner_id, file_id: file.id })
}
