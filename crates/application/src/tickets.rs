//! One-time tickets with which browsers, which cannot set headers there, open a WebSocket.

use std::{sync::Arc, time::Duration};

use plaza_domain::{SessionId, Timestamp, UserId};
use serde::{Deserialize, Serialize};

use crate::{
    Actor, Error, Ports, Result, Unauthenticated,
    auth::AuthService,
    ports::{AccessClaims, OneTimeStore, Secrets, TokenRejection},
};

/// How long a ticket works.
pub const TICKET_TTL: Duration = Duration::from_secs(30);

#[derive(Serialize, Deserialize)]
struct Ticket {
    user_id: UserId,
    session_id: SessionId,
    expires_at: Timestamp,
}

/// One-time tickets.
pub struct TicketService {
    auth: Arc<AuthService>,
    secrets: Arc<dyn Secrets>,
    one_time: Arc<dyn OneTimeStore>,
}

impl TicketService {
    pub(crate) fn new(ports: &Ports, auth: Arc<AuthService>) -> Self {
        Self { auth, secrets: Arc::clone(&ports.secrets), one_time: Arc::clone(&ports.one_time) }
    }

    /// A ticket that lets its bearer connect as the actor, once, within [`TICKET_TTL`].
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn issue(&self, actor: &Actor) -> Result<String> {
        let secret = self.secrets.generate().map_err(Error::Internal)?;
        let ticket =
            Ticket { user_id: actor.id(), session_id: actor.session_id, expires_at: actor.expires_at };
        let value = serde_json::to_string(&ticket).map_err(|error| Error::Internal(error.into()))?;
        self.one_time.put(&self.key(&secret), &value, TICKET_TTL).await?;
        Ok(secret)
    }

    /// Who a ticket was made for.
    ///
    /// # Errors
    /// `Unauthenticated` when it is unknown, used or too old, or the session has ended; `Unavailable`.
    pub async fn redeem(&self, secret: &str) -> Result<Actor> {
        let refused = Unauthenticated::Token(TokenRejection::Invalid);
        let value = self.one_time.take(&self.key(secret)).await?.ok_or(refused)?;
        let Ticket { user_id, session_id, expires_at } =
            serde_json::from_str(&value).map_err(|error| Error::Internal(error.into()))?;
        self.auth.actor(AccessClaims { user_id, session_id, issued_at: expires_at, expires_at }).await
    }

    /// Secrets are stored hashed: who reads the store cannot connect with what is in it.
    fn key(&self, secret: &str) -> String {
        let digest = plaza_domain::Sha256(self.secrets.digest(secret).0);
        format!("ticket:{digest}")
    }
}
