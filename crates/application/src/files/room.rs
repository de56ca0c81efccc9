//! How much a user may still store, and how many uploads of theirs may be under way.

use std::{sync::Arc, time::Duration};

use chrono::TimeDelta;
use plaza_domain::{RepositoryError, Store, Upload, UploadId, Usage, UserId};
use tokio::runtime::Handle;
use tokio_util::task::TaskTracker;

use super::{FileService, MAX_UPLOAD_TIME};
use crate::{Actor, Error, Result};

/// When one who has too many uploads under way shall try again: nobody knows when the first of them is over.
const TRY_AGAIN: Duration = Duration::from_secs(5);

/// What a user stores, and may store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Storage {
    /// What their files take up.
    pub used: Usage,
    /// How many bytes their files may take up; `None` when there is no limit.
    pub allowed: Option<u64>,
}

impl Storage {
    /// Whether a file of that many bytes fits in.
    pub(super) fn check(self, size: u64) -> Result<()> {
        match self.allowed {
            Some(allowed) if self.used.bytes.saturating_add(size) > allowed => {
                Err(Error::QuotaExceeded { used: self.used.bytes, allowed })
            }
            _ => Ok(()),
        }
    }
}

impl FileService {
    /// What the actor stores, and may store.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn storage(&self, actor: &Actor) -> Result<Storage> {
        let used = self.store.read().await?.usage().find(actor.id()).await?;
        Ok(Storage { used, allowed: self.settings.max_user_bytes })
    }

    /// Refuses a file of at least that many bytes before any of them is read, when it cannot be stored.
    ///
    /// # Errors
    /// `TooLarge`, `QuotaExceeded`, `Unavailable`.
    pub async fn check_announced(&self, actor: &Actor, at_least: u64) -> Result<()> {
        self.check_size(at_least)?;
        self.storage(actor).await?.check(at_least)
    }

    /// Takes one of the places that a user has for uploads.
    pub(super) async fn take_place(&self, user_id: UserId) -> Result<UploadPlace> {
        let Some(at_most) = self.settings.max_parallel else {
            return Ok(UploadPlace {
                id: None,
                store: Arc::clone(&self.store),
                tracker: self.tracker.clone(),
            });
        };
        let upload = Upload { id: UploadId::new(self.ids.next()), user_id };
        let lasts = TimeDelta::from_std(MAX_UPLOAD_TIME).map_err(|error| Error::Internal(error.into()))?;
        let mut work = self.store.begin().await?;
        if !work.usage().begin_upload(upload, lasts, at_most).await? {
            return Err(Error::TooManyUploads { at_most, retry_after: TRY_AGAIN });
        }
        work.commit().await?;
        Ok(UploadPlace { id: Some(upload.id), store: Arc::clone(&self.store), tracker: self.tracker.clone() })
    }
}

/// A place for an upload. It is given back at the end; also when its request ends early and takes it along, by a task
/// of its own then. One that is not given back, as the process dies, expires.
pub(super) struct UploadPlace {
    /// `None` when it was given back, or places are not counted.
    id: Option<UploadId>,
    store: Arc<dyn Store>,
    tracker: TaskTracker,
}

impl UploadPlace {
    /// The upload's id, for who gives the place back in a transaction of their own.
    pub(super) const fn id(&self) -> Option<UploadId> {
        self.id
    }

    /// It was given back.
    pub(super) fn forget(mut self) {
        self.id = None;
    }

    pub(super) async fn give_back(mut self) {
        if let Some(id) = self.id.take() {
            end_upload(&*self.store, id).await;
        }
    }
}

impl Drop for UploadPlace {
    fn drop(&mut self) {
        if let (Some(id), Ok(runtime)) = (self.id.take(), Handle::try_current()) {
            let store = Arc::clone(&self.store);
            self.tracker.spawn_on(async move { end_upload(&*store, id).await }, &runtime);
        }
    }
}

async fn end_upload(store: &dyn Store, id: UploadId) {
    let end = async {
        let mut work = store.begin().await?;
        work.usage().end_upload(id).await?;
        work.commit().await
    };
    let ended: std::result::Result<(), RepositoryError> = end.await;
    if let Err(error) = ended {
        tracing::warn!(error = ?error, "an upload is over but still counted: that ends by itself");
    }
}
