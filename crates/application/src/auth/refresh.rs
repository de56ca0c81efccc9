//! Sessions go on: a refresh token is exchanged for the next one, and whoever comes with an old one ends the session
//! (RFC 9700, section 4.14).
//!
//! Of a session's tokens, one is not used: the database refuses a second one. An exchange uses that one up and makes
//! its successor in one transaction, so however often and by whom a chain is continued, it has one end. Who may
//! continue it: the holder of that token, or of the token before it, as an answer may have been lost on its way. The
//! latter's exchange uses up the token that nobody claimed to have. Should somebody come with that one after all, then
//! two hold tokens of this session, and it ends for both: there are never two chains.
//!
//! The tabs of a browser share one token, a cookie, and know nothing of each other (ADR 0017). Which of two answers the
//! browser keeps is not known here; so of those that refresh at the same time only the first one gets a new token.

use std::time::Duration;

use plaza_domain::{
    AuditAction, AuditActor, Device, NewAuditEntry, RefreshToken, RefreshTokenId, Session, SessionId,
    Timestamp, UnitOfWork, User, UserId,
};

use super::service::{AuthService, Login};
use crate::{Error, Result, Unauthenticated, ports::AccessClaims};

/// How long ago, at most, a token was exchanged by who shares it, and is still about to learn that.
const AT_ONCE: Duration = Duration::from_secs(10);

impl AuthService {
    /// Exchanges a refresh token for new tokens. It works once; only while nobody has used its successor, it works
    /// again, and the successor does no more. Any other token that was used before ends the session.
    ///
    /// # Errors
    /// `Unauthenticated`.
    pub async fn refresh(&self, refresh_token: &str, device: Device) -> Result<Login> {
        self.exchange(refresh_token, device, false).await
    }

    /// The same for a token that several share. Who comes with one that another of them exchanged a moment ago gets an
    /// access token only: the successor is on its way to all of them, and stays good.
    ///
    /// # Errors
    /// `Unauthenticated`.
    pub async fn refresh_shared(&self, refresh_token: &str, device: Device) -> Result<Login> {
        self.exchange(refresh_token, device, true).await
    }

    async fn exchange(&self, refresh_token: &str, device: Device, is_shared: bool) -> Result<Login> {
        let digest = self.secrets.digest(refresh_token);
        // Anybody can send anything here: what was never issued does not reach SQLite's one writer.
        let known = self.store.read().await?.sessions().find_token(digest).await?;
        let session_id = known.ok_or(Unauthenticated::RefreshToken)?.session_id;
        let mut work = self.store.begin().await?;
        // One exchange of a session after the other.
        let session = work.sessions().lock(session_id).await?.ok_or(Unauthenticated::RefreshToken)?;
        let shown = work.sessions().find_token(digest).await?.ok_or(Unauthenticated::RefreshToken)?;
        let user = work.users().find(session.user_id).await?.ok_or(Unauthenticated::RefreshToken)?;
        let now = self.clock.now();
        let ends_at = session.created_at + self.settings.session_lifetime;
        if session.revoked_at.is_some() || user.is_suspended(now) || ends_at <= now {
            return Err(Unauthenticated::SessionEnded.into());
        }
        let live = work.sessions().find_live_token(session.id).await?;
        let live = live.filter(|live| live.is_exchanged_by(&shown));
        if live.is_some() && shown.expires_at <= now {
            return Err(Unauthenticated::RefreshToken.into());
        }
        let is_late = |live: &RefreshToken| live.id != shown.id && now < live.created_at + AT_ONCE;
        if is_shared && live.as_ref().is_some_and(is_late) {
            return self.tokens(user, &session, None, now);
        }
        let exchanged = match live {
            Some(live) => work.sessions().consume_token(live.id, now).await?,
            None => false,
        };
        if !exchanged {
            work.sessions().revoke(session.id, now).await?;
            // Which of the two came now is not known.
            let entry = NewAuditEntry::new(AuditActor::Anonymous, device.clone(), AuditAction::RefreshReused);
            let entry = entry.about(user.id).with("session_id", session.id.to_string());
            work.audit().append(&entry).await?;
            work.commit().await?;
            self.report_reuse(user.id, session.id, &device);
            return Err(Unauthenticated::RefreshToken.into());
        }
        let expires_at = self.refresh_until(session.created_at, now);
        let session = Session { refreshed_at: now, last_used_at: now, expires_at, device, ..session };
        work.sessions().renew(&session).await?;
        let login = self.issue(&mut *work, user, &session, Some(shown.id)).await?;
        work.commit().await?;
        Ok(login)
    }

    /// Until when a session that is used at `now` goes on by itself: no longer than a session may last.
    pub(super) fn refresh_until(&self, created_at: Timestamp, now: Timestamp) -> Timestamp {
        (now + self.settings.refresh_ttl).min(created_at + self.settings.session_lifetime)
    }

    /// Gives a session that was used just now its next tokens.
    pub(super) async fn issue(
        &self,
        work: &mut dyn UnitOfWork,
        user: User,
        session: &Session,
        parent_id: Option<RefreshTokenId>,
    ) -> Result<Login> {
        let refresh_token = self.secrets.generate().map_err(Error::Internal)?;
        let now = session.refreshed_at;
        let token = RefreshToken {
            id: RefreshTokenId::new(self.ids.next()),
            session_id: session.id,
            parent_id,
            digest: self.secrets.digest(&refresh_token),
            created_at: now,
            expires_at: session.expires_at,
            consumed_at: None,
        };
        work.sessions().insert_token(&token).await?;
        self.tokens(user, session, Some(refresh_token), now)
    }

    /// What a session is answered with at `now`.
    fn tokens(
        &self,
        user: User,
        session: &Session,
        refresh_token: Option<String>,
        now: Timestamp,
    ) -> Result<Login> {
        let ends_at = session.created_at + self.settings.session_lifetime;
        let access_expires_at = (now + self.settings.access_ttl).min(ends_at);
        let claims = AccessClaims {
            user_id: user.id,
            session_id: session.id,
            issued_at: now,
            expires_at: access_expires_at,
        };
        Ok(Login {
            user,
            is_restored: false,
            session_id: session.id,
            access_token: self.access_tokens.issue(&claims).map_err(Error::Internal)?,
            access_expires_at,
            access_ttl: (access_expires_at - now).to_std().unwrap_or_default(),
            refresh_token,
            refresh_expires_at: session.expires_at,
            refresh_ttl: (session.expires_at - now).to_std().unwrap_or_default(),
        })
    }

    /// A session ended because two had tokens of it.
    fn report_reuse(&self, user_id: UserId, session_id: SessionId, device: &Device) {
        tracing::warn!(
            session.id = %session_id,
            user.id = %user_id,
            client.address = device.address.map(tracing::field::display),
            "a used refresh token came back; session ended"
        );
        self.announce_end(user_id, session_id);
    }
}
