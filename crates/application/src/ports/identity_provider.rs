//! OpenID providers: others who know who somebody is.

use async_trait::async_trait;
use plaza_domain::{Issuer, Subject, SystemRole};
use thiserror::Error;

use super::BoxError;

/// What is known of a provider without asking it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderInfo {
    /// What the configuration calls it.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// What it calls itself.
    pub issuer: Issuer,
    /// Whether those it knows and who have no account get one.
    pub allows_registration: bool,
    /// What those may do on the server, if not the same as who registers.
    pub default_role: Option<SystemRole>,
    /// Whether an address that it has confirmed counts as confirmed here.
    pub trusts_email: bool,
}

/// What is sent along with somebody who is asked to prove to a provider who they are.
#[derive(Clone, PartialEq, Eq)]
pub struct ProofRequest {
    /// What the provider sends back with them (RFC 6749, section 4.1.1).
    pub state: String,
    /// What the provider puts into its ID token.
    pub nonce: String,
    /// What the provider is told the hash of, and shown when its answer is redeemed (RFC 7636).
    pub code_verifier: String,
}

/// What somebody came back with, and what they were sent with.
#[derive(Clone, PartialEq, Eq)]
pub struct ProofResponse {
    /// The authorization code.
    pub code: String,
    /// What was sent along as `nonce`.
    pub nonce: String,
    /// What was sent along as `code_verifier`.
    pub code_verifier: String,
}

/// Who a provider says that somebody is. But for the subject nothing of it is a name: it may change, and somebody else
/// may say the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProvenIdentity {
    /// What the provider calls them, for good.
    pub subject: Subject,
    /// Their address.
    pub email: Option<String>,
    /// Whether the provider has confirmed the address.
    pub is_email_verified: bool,
    /// What they like to be called by programs.
    pub preferred_username: Option<String>,
    /// What they are called by people.
    pub name: Option<String>,
}

/// Why a provider proves nothing.
#[derive(Debug, Error)]
pub enum ProviderError {
    /// It does not answer, or is out of order.
    #[error("the provider does not answer as it should")]
    Unavailable(#[source] BoxError),
    /// Its answer does not prove what it should, or it refuses the code.
    #[error("the provider's answer proves nothing")]
    Unproven(#[source] BoxError),
}

/// An OpenID provider (OpenID Connect Core 1.0).
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait IdentityProvider: Send + Sync {
    /// What is known of it without asking it.
    fn info(&self) -> &ProviderInfo;

    /// The URL to which somebody is sent to prove who they are.
    ///
    /// # Errors
    /// `Unavailable`.
    async fn begin(&self, request: &ProofRequest) -> Result<String, ProviderError>;

    /// Whether those who come back were sent by this provider and no other, by the `iss` that they bring (RFC 9207).
    ///
    /// # Errors
    /// `Unproven`; `Unavailable`.
    async fn check_sender(&self, issuer: Option<String>) -> Result<(), ProviderError>;

    /// Redeems what somebody came back with.
    ///
    /// # Errors
    /// `Unproven`; `Unavailable`.
    async fn finish(&self, response: &ProofResponse) -> Result<ProvenIdentity, ProviderError>;
}
