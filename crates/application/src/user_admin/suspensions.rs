//! Bans and deactivations: accounts that may not be used, for a time or for good.

use plaza_domain::{
    AuditAction, AuditActor, Device, NewAuditEntry, Suspension, SuspensionKind, Timestamp, UnitOfWork, User,
    UserId, Violation,
};

use super::{UserAdminService, keep_an_admin, lock, revoke_invitations};
use crate::{
    Error, Operator, Result, audit,
    events::UserEvent,
    policy::{AccountAction, authorize_account},
};

/// How many suspensions that are over are lifted in one call.
const MAX_LIFTED: u64 = 1_000;

impl UserAdminService {
    /// Keeps a user out, for good or until then, ends all their sessions, and revokes the invitations that they made. A
    /// second ban takes the place of the first; a ban never takes the place of a deactivation, nor the other way round.
    ///
    /// # Errors
    /// `Forbidden`; `Invalid` for a reason that is too long, or an end that has passed; `NotFound`; `Conflict` for the
    /// last admin, and for an account that is deactivated or was erased.
    pub async fn ban(
        &self,
        by: Operator<'_>,
        user_id: UserId,
        reason: &str,
        until: Option<Timestamp>,
    ) -> Result<()> {
        authorize_account(by, AccountAction::Ban, user_id)?;
        if until.is_some_and(|until| until <= self.clock.now()) {
            return Err(Violation::new("until", "must be in the future").into());
        }
        self.suspend(by, user_id, SuspensionKind::Banned, reason, until).await?;
        tracing::info!(user.id = %user_id, %by, "a user was banned");
        Ok(())
    }

    /// Makes an account one that nobody uses, until it is reactivated, and ends all its sessions and invitations.
    ///
    /// # Errors
    /// `Forbidden`; `Invalid` for a reason that is too long; `NotFound`; `Conflict` for the last admin, and for an account
    /// that is banned or was erased.
    pub async fn deactivate(&self, by: Operator<'_>, user_id: UserId, reason: &str) -> Result<()> {
        authorize_account(by, AccountAction::Deactivate, user_id)?;
        self.suspend(by, user_id, SuspensionKind::Deactivated, reason, None).await?;
        tracing::info!(user.id = %user_id, %by, "an account was deactivated");
        Ok(())
    }

    /// Lets a banned user log in again; for anybody else nothing changes.
    ///
    /// # Errors
    /// `Forbidden`; `NotFound`; `Conflict` when the account was erased.
    pub async fn unban(&self, by: Operator<'_>, user_id: UserId) -> Result<()> {
        authorize_account(by, AccountAction::Unban, user_id)?;
        self.release(by, user_id, SuspensionKind::Banned).await
    }

    /// Lets a deactivated account be used again; for any other nothing changes.
    ///
    /// # Errors
    /// As [`unban`](Self::unban).
    pub async fn reactivate(&self, by: Operator<'_>, user_id: UserId) -> Result<()> {
        authorize_account(by, AccountAction::Reactivate, user_id)?;
        self.release(by, user_id, SuspensionKind::Deactivated).await
    }

    /// Lifts bans whose time is over, at most 1,000, and returns how many there were.
    ///
    /// # Errors
    /// `Unavailable`; what was lifted until then stays so.
    pub async fn lift_ended(&self) -> Result<u64> {
        let now = self.clock.now();
        let released = self.store.read().await?.users().list_released(now, MAX_LIFTED).await?;
        let mut lifted = 0;
        for id in released {
            let mut work = self.store.begin().await?;
            let Some(user) = work.users().lock(id).await? else { continue };
            let (_, entry) = lift_ended(&mut *work, user, now).await?;
            let Some(entry) = entry else { continue };
            work.audit().append(&entry).await?;
            work.commit().await?;
            lifted += 1;
        }
        Ok(lifted)
    }

    async fn suspend(
        &self,
        by: Operator<'_>,
        user_id: UserId,
        kind: SuspensionKind,
        reason: &str,
        until: Option<Timestamp>,
    ) -> Result<()> {
        let reason = Suspension::parse_reason(reason)?;
        let now = self.clock.now();
        let mut work = self.store.begin().await?;
        keep_an_admin(&mut *work, user_id).await?;
        let user = lock(&mut *work, user_id).await?;
        let other = user.suspension.as_ref().filter(|it| it.kind != kind && !it.is_over(now));
        if let Some(other) = other {
            return Err(Error::Conflict(match other.kind {
                SuspensionKind::Banned => "the user is banned: lift the ban first".to_owned(),
                SuspensionKind::Deactivated => "the account is deactivated: reactivate it first".to_owned(),
            }));
        }
        let since = user.suspension.as_ref().filter(|it| it.kind == kind).map_or(now, |it| it.since);
        let action = match kind {
            SuspensionKind::Banned => AuditAction::UserBanned,
            SuspensionKind::Deactivated => AuditAction::UserDeactivated,
        };
        let entry = audit::by_operator(by, action).about(user_id).with("reason", reason.clone());
        let entry = entry.with("until", until.map(|until| until.to_rfc3339()));
        let suspension = Some(Suspension { kind, since, until, reason });
        work.users().update(&User { suspension, updated_at: now, ..user }).await?;
        work.sessions().revoke_all(user_id, None, now).await?;
        let entry = revoke_invitations(&mut *work, user_id, now, entry).await?;
        work.audit().append(&entry).await?;
        work.commit().await?;
        self.announce_end(user_id, UserEvent::Banned { user_id });
        Ok(())
    }

    async fn release(&self, by: Operator<'_>, user_id: UserId, kind: SuspensionKind) -> Result<()> {
        let mut work = self.store.begin().await?;
        let user = lock(&mut *work, user_id).await?;
        if user.suspension.as_ref().is_none_or(|suspension| suspension.kind != kind) {
            return Ok(());
        }
        let action = match kind {
            SuspensionKind::Banned => AuditAction::UserUnbanned,
            SuspensionKind::Deactivated => AuditAction::UserReactivated,
        };
        work.users().update(&User { suspension: None, updated_at: self.clock.now(), ..user }).await?;
        work.audit().append(&audit::by_operator(by, action).about(user_id)).await?;
        work.commit().await?;
        tracing::info!(user.id = %user_id, %by, "an account may be used again");
        Ok(())
    }
}

/// Lifts the suspension of an account that is locked, if it has one and its time is over. Returns the account as it is
/// then, and what is to be written down of it.
///
/// # Errors
/// `Unavailable`.
pub(crate) async fn lift_ended(
    work: &mut dyn UnitOfWork,
    user: User,
    now: Timestamp,
) -> Result<(User, Option<NewAuditEntry>)> {
    if user.suspension.is_none() || user.is_suspended(now) {
        return Ok((user, None));
    }
    let user = User { suspension: None, updated_at: now, ..user };
    work.users().update(&user).await?;
    let entry = NewAuditEntry::new(AuditActor::System, Device::default(), AuditAction::UserUnbanned);
    let entry = entry.about(user.id);
    Ok((user, Some(entry)))
}
