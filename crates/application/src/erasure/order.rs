//! Operators end accounts of others.

use plaza_domain::{AuditAction, Suspension, Timestamp, User, UserId};

use super::{ERASURE_GRACE, ErasureService};
use crate::{
    Error, Operator, Result, audit,
    events::{Event, UserEvent},
    mail::MailMessage,
    policy::{AccountAction, authorize_account},
    user_admin::keep_an_admin,
};

/// What ending somebody's account takes.
#[derive(Clone, Debug, Default)]
pub struct DeletionOrder {
    /// Why, as its user is told; may be empty.
    pub reason: String,
    /// Whether there is no time of grace.
    pub is_immediate: bool,
}

impl ErasureService {
    /// Has somebody's account erased, and ends all their sessions at once: after the time of grace that users have
    /// themselves, in which a login calls it off, or by the next run of the job; until then nobody can log in. A mail
    /// tells of it. Once is enough: a second order can bring the time forward, and never put it off. Returns when it is.
    ///
    /// # Errors
    /// `Forbidden`; `Invalid` for a reason that is too long; `NotFound`; `Conflict` for the server's last admin, or when
    /// it was erased.
    pub async fn order(
        &self,
        by: Operator<'_>,
        user_id: UserId,
        DeletionOrder { reason, is_immediate }: DeletionOrder,
    ) -> Result<Timestamp> {
        authorize_account(by, AccountAction::Delete, user_id)?;
        let reason = Suspension::parse_reason(&reason)?;
        let now = self.clock.now();
        let erase_at = if is_immediate { now } else { now + ERASURE_GRACE };
        let mut work = self.store.begin().await?;
        keep_an_admin(&mut *work, user_id).await?;
        let user = work.users().lock(user_id).await?.ok_or(Error::NotFound("user"))?;
        if user.is_erased() {
            return Err(Error::Conflict("the account was erased".to_owned()));
        }
        if let Some(known) = user.erase_at.filter(|known| *known <= erase_at) {
            return Ok(known);
        }
        let user = User { erase_at: Some(erase_at), updated_at: now, ..user };
        work.users().update(&user).await?;
        work.sessions().revoke_all(user_id, None, now).await?;
        work.invitations().revoke_made_by(user_id, now).await?;
        let message = MailMessage::AccountDeletionOrdered {
            erase_at,
            reason: reason.clone(),
            can_return: !is_immediate && user.suspension.as_ref().is_none_or(|it| it.is_over(erase_at)),
        };
        let posted = self.postbox.tell(&mut *work, &user, message).await?;
        let action = if is_immediate { AuditAction::UserDeleted } else { AuditAction::UserDeletionRequested };
        let entry = audit::by_operator(by, action).about(user_id).with("reason", reason);
        work.audit().append(&entry.with("erase_at", erase_at.to_rfc3339())).await?;
        work.commit().await?;
        self.auth.forget_user(user_id);
        self.bus.publish(Event::User(if is_immediate {
            UserEvent::Banned { user_id }
        } else {
            UserEvent::SessionsEnded { user_id }
        }));
        self.postbox.wake(posted).await;
        tracing::info!(user.id = %user_id, %by, "an account is to be erased");
        Ok(erase_at)
    }
}
