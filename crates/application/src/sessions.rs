//! Users see where they are logged in, and end what they do not know.

use std::sync::Arc;

use plaza_domain::{AuditAction, Clock, Session, SessionId, Store};

use crate::{Actor, AuthService, Error, Page, PageRequest, Ports, Result, audit, policy::authorize_own};

/// A user's own sessions.
pub struct SessionService {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    auth: Arc<AuthService>,
}

impl SessionService {
    pub(crate) fn new(ports: &Ports, auth: Arc<AuthService>) -> Self {
        Self { store: Arc::clone(&ports.store), clock: Arc::clone(&ports.clock), auth }
    }

    /// The actor's sessions that are not over, newest first.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn list(
        &self,
        actor: &Actor,
        request: PageRequest<SessionId>,
    ) -> Result<Page<Session, SessionId>> {
        let mut read = self.store.read().await?;
        let sessions =
            read.sessions().list(actor.id(), self.clock.now(), request.cursor, request.fetch()).await?;
        Ok(request.cut(sessions, |session| session.id))
    }

    /// Ends one of the actor's sessions, which may be the one that asks, and closes its connections.
    ///
    /// # Errors
    /// `NotFound` when it is nobody's, another's or over.
    pub async fn end(&self, actor: &Actor, id: SessionId) -> Result<()> {
        let found = self.store.read().await?.sessions().find_with_user(id).await?;
        let (session, _) = found.ok_or(Error::NotFound("session"))?;
        authorize_own(actor.id(), session.user_id, "session")?;
        let mut work = self.store.begin().await?;
        if !work.sessions().revoke(id, self.clock.now()).await? {
            return Err(Error::NotFound("session"));
        }
        work.audit().append(&audit::by(actor, AuditAction::SessionEnded).about(id)).await?;
        work.commit().await?;
        self.auth.announce_end(actor.id(), id);
        Ok(())
    }

    /// Ends all sessions of the actor but the one that asks, and closes their connections.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn end_others(&self, actor: &Actor) -> Result<()> {
        let (user_id, kept) = (actor.id(), actor.session_id);
        let mut work = self.store.begin().await?;
        let ended = work.sessions().revoke_all(user_id, Some(kept), self.clock.now()).await?;
        let entry = audit::by(actor, AuditAction::OtherSessionsEnded).about(user_id);
        work.audit().append(&entry.with("sessions", ended)).await?;
        work.commit().await?;
        self.auth.announce_end_of_others(user_id, kept);
        Ok(())
    }
}
