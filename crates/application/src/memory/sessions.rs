//! Logins and their refresh tokens.

use async_trait::async_trait;
use plaza_domain::{
    RefreshToken, RefreshTokenId, RepositoryError, Session, SessionId, Timestamp, TokenDigest, User, UserId,
    repository::{Constraint, Result, SessionRepository},
};

use super::{
    connection::{Access, Connection},
    table::rows,
};

#[async_trait]
impl<A: Access> SessionRepository for Connection<A> {
    async fn insert(&mut self, session: &Session) -> Result<()> {
        let tables = self.tables_mut()?;
        tables.users.require(&session.user_id)?;
        tables.sessions.insert_new(session.id, session.clone(), Constraint::Other)
    }

    async fn find_with_user(&mut self, id: SessionId) -> Result<Option<(Session, User)>> {
        let tables = self.tables();
        let found = tables.sessions.get(&id).and_then(|session| {
            let user = tables.users.get(&session.user_id)?;
            Some((session.clone(), user.clone()))
        });
        Ok(found)
    }

    async fn lock(&mut self, id: SessionId) -> Result<Option<Session>> {
        Ok(self.tables().sessions.get(&id).cloned())
    }

    async fn list(
        &mut self,
        user_id: UserId,
        now: Timestamp,
        before: Option<SessionId>,
        limit: u64,
    ) -> Result<Vec<Session>> {
        let tables = self.tables();
        let newest_first = tables.sessions.values().rev();
        let live = newest_first.filter(|session| {
            session.user_id == user_id
                && session.revoked_at.is_none()
                && session.expires_at > now
                && before.is_none_or(|before| session.id < before)
        });
        Ok(live.take(rows(limit)).cloned().collect())
    }

    async fn revoke(&mut self, id: SessionId, at: Timestamp) -> Result<bool> {
        let sessions = &mut self.tables_mut()?.sessions;
        let live = sessions.get_mut(&id).filter(|session| session.revoked_at.is_none());
        let Some(session) = live else { return Ok(false) };
        session.revoked_at = Some(at);
        Ok(true)
    }

    async fn revoke_all(&mut self, user_id: UserId, except: Option<SessionId>, at: Timestamp) -> Result<u64> {
        let sessions = self.tables_mut()?.sessions.values_mut();
        let others = sessions.filter(|session| session.user_id == user_id && Some(session.id) != except);
        let live = others.filter(|session| session.revoked_at.is_none());
        Ok(live.map(|session| session.revoked_at = Some(at)).count() as u64)
    }

    async fn renew(&mut self, session: &Session) -> Result<()> {
        let Session { refreshed_at, last_used_at, expires_at, device, .. } = session.clone();
        if let Some(stored) = self.tables_mut()?.sessions.get_mut(&session.id) {
            *stored = Session { refreshed_at, last_used_at, expires_at, device, ..stored.clone() };
        }
        Ok(())
    }

    async fn note_uses(&mut self, ids: &[SessionId], at: Timestamp) -> Result<()> {
        let sessions = &mut self.tables_mut()?.sessions;
        for id in ids {
            if let Some(session) = sessions.get_mut(id) {
                session.last_used_at = session.last_used_at.max(at);
            }
        }
        Ok(())
    }

    async fn insert_token(&mut self, token: &RefreshToken) -> Result<()> {
        let tables = self.tables_mut()?;
        tables.sessions.require(&token.session_id)?;
        let collides = |other: &RefreshToken| {
            let are_live = other.consumed_at.is_none() && token.consumed_at.is_none();
            other.digest == token.digest || (other.session_id == token.session_id && are_live)
        };
        if tables.refresh_tokens.values().any(collides) {
            return Err(RepositoryError::Conflict { constraint: Constraint::Other });
        }
        tables.refresh_tokens.insert_new(token.id, token.clone(), Constraint::Other)
    }

    async fn find_token(&mut self, digest: TokenDigest) -> Result<Option<RefreshToken>> {
        let tables = self.tables();
        Ok(tables.refresh_tokens.values().find(|token| token.digest == digest).cloned())
    }

    async fn find_live_token(&mut self, session_id: SessionId) -> Result<Option<RefreshToken>> {
        let tables = self.tables();
        let is_live = |token: &&RefreshToken| token.session_id == session_id && token.consumed_at.is_none();
        Ok(tables.refresh_tokens.values().find(is_live).cloned())
    }

    async fn consume_token(&mut self, id: RefreshTokenId, at: Timestamp) -> Result<bool> {
        let tokens = &mut self.tables_mut()?.refresh_tokens;
        let unused = tokens.get_mut(&id).filter(|token| token.consumed_at.is_none());
        let Some(token) = unused else { return Ok(false) };
        token.consumed_at = Some(at);
        Ok(true)
    }

    async fn purge(&mut self, before: Timestamp, limit: u64) -> Result<u64> {
        let tables = self.tables_mut()?;
        let expired = tables.refresh_tokens.values().filter(|token| token.expires_at < before);
        let expired: Vec<_> = expired.map(|token| token.id).take(rows(limit)).collect();
        for id in &expired {
            tables.refresh_tokens.remove(id);
        }
        let is_over = |session: &&Session| {
            session.expires_at < before || session.revoked_at.is_some_and(|at| at < before)
        };
        let over: Vec<_> =
            tables.sessions.values().filter(is_over).map(|session| session.id).take(rows(limit)).collect();
        for id in &over {
            tables.sessions.remove(id);
            tables.refresh_tokens.retain(|_, token| token.session_id != *id);
        }
        Ok((expired.len() + over.len()) as u64)
    }
}
