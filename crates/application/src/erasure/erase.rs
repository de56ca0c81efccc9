//! Erases accounts whose time has come. Every step is one transaction and bears repeating: what a run leaves undone, the
//! next one goes on with.

use plaza_domain::{AuditAction, AuditActor, Device, NewAuditEntry, User, UserId};

use super::{BATCH, Erased, ErasureService, pass::Pass};
use crate::{Error, Result, files};

/// How many accounts are asked for at a time.
const ACCOUNTS: u64 = 50;
/// How many times a batch of rows is forgotten for one account in one run.
const BATCHES: usize = 100;

impl ErasureService {
    /// Erases accounts whose time has come, each once. One that fails is left to the next run and holds up no other.
    ///
    /// # Errors
    /// `Unavailable`; what was done until then stays done.
    pub async fn erase_due(&self) -> Result<Erased> {
        let now = self.clock.now();
        let (mut done, mut after) = (Erased::default(), None);
        loop {
            let due = self.store.read().await?.erasures().due(now, after, ACCOUNTS).await?;
            after = due.last().copied();
            if after.is_none() {
                break;
            }
            for account in due {
                match self.erase(account.user_id, &mut done).await {
                    Ok(true) => done.accounts += 1,
                    Ok(false) => done.unfinished += 1,
                    Err(error) => {
                        done.unfinished += 1;
                        tracing::warn!(
                            user.id = %account.user_id, error = ?error, "an account could not be erased"
                        );
                    }
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
        // What is about them alone waits for no room and no file.
        let mut is_finished = self.forget(user_id, done).await?;
        is_finished &= self.leave_rooms(user_id, done).await?;
        is_finished &= self.delete_files(user_id, done).await?;
        if is_finished {
            self.finish(user_id).await?;
        }
        Ok(is_finished)
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

    async fn leave_rooms(&self, user_id: UserId, done: &mut Erased) -> Result<bool> {
        let (mut pass, mut after) = (Pass::new(user_id), None);
        loop {
            let rooms = self.store.read().await?.erasures().rooms(user_id, after, BATCH).await?;
            after = rooms.last().copied();
            if after.is_none() {
                return Ok(pass.is_whole());
            }
            for room_id in rooms {
                if !pass.goes_on() {
                    return Ok(false);
                }
                done.rooms += pass.count(self.leave(room_id, user_id).await);
            }
        }
    }

    /// What messages show stays with them. What they show no more is found by the sweep of uploads.
    async fn delete_files(&self, user_id: UserId, done: &mut Erased) -> Result<bool> {
        let (mut pass, mut after) = (Pass::new(user_id), None);
        loop {
            let mut read = self.store.read().await?;
            let page = read.erasures().files(user_id, after, BATCH).await?;
            let shown = read.files().shown(&page).await?;
            drop(read);
            after = page.last().copied();
            if after.is_none() {
                return Ok(pass.is_whole());
            }
            for id in page.into_iter().filter(|id| !shown.contains(id)) {
                if !pass.goes_on() {
                    return Ok(false);
                }
                let deleted = files::delete_if_unused(&*self.store, &*self.bus, id, self.clock.now()).await;
                done.files += pass.count(deleted);
            }
        }
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
