//! Archives of everything about a user: asked for here, made by a worker, and kept for a week.

use std::sync::Arc;

use chrono::TimeDelta;
use plaza_domain::{
    AuditAction, Blob, Clock, File, FileId, FileKind, FileName, FilePurpose, FileStatus, IdGenerator,
    RepositoryError, ScanState, Store, Task, TaskId, TaskState, UnitOfWork, UserId, repository::TaskFilter,
};

use crate::{
    Actor, Error, Ports, Result, audit,
    commands::{Command, EXPORT_QUEUE, UserCommand},
    events::Event,
    files::{deleted, lock, remove},
    mail::{MailMessage, MailOrder, Postbox},
    ports::{StoredObject, TaskQueue},
    proofs::lock_own,
};

/// How long after one archive the next can be made.
const PAUSE: TimeDelta = TimeDelta::days(1);
/// How long archives are kept.
pub const EXPORT_KEPT: TimeDelta = TimeDelta::days(7);
const MEDIA_TYPE: &str = "application/zip";

/// An archive, or the work on it.
#[derive(Clone, Debug)]
pub struct Export {
    /// The task that makes it.
    pub task: Task,
    /// The archive, while it is there.
    pub file: Option<File>,
}

/// What is left to do once it is committed that an archive was stored.
#[derive(Debug, Default)]
pub struct Concluded {
    /// What happened, to be published.
    pub events: Vec<Event>,
    /// Keys of objects that are not needed, to be removed.
    pub unneeded: Vec<String>,
}

/// Archives of everything about a user.
pub struct ExportService {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdGenerator>,
    queue: Arc<dyn TaskQueue>,
    postbox: Postbox,
}

impl ExportService {
    pub(crate) fn new(ports: &Ports) -> Self {
        Self {
            store: Arc::clone(&ports.store),
            clock: Arc::clone(&ports.clock),
            ids: Arc::clone(&ports.ids),
            queue: Arc::clone(&ports.queue),
            postbox: Postbox::new(ports),
        }
    }

    /// Has an archive made of everything about the actor. While one is being made, it is that one.
    ///
    /// # Errors
    /// `RateLimited` within a day of the last one; `Unauthenticated` when the account was given up or suspended meanwhile.
    pub async fn request(&self, actor: &Actor) -> Result<Export> {
        let now = self.clock.now();
        let mut work = self.store.begin().await?;
        // One request of a user after the other.
        lock_own(&mut *work, actor, &*self.clock).await?;
        if let Some(task) = newest(&mut *work, actor.id()).await? {
            if task.state.is_open() {
                return Ok(Export { task, file: None });
            }
            let rest = (task.created_at + PAUSE - now).to_std().unwrap_or_default();
            // One that could not be made would fail again.
            if task.state != TaskState::Cancelled && !rest.is_zero() {
                return Err(Error::RateLimited { retry_after: rest });
            }
        }
        let id = TaskId::new(self.ids.next());
        let command = Command::ExportAccount(UserCommand { user_id: actor.id() });
        let task = command.into_task(id, Some(actor.id())).map_err(|error| Error::Internal(error.into()))?;
        work.tasks().insert(&task).await?;
        let task = work.tasks().find(id).await?.ok_or(Error::NotFound("task"))?;
        let entry = audit::by(actor, AuditAction::ExportRequested).about(actor.id());
        work.audit().append(&entry).await?;
        work.commit().await?;
        if let Err(error) = self.queue.push(EXPORT_QUEUE, &[id]).await {
            // The row is the truth: the relay pushes it again.
            tracing::debug!(task.id = %id, error = ?error, "no worker was woken for an export");
        }
        Ok(Export { task, file: None })
    }

    /// The actor's newest archive, or the work on it.
    ///
    /// # Errors
    /// `NotFound` when they never asked for one, or long ago.
    pub async fn latest(&self, actor: &Actor) -> Result<Export> {
        let mut read = self.store.read().await?;
        let filter = filter(actor.id());
        let task = read.tasks().list(&filter, None, 1).await?.pop().ok_or(Error::NotFound("export"))?;
        let file_id =
            task.result.as_ref().and_then(|result| result["file_id"].as_str()?.parse::<FileId>().ok());
        let file = match file_id {
            Some(id) => read.files().find(id).await?,
            None => None,
        };
        Ok(Export { task, file: file.filter(|file| file.owner_id == actor.id()) })
    }

    /// The id of an archive that is about to be stored.
    pub fn next_id(&self) -> FileId {
        FileId::new(self.ids.next())
    }

    /// Notes in the transaction that ends its task that an archive was stored, in place of an older one, and has its user
    /// told by a mail. Nothing is noted for a user who is gone.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn conclude(
        &self,
        work: &mut dyn UnitOfWork,
        user_id: UserId,
        (task_id, file_id): (TaskId, FileId),
        object: StoredObject,
    ) -> std::result::Result<Concluded, RepositoryError> {
        let now = self.clock.now();
        let user =
            work.users().lock(user_id).await?.filter(|user| !user.is_given_up(now) && !user.is_erased());
        let mut concluded = Concluded::default();
        let Some(user) = user else {
            concluded.unneeded.push(object.key);
            return Ok(concluded);
        };
        for id in work.exports().archives_of(user_id).await? {
            if let Some(older) = lock(work, id).await?.filter(|file| !file.is_deleted()) {
                remove(work, &older, now).await?;
                concluded.events.push(deleted(&older));
            }
        }
        // It counts as any other file of its owner, and is refused to nobody.
        work.usage().charge(user_id, object.size, None).await?;
        let StoredObject { key, size, sha256 } = object;
        let blob = Blob { sha256, storage_key: key.clone(), size, created_at: now };
        let kept = work.blobs().acquire(&blob).await?;
        let file = File {
            id: file_id,
            owner_id: user_id,
            task_id,
            name: FileName::from_stored(format!("plaza-{}-{}.zip", user.username, now.format("%Y-%m-%d"))),
            purpose: FilePurpose::Export,
            kind: FileKind::Document,
            media_type: MEDIA_TYPE.to_owned(),
            size,
            sha256,
            status: FileStatus::Completed,
            failure: None,
            width: None,
            height: None,
            page_count: None,
            blur_hash: None,
            dominant_color: None,
            is_animated: false,
            scan: ScanState::NotRequired,
            created_at: now,
            updated_at: now,
            deleted_at: None,
        };
        work.files().insert(&file).await?;
        let order = MailOrder { user_id, to: user.email, message: MailMessage::ExportReady };
        // Nobody is woken for it: the relay finds it soon.
        let posted = self.postbox.post(work, order).await;
        posted.map(drop).map_err(|error| RepositoryError::Unavailable(error.into()))?;
        if kept.storage_key != key {
            concluded.unneeded.push(key);
        }
        Ok(concluded)
    }
}

async fn newest(work: &mut dyn UnitOfWork, user_id: UserId) -> Result<Option<Task>> {
    Ok(work.tasks().list(&filter(user_id), None, 1).await?.pop())
}

fn filter(user_id: UserId) -> TaskFilter {
    let (kind, _) = Command::ExportAccount(UserCommand { user_id }).kind();
    TaskFilter { kind: Some(kind.to_owned()), owner_id: Some(user_id), ..TaskFilter::default() }
}
