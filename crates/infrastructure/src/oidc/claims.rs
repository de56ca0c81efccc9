//! ID tokens: what they must say so that they prove something (OpenID Connect Core 1.0, section 3.1.3.7).

use std::{ops::Deref, sync::Arc};

use chrono::TimeDelta;
use openidconnect::{
    AccessToken, AccessTokenHash, ClaimsVerificationError, ClientId, IdTokenVerifier, Nonce,
    core::{CoreIdToken, CoreIdTokenClaims, CoreIdTokenVerifier, CoreJwsSigningAlgorithm},
};
use plaza_application::ports::ProviderError;
use plaza_domain::Timestamp;

use super::{
    fault::{unproven, unproven_because},
    metadata::Metadata,
};

/// By how much a provider's clock may differ.
const SKEW: TimeDelta = TimeDelta::seconds(60);
/// How long ago a token may have been made: it comes straight from the provider.
const MAX_AGE: TimeDelta = TimeDelta::minutes(10);

/// Those that prove who signed: none, and those whose key a provider shares with its clients, do not.
const ALGORITHMS: [CoreJwsSigningAlgorithm; 9] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha384,
    CoreJwsSigningAlgorithm::RsaSsaPssSha512,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
    CoreJwsSigningAlgorithm::EdDsa,
];

/// What a token must say, and who must have signed it.
pub(super) struct Expected<'a> {
    pub(super) metadata: Arc<Metadata>,
    pub(super) client_id: &'a ClientId,
    pub(super) nonce: &'a Nonce,
    pub(super) access_token: &'a AccessToken,
    pub(super) now: Timestamp,
}

impl Expected<'_> {
    fn verifier(&self) -> CoreIdTokenVerifier<'_> {
        let now = self.now;
        IdTokenVerifier::new_public_client(
            self.client_id.clone(),
            self.metadata.issuer().clone(),
            self.metadata.jwks().clone(),
        )
        .set_allowed_algs(ALGORITHMS)
        // Whether others are among those whom it is for is decided by `azp`.
        .set_other_audience_verifier_fn(|_| true)
        .set_time_fn(move || now - SKEW)
        .set_issue_time_verifier_fn(move |issued| {
            let is_near = now - MAX_AGE <= issued && issued <= now + SKEW;
            if is_near { Ok(()) } else { Err("it was not made just now".to_owned()) }
        })
    }

    /// What the token says, when its signature, issuer, audience, times and nonce are right.
    ///
    /// # Errors
    /// What is wrong with it; a key that is not known may be a new one.
    pub(super) fn claims<'t>(
        &self,
        token: &'t CoreIdToken,
    ) -> Result<&'t CoreIdTokenClaims, ClaimsVerificationError> {
        token.claims(&self.verifier(), self.nonce)
    }

    /// Whether the token was made for this client, and for this access token, as far as it says so.
    pub(super) fn check_party(
        &self,
        token: &CoreIdToken,
        claims: &CoreIdTokenClaims,
    ) -> Result<(), ProviderError> {
        let party = claims.authorized_party();
        let is_for_others = claims.audiences().len() > 1;
        if party.map_or(is_for_others, |party| party != self.client_id) {
            return Err(unproven_because("the ID token was made for another client (azp)"));
        }
        if let Some(expected) = claims.access_token_hash() {
            let verifier = self.verifier();
            let algorithm = token.signing_alg().map_err(unproven)?;
            let key = token.signing_key(&verifier).map_err(unproven)?;
            let found = AccessTokenHash::from_token(self.access_token, algorithm, key).map_err(unproven)?;
            if found.deref() != expected.deref() {
                return Err(unproven_because("the ID token belongs to another access token (at_hash)"));
            }
        }
        Ok(())
    }
}
