//! `[auth]`: passwords and tokens.

use std::time::Duration;

use plaza_application::{AuthSettings, RegistrationMode, SecondFactorRule};
use plaza_domain::SystemRole;
use serde::Deserialize;

use super::{Problem, SecretText};

/// In seconds.
const DAY: u64 = 24 * 60 * 60;

/// How access tokens are signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum TokenAlgorithm {
    /// With Ed25519 keys (RFC 8037): others can check tokens, and keys can be rotated.
    EdDSA,
    /// With a key that follows from `auth.secret`.
    HS256,
}

/// Passwords and tokens.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AuthConfig {
    /// What seals the keys of tokens and peppers passwords; at least 32 bytes. Without it one is made on the
    /// first start and kept in the data folder. Changing it makes all passwords useless.
    pub secret: Option<SecretText>,
    /// Who signs access tokens (`iss`).
    pub issuer: String,
    /// For whom they are (`aud`).
    pub audience: String,
    /// How long an access token works, in seconds.
    pub access_ttl_seconds: u64,
    /// How long a refresh token works, in seconds.
    pub refresh_ttl_seconds: u64,
    /// How long a session lasts, however often it is refreshed, in days.
    pub session_lifetime_days: u64,
    /// How access tokens are signed.
    pub algorithm: TokenAlgorithm,
    /// How long a new signing key is known before it signs, in seconds.
    pub key_announcement_seconds: u64,
    /// Who has to set up a second factor: `nobody`, `admins` or `everybody`.
    pub require_second_factor: SecondFactorRule,
    /// What who registers may do on the server: `member` or `guest`. The first is its admin.
    pub default_role: SystemRole,
    /// How slow hashing a password is: each step doubles it.
    pub bcrypt_cost: u32,
    /// Whether users have to prove their address before they post, react, upload, open rooms, or ask to be friends.
    pub require_verified_email: bool,
    /// Who may make an account for themselves; the first one anybody can.
    pub registration: RegistrationMode,
}

impl Default for AuthConfig {
    fn default() -> Self {
        let settings = AuthSettings::default();
        Self {
            secret: None,
            issuer: "plaza".to_owned(),
            audience: "plaza".to_owned(),
            access_ttl_seconds: settings.access_ttl.as_secs(),
            refresh_ttl_seconds: settings.refresh_ttl.as_secs(),
            session_lifetime_days: settings.session_lifetime.as_secs() / DAY,
            algorithm: TokenAlgorithm::EdDSA,
            key_announcement_seconds: settings.key_announcement.as_secs(),
            require_second_factor: settings.require_second_factor,
            default_role: settings.default_role,
            bcrypt_cost: 12,
            require_verified_email: settings.require_verified_email,
            registration: settings.registration,
        }
    }
}

impl AuthConfig {
    /// The part that the services need.
    pub(crate) fn settings(&self) -> AuthSettings {
        AuthSettings {
            access_ttl: Duration::from_secs(self.access_ttl_seconds),
            refresh_ttl: Duration::from_secs(self.refresh_ttl_seconds),
            session_lifetime: Duration::from_secs(self.session_lifetime_days * DAY),
            key_announcement: Duration::from_secs(self.key_announcement_seconds),
            require_verified_email: self.require_verified_email,
            require_second_factor: self.require_second_factor,
            default_role: self.default_role,
            registration: self.registration,
        }
    }

    pub(super) fn validate(&self, problems: &mut Vec<Problem>) {
        if self.secret.as_ref().is_some_and(|secret| secret.expose().len() < 32) {
            problems.push(Problem::new("auth.secret", "must be at least 32 bytes long"));
        }
        for (key, value) in [("auth.issuer", &self.issuer), ("auth.audience", &self.audience)] {
            if value.is_empty() {
                problems.push(Problem::new(key, "must not be empty"));
            }
        }
        if !(60..=86_400).contains(&self.access_ttl_seconds) {
            problems.push(Problem::new("auth.access_ttl_seconds", "must be 60 to 86400"));
        }
        // Ten years: beyond that, adding it to a date is asking for trouble.
        if !(self.access_ttl_seconds..=315_360_000).contains(&self.refresh_ttl_seconds) {
            let rule = "must be at least auth.access_ttl_seconds and at most 315360000";
            problems.push(Problem::new("auth.refresh_ttl_seconds", rule));
        }
        if !(1..=3_650).contains(&self.session_lifetime_days) {
            problems.push(Problem::new("auth.session_lifetime_days", "must be 1 to 3650"));
        }
        if !(5..=86_400).contains(&self.key_announcement_seconds) {
            problems.push(Problem::new("auth.key_announcement_seconds", "must be 5 to 86400"));
        }
        if self.default_role == SystemRole::Admin {
            problems.push(Problem::new("auth.default_role", "must be member or guest"));
        }
        if !(4..=16).contains(&self.bcrypt_cost) {
            problems.push(Problem::new("auth.bcrypt_cost", "must be 4 to 16"));
        }
    }
}
