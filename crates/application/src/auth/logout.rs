//! Users log out.

use plaza_domain::{AuditAction, Device, NewAuditEntry};

use super::service::AuthService;
use crate::{Actor, Result, audit};

impl AuthService {
    /// Ends the actor's session, and closes its connections.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn logout(&self, actor: &Actor) -> Result<()> {
        let mut work = self.store.begin().await?;
        work.sessions().revoke(actor.session_id, self.clock.now()).await?;
        let entry = audit::by(actor, AuditAction::Logout).about(actor.session_id);
        work.audit().append(&entry).await?;
        work.commit().await?;
        self.announce_end(actor.id(), actor.session_id);
        Ok(())
    }

    /// Ends the session of a refresh token, be it used or expired: who shows it gives up what it was good for. Nothing is
    /// told of others, nor of sessions that have ended (RFC 7009, section 2.2).
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn give_up(&self, refresh_token: &str, device: &Device) -> Result<()> {
        let digest = self.secrets.digest(refresh_token);
        // Anybody can send anything here: what was never issued does not reach SQLite's one writer.
        let Some(known) = self.store.read().await?.sessions().find_token(digest).await? else {
            return Ok(());
        };
        let mut work = self.store.begin().await?;
        let session = work.sessions().lock(known.session_id).await?;
        let Some(session) = session.filter(|session| session.revoked_at.is_none()) else {
            return Ok(());
        };
        work.sessions().revoke(session.id, self.clock.now()).await?;
        let entry = NewAuditEntry::by(session.user_id, device, AuditAction::Logout).about(session.id);
        work.audit().append(&entry).await?;
        work.commit().await?;
        self.announce_end(session.user_id, session.id);
        Ok(())
    }
}
