//! Login codes: a browser carries one to the client that wanted the login, which gets its tokens for it. Tokens are in no
//! address, and a code that is seen there is of no use to others (RFC 9700, section 4.5).

use std::time::Duration;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64};
use plaza_domain::{Device, Identity, IdentityId, UserId, Violation};
use serde::{Deserialize, Serialize};

use super::login::ProviderLoginService;
use crate::{Login, LoginMethod, Result, Unauthenticated};

/// How long a login code works.
pub const LOGIN_CODE_TTL: Duration = Duration::from_secs(60);
/// No code, verifier or secret is longer (RFC 7636, section 4.1).
const MAX_LENGTH: usize = 128;

/// Who may redeem a login code.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Binding {
    /// The browser that logged in, by the digest of what tells it from others.
    Browser(String),
    /// Who knows what hashes to this.
    Challenge([u8; 32]),
}

impl Binding {
    /// That of an S256 challenge.
    pub(super) fn to_challenge(text: &str) -> std::result::Result<Self, Violation> {
        let bytes = BASE64.decode(text).ok().and_then(|bytes| bytes.try_into().ok());
        let rule = "must be the SHA-256 of a secret in base64url: 43 characters";
        bytes.map(Self::Challenge).ok_or_else(|| Violation::new("code_challenge", rule))
    }
}

/// What shows that a login code was meant for who redeems it.
#[derive(Clone, Default)]
pub struct CodeProof {
    /// The secret whose hash the login began with.
    pub code_verifier: Option<String>,
    /// What tells the browser from others.
    pub browser_secret: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct LoginCode {
    user_id: UserId,
    identity_id: IdentityId,
    binding: Binding,
}

impl ProviderLoginService {
    /// A code for which the tokens of that identity's user are given out, once, within [`LOGIN_CODE_TTL`].
    pub(super) async fn issue_code(&self, identity: &Identity, binding: Binding) -> Result<String> {
        let secret = self.secret()?;
        let code = LoginCode { user_id: identity.user_id, identity_id: identity.id, binding };
        self.keep("code", &secret, &code, LOGIN_CODE_TTL).await?;
        Ok(secret)
    }

    /// Begins the session that a login code stands for.
    ///
    /// # Errors
    /// `Unauthenticated` when it is unknown, used, too old, meant for somebody else, or its identity is not linked any
    /// more; `Suspended`; `Unavailable`.
    pub async fn redeem(&self, code: &str, proof: &CodeProof, device: Device) -> Result<Login> {
        let code = Some(code).filter(|code| code.len() <= MAX_LENGTH).ok_or(Unauthenticated::LoginCode)?;
        let LoginCode { user_id, identity_id, binding } =
            self.take("code", code).await?.ok_or(Unauthenticated::LoginCode)?;
        if !self.is_meant(&binding, proof) {
            self.auth.note_failed_login(Some(user_id), device).await?;
            return Err(Unauthenticated::LoginCode.into());
        }
        let user = self.store.read().await?.users().find(user_id).await?.ok_or(Unauthenticated::LoginCode)?;
        self.auth.begin_session(user, device, LoginMethod::Identity(identity_id)).await
    }

    /// Digests are compared, so that no time that this takes tells how much of a guess was right.
    fn is_meant(&self, binding: &Binding, proof: &CodeProof) -> bool {
        let short = |secret: &Option<String>| secret.as_ref().filter(|it| it.len() <= MAX_LENGTH).cloned();
        match binding {
            Binding::Challenge(expected) => {
                short(&proof.code_verifier).is_some_and(|secret| self.secrets.digest(&secret).0 == *expected)
            }
            Binding::Browser(expected) => {
                short(&proof.browser_secret).is_some_and(|secret| self.digest(&secret) == *expected)
            }
        }
    }
}
