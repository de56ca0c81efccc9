//! Somebody is sent to a provider. What they must come back with is kept until then, once, and for the browser that
//! they left with (RFC 9700, section 4.7).

use std::time::Duration;

use plaza_domain::{SessionId, Timestamp, UserId};
use serde::{Deserialize, Serialize};

use super::{
    codes::Binding,
    login::{ProviderLoginService, refused},
};
use crate::{
    Actor, Error, Result, Unauthenticated,
    ports::{AccessClaims, ProofRequest},
};

/// How long somebody may take at a provider.
pub const FLOW_TTL: Duration = Duration::from_secs(10 * 60);
/// No secret of ours is longer.
const MAX_SECRET: usize = 128;

/// What beginning a login takes.
#[derive(Clone, Debug, Default)]
pub struct LoginStart {
    /// Where to send the browser when it is over; nowhere when left out.
    pub return_to: Option<String>,
    /// The hash of a secret without which nobody gets the tokens (RFC 7636, S256), and only addresses that the operator has
    /// listed are returned to; when it is left out, the browser that logs in gets them.
    pub code_challenge: Option<String>,
}

/// Where to send a browser, and what it must bring back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StartedFlow {
    /// Where the provider asks who somebody is.
    pub authorization_url: String,
    /// What tells this browser from others; for a cookie.
    pub browser_secret: String,
}

/// Who wants to link what they come back with to their account.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub(super) struct Linking {
    user_id: UserId,
    session_id: SessionId,
    expires_at: Timestamp,
}

impl Linking {
    fn of(actor: &Actor) -> Self {
        Self { user_id: actor.id(), session_id: actor.session_id, expires_at: actor.expires_at }
    }

    /// As what the session of who began it proves them.
    pub(super) fn claims(self) -> AccessClaims {
        let Self { user_id, session_id, expires_at } = self;
        AccessClaims { user_id, session_id, issued_at: expires_at, expires_at }
    }
}

/// What is kept of somebody who was sent to a provider.
#[derive(Serialize, Deserialize)]
pub(super) struct Flow {
    pub(super) provider: String,
    /// The digest of what tells the browser from others.
    browser: String,
    pub(super) nonce: String,
    pub(super) code_verifier: String,
    pub(super) return_to: Option<String>,
    pub(super) binding: Binding,
    pub(super) linking: Option<Linking>,
}

impl ProviderLoginService {
    /// Begins a login by what a provider knows.
    ///
    /// # Errors
    /// `NotFound` when there is no such provider; `Invalid` when the browser may not be sent to `return_to`, or the
    /// challenge is none; `ProviderUnavailable`; `Unavailable`.
    pub async fn begin(&self, provider: &str, start: LoginStart) -> Result<StartedFlow> {
        self.start(provider, start, None).await
    }

    /// Begins to link what a provider knows to the actor's account: a way in that stays, whatever becomes of the session.
    /// So it takes the actor's password, or a fresh login.
    ///
    /// # Errors
    /// As [`begin`](Self::begin); also `Invalid` when the password is wrong; `Forbidden` without one when the actor has
    /// logged in too long ago; `RateLimited`.
    pub async fn begin_linking(
        &self,
        actor: &Actor,
        password: Option<&str>,
        provider: &str,
        return_to: Option<String>,
    ) -> Result<StartedFlow> {
        self.providers.get(provider)?;
        self.proofs.by_password_or_login(actor, password, "password").await?;
        let start = LoginStart { return_to, code_challenge: None };
        self.start(provider, start, Some(Linking::of(actor))).await
    }

    async fn start(&self, id: &str, start: LoginStart, linking: Option<Linking>) -> Result<StartedFlow> {
        let provider = self.providers.get(id)?;
        let browser_secret = self.secret()?;
        let browser = self.digest(&browser_secret);
        let return_to = start.return_to.as_deref();
        let (binding, return_to) = match start.code_challenge {
            // Whoever made up the challenge can use the code: nowhere may it end but in the app that made it up.
            Some(challenge) => (
                Binding::to_challenge(&challenge)?,
                return_to.map(|text| self.return_urls.check_listed(text)).transpose()?,
            ),
            None => (
                Binding::Browser(browser.clone()),
                return_to.map(|text| self.return_urls.check(text)).transpose()?,
            ),
        };
        let request =
            ProofRequest { state: self.secret()?, nonce: self.secret()?, code_verifier: self.secret()? };
        let begun = provider.begin(&request).await;
        let authorization_url = begun.map_err(|error| refused(provider.info(), error))?;
        let ProofRequest { state, nonce, code_verifier } = request;
        let provider = id.to_owned();
        let flow = Flow { provider, browser, nonce, code_verifier, return_to, binding, linking };
        self.keep("flow", &state, &flow, FLOW_TTL).await?;
        Ok(StartedFlow { authorization_url, browser_secret })
    }

    /// What was kept of somebody who comes back, once. `state` is looked up by its digest, and the browser is told by
    /// one, so that no time that this takes tells how much of a guess was right.
    ///
    /// # Errors
    /// `Unauthenticated` when nobody was sent there with that, or it was another browser.
    pub(super) async fn resume(
        &self,
        provider: &str,
        state: Option<&str>,
        browser_secret: Option<&str>,
    ) -> Result<Flow> {
        let state = state.filter(|state| state.len() <= MAX_SECRET).ok_or(Unauthenticated::LoginFlow)?;
        let flow: Flow = self.take("flow", state).await?.ok_or(Unauthenticated::LoginFlow)?;
        let browser = browser_secret.filter(|secret| secret.len() <= MAX_SECRET);
        let is_same_browser = browser.is_some_and(|secret| self.digest(secret) == flow.browser);
        if flow.provider != provider || !is_same_browser {
            return Err(Unauthenticated::LoginFlow.into());
        }
        Ok(flow)
    }

    pub(super) fn secret(&self) -> Result<String> {
        self.secrets.generate().map_err(Error::Internal)
    }

    pub(super) fn digest(&self, secret: &str) -> String {
        plaza_domain::Sha256(self.secrets.digest(secret).0).to_string()
    }

    /// Keeps something under the digest of a secret: who reads the store cannot go on with what is in it.
    pub(super) async fn keep<T: Serialize + Sync>(
        &self,
        kind: &str,
        secret: &str,
        value: &T,
        ttl: Duration,
    ) -> Result<()> {
        let value = serde_json::to_string(value).map_err(|error| Error::Internal(error.into()))?;
        let key = format!("provider-login:{kind}:{}", self.digest(secret));
        Ok(self.one_time.put(&key, &value, ttl).await?)
    }

    /// Takes out what was kept under the digest of a secret.
    pub(super) async fn take<T: for<'de> Deserialize<'de>>(
        &self,
        kind: &str,
        secret: &str,
    ) -> Result<Option<T>> {
        let key = format!("provider-login:{kind}:{}", self.digest(secret));
        let value = self.one_time.take(&key).await?;
        value
            .map(|value| serde_json::from_str(&value))
            .transpose()
            .map_err(|error| Error::Internal(error.into()))
    }
}
