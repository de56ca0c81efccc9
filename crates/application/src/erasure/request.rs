//! Users end their accounts.

use plaza_domain::{AuditAction, Timestamp, User};

use super::{ERASURE_GRACE, ErasureService};
use crate::{
    Actor, Result, audit,
    mail::{MailMessage, MailOrder},
    proofs::lock_proven,
    user_admin::keep_an_admin,
};

impl ErasureService {
    /// Has the actor's account erased after a time of grace, and ends all their sessions at once. A login before then
    /// calls it off. Returns when it is.
    ///
    /// # Errors
    /// `Invalid` when the password is wrong; for an account without one, `Forbidden` when the login is not fresh;
    /// `Conflict` for the server's last admin, or when the password was changed meanwhile; `Unauthenticated` when the
    /// account was given up or suspended meanwhile; `RateLimited`; `Unavailable`.
    pub async fn request(&self, actor: &Actor, password: Option<&str>) -> Result<Timestamp> {
        let known = self.proofs.of(actor, password, "password").await?;
        let now = self.clock.now();
        let mut work = self.store.begin().await?;
        keep_an_admin(&mut *work, actor.id()).await?;
        let user = lock_proven(&mut *work, &known, &*self.clock).await?;
        let erase_at = now + ERASURE_GRACE;
        let to = user.email.clone();
        work.users().update(&User { erase_at: Some(erase_at), updated_at: now, ..user }).await?;
        work.sessions().revoke_all(actor.id(), None, now).await?;
        work.invitations().revoke_made_by(actor.id(), now).await?;
        let message = MailMessage::AccountDeletion { erase_at };
        let posted = self.postbox.post(&mut *work, MailOrder { user_id: actor.id(), to, message }).await?;
        let entry = audit::by(actor, AuditAction::UserDeletionRequested).about(actor.id());
        work.audit().append(&entry).await?;
        work.commit().await?;
        self.postbox.wake(posted).await;
        self.auth.announce_end_of_others(actor.id(), actor.session_id);
        self.auth.announce_end(actor.id(), actor.session_id);
        tracing::info!(user.id = %actor.id(), "a user wants their account erased");
        Ok(erase_at)
    }
}
