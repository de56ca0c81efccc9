//! Who is connecting: told by the request, or by the first frame.

use plaza_application::{Actor, Error, Unauthenticated};
use plaza_domain::Timestamp;
use tokio::time::{Duration, Instant, timeout};
use tokio_tungstenite::tungstenite::Message as WsMessage;

use super::{Connection, Flow};
use crate::ws::{
    close::Close,
    frames::{ClientFrame, Envelope, ErrorFrame, Limits, ServerFrame, UserRef},
    socket::MAX_FRAME_BYTES,
};

const PROTOCOL: u32 = 1;
/// How long a client may take to say who it is.
const AUTHENTICATION_TIMEOUT: Duration = Duration::from_secs(5);

/// What a client proves itself with.
pub(in crate::ws) enum Credential {
    /// An access token.
    Token(String),
    /// A one-time ticket.
    Ticket(String),
}

impl Connection {
    /// Takes the request's credential, or waits for a first frame that has one.
    pub(super) async fn authenticate_first(&mut self, credential: Option<Credential>) -> Flow<Actor> {
        let credential = match credential {
            Some(credential) => credential,
            None => Credential::Token(self.token_of_first_frame().await?),
        };
        let services = &self.state.services;
        let proved = match &credential {
            Credential::Token(token) => services.auth.authenticate(token).await,
            Credential::Ticket(ticket) => services.tickets.redeem(ticket).await,
        };
        let actor = proved.map_err(|error| refusal(&error))?;
        self.expect_expiry(actor.expires_at);
        Ok(Actor { device: std::mem::take(&mut self.device), ..actor })
    }

    async fn token_of_first_frame(&mut self) -> Flow<String> {
        let deadline = Instant::now() + AUTHENTICATION_TIMEOUT;
        loop {
            let wait = deadline.saturating_duration_since(Instant::now());
            let received = timeout(wait, self.socket.next()).await.map_err(|_| Close::Unauthenticated)?;
            if let WsMessage::Text(text) = self.unwrap_received(received)? {
                let Ok(Envelope { frame: ClientFrame::Authenticate { token }, .. }) = Envelope::parse(&text)
                else {
                    return Err(Close::Unauthenticated.into());
                };
                return Ok(token);
            }
        }
    }

    /// Takes a newer token of the same user, before the old one expires.
    pub(super) async fn authenticate_again(
        &mut self,
        actor: &mut Actor,
        token: &str,
    ) -> Flow<Result<(), ErrorFrame>> {
        match self.state.services.auth.authenticate(token).await {
            Ok(newer) if newer.id() == actor.id() => {
                self.expect_expiry(newer.expires_at);
                *actor = Actor { device: std::mem::take(&mut actor.device), ..newer };
                self.register(actor)?;
                // A session that ended before the hub knew that this connection is its was not told to it.
                self.state.services.auth.recheck(actor).await.map_err(|error| refusal(&error))?;
                Ok(Ok(()))
            }
            Ok(_) => Err(Close::Unauthenticated.into()),
            Err(Error::Unauthenticated(reason)) => Ok(Err(ErrorFrame::unauthenticated(&reason))),
            Err(error @ Error::SecondFactorSetupRequired) => Err(refusal(&error).into()),
            Err(error) => Ok(Err(ErrorFrame::from_error(&error))),
        }
    }

    pub(super) async fn greet(&mut self, actor: &Actor) -> Flow {
        let limits = self.state.services.limits.settings();
        let heartbeat_interval = self.state.settings.heartbeat_interval;
        self.tell(&ServerFrame::Hello {
            protocol: PROTOCOL,
            connection_id: self.id.to_string(),
            user: UserRef { id: actor.id(), username: actor.user.username.as_str() },
            heartbeat_interval_ms: u64::try_from(heartbeat_interval.as_millis()).unwrap_or(u64::MAX),
            limits: Limits {
                frame_bytes: MAX_FRAME_BYTES,
                direct_per_minute: limits.direct_messages_per_user.burst,
                room_per_minute: limits.room_messages_per_user.burst,
            },
        });
        self.drain().await
    }

    fn expect_expiry(&mut self, expires_at: Timestamp) {
        let left = (expires_at - self.state.clock.now()).to_std().unwrap_or_default();
        self.expires_at = Instant::now() + left;
        self.expiry_announced = false;
    }
}

/// Why a connection ends whose user is not, or not any more, let in.
pub(super) fn refusal(error: &Error) -> Close {
    match error {
        Error::SecondFactorSetupRequired => Close::SecondFactorMissing,
        Error::Unauthenticated(Unauthenticated::Banned) => Close::Forbidden,
        Error::Unauthenticated(_) => Close::Unauthenticated,
        _ => Close::ServerError,
    }
}
