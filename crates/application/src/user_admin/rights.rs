//! What accounts may do, and what is known to be theirs.

use plaza_domain::{AuditAction, SystemRole, User, UserId};

use super::{UserAdminService, keep_an_admin, lock, revoke_invitations};
use crate::{
    Operator, Result, audit,
    events::UserEvent,
    policy::{AccountAction, authorize_account},
};

impl UserAdminService {
    /// Gives a user another role on the server, and returns them as they are then. Whoever may do less from then on has
    /// to log in again, and the invitations that they made work no more.
    ///
    /// # Errors
    /// `Forbidden`; `NotFound`; `Conflict` for the last admin.
    pub async fn set_role(&self, by: Operator<'_>, user_id: UserId, role: SystemRole) -> Result<User> {
        authorize_account(by, AccountAction::ChangeRole, user_id)?;
        let now = self.clock.now();
        let mut work = self.store.begin().await?;
        if role != SystemRole::Admin {
            keep_an_admin(&mut *work, user_id).await?;
        }
        let user = lock(&mut *work, user_id).await?;
        if user.role == role {
            return Ok(user);
        }
        let entry = audit::by_operator(by, AuditAction::UserRoleChanged).about(user_id);
        let entry = entry.with("from", user.role.as_str()).with("to", role.as_str());
        let is_demoted = user.role == SystemRole::Admin || role == SystemRole::Guest;
        let user = User { role, updated_at: now, ..user };
        work.users().update(&user).await?;
        let entry = if is_demoted {
            work.sessions().revoke_all(user_id, None, now).await?;
            revoke_invitations(&mut *work, user_id, now, entry).await?
        } else {
            entry
        };
        work.audit().append(&entry).await?;
        work.commit().await?;
        tracing::info!(user.id = %user_id, user.role = role.as_str(), %by, "a user has another role");
        if is_demoted {
            self.announce_end(user_id, UserEvent::SessionsEnded { user_id });
        } else {
            self.auth.forget_user(user_id);
        }
        Ok(user)
    }

    /// Takes an account's address as confirmed, and returns the account as it is then.
    ///
    /// # Errors
    /// `Forbidden`; `NotFound`; `Conflict` when the account was erased.
    pub async fn verify_email(&self, by: Operator<'_>, user_id: UserId) -> Result<User> {
        authorize_account(by, AccountAction::VerifyEmail, user_id)?;
        let now = self.clock.now();
        let mut work = self.store.begin().await?;
        let user = lock(&mut *work, user_id).await?;
        if user.email_verified_at.is_some() {
            return Ok(user);
        }
        let user = User { email_verified_at: Some(now), updated_at: now, ..user };
        work.users().update(&user).await?;
        work.audit().append(&audit::by_operator(by, AuditAction::EmailVerified).about(user_id)).await?;
        work.commit().await?;
        self.auth.forget_user(user_id);
        Ok(user)
    }

    /// Ends all sessions of a user, and closes their connections.
    ///
    /// # Errors
    /// `Forbidden`; `NotFound`.
    pub async fn end_sessions(&self, by: Operator<'_>, user_id: UserId) -> Result<()> {
        authorize_account(by, AccountAction::EndSessions, user_id)?;
        let mut work = self.store.begin().await?;
        lock(&mut *work, user_id).await?;
        let ended = work.sessions().revoke_all(user_id, None, self.clock.now()).await?;
        let entry = audit::by_operator(by, AuditAction::AllSessionsEnded).about(user_id);
        work.audit().append(&entry.with("sessions", ended)).await?;
        work.commit().await?;
        self.announce_end(user_id, UserEvent::SessionsEnded { user_id });
        Ok(())
    }
}
