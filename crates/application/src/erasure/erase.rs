//! Erases accounts whose time has come. Every step is one transaction and bears repeating: what a run leaves undone, the
//! next one goes on with.

use plaza_domain::{AuditAction, AuditActor, Device, FileId, NewAuditEntry, User, UserId};

use super::{Erased, ErasureService};
use crate::{
    Error, Result,
    files::{lock, remove},
};

/// How many accounts a run looks at.
const ACCOUNTS: u64 = 50;
/// How many rooms, files, or rows of a table are asked for at a time.
const BATCH: u64 = 200;
/// How many times a batch, of each, for one account in one run.
const BATCHES: usize = 100;

impl ErasureService {
    /// Erases accounts whose time has come. One that fails is left to the next run and holds up no other.
    ///
    /// # Errors
    /// `Unavailable`; what was done until then stays done.
    pub async fn erase_due(&self) -> Result<Erased> {
        let mut done = Erased::default();
        let due = self.store.read().await?.erasures().due(self.clock.now(), ACCOUNTS).await?;
        for user_id in due {
            match self.erase(user_id, &mut done).await {
                Ok(true) => done.accounts += 1,
                Ok(false) => done.unfinished += 1,
                Err(error) => {
                    done.unfinished += 1;
                    tracing::warn!(user.id = %user_id, error = ?error, "an account could not be erased");
                }
            }
        }
        tracing::info!(
            done.accounts,
            done.rooms,
            done.files,
            done.rows,
            done.unfinished,
            "accounts were erased"
        );
        Ok(done)
    }

    /// Whether nothing is left to erase.
    async fn erase(&self, user_id: UserId, done: &mut Erased) -> Result<bool> {
        if !self.erase_identity(user_id).await? {
            return Ok(true);
        }
        let finished = self.leave_rooms(user_id, done).await?
            && self.delete_files(user_id, done).await?
            && self.forget(user_id, done).await?;
        if finished {
            self.finish(user_id).await?;
        }
        Ok(finished)
    }

    /// First of all nobody can come back, and nobody can be recognised. False when the account goes on after all.
    async fn erase_identity(&self, user_id: UserId) -> Result<bool> {
        let now = self.clock.now();
        let mut work = self.store.begin().await?;
        let user = work.users().lock(user_id).await?.ok_or(Error::NotFound("user"))?;
        if !user.is_given_up(now) {
            return Ok(false);
        }
        if !user.is_erased() {
            work.users().update(&user.erased(now)).await?;
            let entry = NewAuditEntry::new(AuditActor::System, Device::default(), AuditAction::UserDeleted);
            work.audit().append(&entry.about(user_id)).await?;
            work.commit().await?;
            self.auth.forget_user(user_id);
        }
        Ok(true)
    }

    async fn leave_rooms(&self, user_id: UserId, done: &mut Erased) -> Result<bool> {
        for _ in 0..BATCHES {
            let rooms = self.store.read().await?.erasures().rooms(user_id, BATCH).await?;
            if rooms.is_empty() {
                return Ok(true);
            }
            for room_id in rooms {
                done.rooms += u64::from(self.leave(room_id, user_id).await?);
            }
        }
        Ok(false)
    }

    /// What messages show stays with them. What they show no more is found by the sweep of uploads.
    async fn delete_files(&self, user_id: UserId, done: &mut Erased) -> Result<bool> {
        let mut after = None;
        for _ in 0..BATCHES {
            let mut read = self.store.read().await?;
            let page = read.erasures().files(user_id, after, BATCH).await?;
            let shown = read.files().shown(&page).await?;
            drop(read);
            let Some(last) = page.last() else { return Ok(true) };
            after = Some(*last);
            for id in page.into_iter().filter(|id| !shown.contains(id)) {
                done.files += u64::from(self.delete_file(id).await?);
            }
        }
        Ok(false)
    }

    async fn delete_file(&self, id: FileId) -> Result<bool> {
        let mut work = self.store.begin().await?;
        let Some(file) = lock(work.as_mut(), id).await?.filter(|file| !file.is_deleted()) else {
            return Ok(false);
        };
        remove(work.as_mut(), &file, self.clock.now()).await?;
        work.commit().await?;
        Ok(true)
    }

    async fn forget(&self, user_id: UserId, done: &mut Erased) -> Result<bool> {
        for _ in 0..BATCHES {
            let mut work = self.store.begin().await?;
            let rows = work.erasures().forget(user_id, BATCH).await?;
            work.commit().await?;
            if rows == 0 {
                return Ok(true);
            }
            done.rows += rows;
        }
        Ok(false)
    }

    async fn finish(&self, user_id: UserId) -> Result<()> {
        let mut work = self.store.begin().await?;
        let user = work.users().lock(user_id).await?.ok_or(Error::NotFound("user"))?;
        work.users().update(&User { erase_at: None, ..user }).await?;
        work.commit().await?;
        tracing::info!(user.id = %user_id, "an account was erased");
        Ok(())
    }
}
