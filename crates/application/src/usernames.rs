//! Handles change, and are kept for a while for those who had them: nobody is taken for somebody else.

use chrono::TimeDelta;
use plaza_domain::{
    RepositoryError, Timestamp, UnitOfWork, User, UsernameChange, UsernameChangeId,
    repository::{self, Constraint},
};

use crate::{Actor, Error, Page, PageRequest, Result, UserService};

/// How long a handle that was given up is kept for who had it.
const KEPT: TimeDelta = TimeDelta::days(30);
/// How often a handle changes at most within [`PERIOD`].
const MOST_CHANGES: u64 = 2;
const PERIOD: TimeDelta = TimeDelta::days(30);

impl UserService {
    /// Which handles the actor had, the newest change first.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn username_history(
        &self,
        actor: &Actor,
        page: PageRequest<UsernameChangeId>,
    ) -> Result<Page<UsernameChange, UsernameChangeId>> {
        let mut read = self.store.read().await?;
        let changes = read.username_changes().list(actor.id(), page.cursor, page.fetch()).await?;
        Ok(page.cut(changes, |change| change.id))
    }
}

/// Makes sure that an account may have its handle, which was stored with it in this transaction.
///
/// # Errors
/// `Conflict` with `UserUsername` when it is kept for somebody else.
pub(crate) async fn claim(work: &mut dyn UnitOfWork, user: &User, now: Timestamp) -> repository::Result<()> {
    if work.username_changes().claim(&user.username, user.id, now - KEPT).await? {
        return Ok(());
    }
    Err(RepositoryError::Conflict { constraint: Constraint::UserUsername })
}

/// Makes sure that an account's handle may change.
///
/// # Errors
/// `RateLimited` when it has changed too often.
pub(crate) async fn may_change(work: &mut dyn UnitOfWork, user: &User, now: Timestamp) -> Result<()> {
    let latest = work.username_changes().list(user.id, None, MOST_CHANGES).await?;
    let Some(oldest) = latest.get(MOST_CHANGES as usize - 1) else { return Ok(()) };
    match (oldest.changed_at + PERIOD - now).to_std() {
        Ok(retry_after) if !retry_after.is_zero() => Err(Error::RateLimited { retry_after }),
        _ => Ok(()),
    }
}
