//! One OpenID provider: where it asks who somebody is, and what it answers.

use std::sync::Arc;

use async_trait::async_trait;
use openidconnect::{
    AuthType, AuthorizationCode, ClaimsVerificationError, ClientId, ClientSecret, CsrfToken, EndUserName,
    EndpointMaybeSet, EndpointNotSet, EndpointSet, IssuerUrl, LocalizedClaim, Nonce, OAuth2TokenResponse,
    PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, RequestTokenError, Scope, SignatureVerificationError,
    TokenResponse, UserInfoError,
    core::{
        CoreAuthenticationFlow, CoreClient, CoreClientAuthMethod, CoreErrorResponseType, CoreIdTokenClaims,
        CoreTokenResponse, CoreUserInfoClaims,
    },
};
use plaza_application::ports::{
    IdentityProvider, ProofRequest, ProofResponse, ProvenIdentity, ProviderError, ProviderInfo,
};
use plaza_domain::{Clock, Subject};

use super::{
    claims::Expected,
    fault::{unavailable, unproven, unproven_because},
    http::{HttpClientError, ProviderHttp, is_protected},
    metadata::{Metadata, MetadataCache},
};
use crate::config::SecretText;

type Client = CoreClient<
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// How a provider knows this server.
#[derive(Clone, Debug)]
pub struct OpenIdSettings {
    /// What is known of it without asking it.
    pub info: ProviderInfo,
    /// Where it is: the same text as the issuer.
    pub issuer: IssuerUrl,
    /// What it calls this server.
    pub client_id: String,
    /// What this server proves itself with; none for a public client.
    pub client_secret: Option<SecretText>,
    /// What it is asked to tell, besides who somebody is.
    pub scopes: Vec<String>,
    /// Where it sends browsers back to.
    pub redirect_url: RedirectUrl,
}

/// An OpenID provider, asked over HTTP. Nothing is asked before somebody wants to log in by it.
pub struct OpenIdProvider {
    settings: OpenIdSettings,
    client_id: ClientId,
    http: ProviderHttp,
    metadata: MetadataCache,
    clock: Arc<dyn Clock>,
}

impl OpenIdProvider {
    /// A provider that is not asked yet.
    ///
    /// # Errors
    /// When this machine lacks what TLS needs.
    pub fn new(settings: OpenIdSettings, clock: Arc<dyn Clock>) -> Result<Self, HttpClientError> {
        let http = ProviderHttp::new()?;
        let metadata = MetadataCache::new(settings.issuer.clone(), http.clone());
        let client_id = ClientId::new(settings.client_id.clone());
        Ok(Self { settings, client_id, http, metadata, clock })
    }

    fn client(&self, metadata: &Metadata) -> Client {
        let secret = self.settings.client_secret.as_ref();
        let secret = secret.map(|secret| ClientSecret::new(secret.expose().to_owned()));
        CoreClient::from_provider_metadata(metadata.clone(), self.client_id.clone(), secret)
            .set_redirect_uri(self.settings.redirect_url.clone())
            .set_auth_type(auth_type(metadata))
    }

    async fn exchange(
        &self,
        metadata: &Metadata,
        response: &ProofResponse,
    ) -> Result<CoreTokenResponse, ProviderError> {
        let code = AuthorizationCode::new(response.code.clone());
        let verifier = PkceCodeVerifier::new(response.code_verifier.clone());
        let client = self.client(metadata);
        let request = client.exchange_code(code).map_err(unavailable)?.set_pkce_verifier(verifier);
        request.request_async(&self.http).await.map_err(|error| match &error {
            // The code is made up, was used, or is another's.
            RequestTokenError::ServerResponse(answer)
                if *answer.error() == CoreErrorResponseType::InvalidGrant =>
            {
                unproven(error)
            }
            _ => unavailable(error),
        })
    }

    /// The address is often told only to those who ask for it with the access token.
    async fn told(
        &self,
        metadata: &Metadata,
        tokens: &CoreTokenResponse,
        claims: &CoreIdTokenClaims,
    ) -> Result<Option<CoreUserInfoClaims>, ProviderError> {
        if claims.email().is_some() || metadata.userinfo_endpoint().is_none() {
            return Ok(None);
        }
        let client = self.client(metadata);
        let subject = claims.subject().clone();
        let request = client.user_info(tokens.access_token().clone(), Some(subject)).map_err(unavailable)?;
        let told = request.request_async(&self.http).await;
        told.map(Some).map_err(|error| match &error {
            UserInfoError::ClaimsVerification(_) => unproven(error),
            _ => unavailable(error),
        })
    }
}

#[async_trait]
impl IdentityProvider for OpenIdProvider {
    fn info(&self) -> &ProviderInfo {
        &self.settings.info
    }

    async fn begin(&self, request: &ProofRequest) -> Result<String, ProviderError> {
        let metadata = self.metadata.get().await?;
        let verifier = PkceCodeVerifier::new(request.code_verifier.clone());
        let (state, nonce) = (CsrfToken::new(request.state.clone()), Nonce::new(request.nonce.clone()));
        let client = self.client(&metadata);
        let (url, ..) = client
            .authorize_url(CoreAuthenticationFlow::AuthorizationCode, || state, || nonce)
            .add_scopes(self.settings.scopes.iter().cloned().map(Scope::new))
            .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier))
            .url();
        if !is_protected(&url) {
            return Err(ProviderError::Unavailable("it would ask users who they are without TLS".into()));
        }
        Ok(url.into())
    }

    async fn check_sender(&self, issuer: Option<String>) -> Result<(), ProviderError> {
        let metadata = self.metadata.get().await?;
        let is_promised = metadata.additional_metadata().authorization_response_iss_parameter_supported;
        match issuer {
            Some(issuer) if issuer == self.settings.info.issuer.as_str() => Ok(()),
            None if !is_promised => Ok(()),
            Some(_) => Err(unproven_because("the answer comes from another provider (iss)")),
            None => Err(unproven_because("the answer does not tell whose it is (iss)")),
        }
    }

    async fn finish(&self, response: &ProofResponse) -> Result<ProvenIdentity, ProviderError> {
        let metadata = self.metadata.get().await?;
        let tokens = self.exchange(&metadata, response).await?;
        let token = tokens.id_token().ok_or_else(|| unproven_because("there is no ID token"))?;
        let mut expected = Expected {
            metadata,
            client_id: &self.client_id,
            nonce: &Nonce::new(response.nonce.clone()),
            access_token: tokens.access_token(),
            now: self.clock.now(),
        };
        let mut checked = expected.claims(token);
        if is_unknown_key(&checked)
            && let Some(renewed) = self.metadata.with_new_keys(&expected.metadata).await?
        {
            expected.metadata = renewed;
            checked = expected.claims(token);
        }
        let claims = checked.map_err(unproven)?;
        expected.check_party(token, claims)?;
        let told = self.told(&expected.metadata, &tokens, claims).await?;
        proven(claims, told.as_ref())
    }
}

/// The way in which the provider wants to see the secret; by default the one that everybody must know.
fn auth_type(metadata: &Metadata) -> AuthType {
    let ways = metadata.token_endpoint_auth_methods_supported();
    let knows = |way: &CoreClientAuthMethod| ways.is_some_and(|ways| ways.contains(way));
    if knows(&CoreClientAuthMethod::ClientSecretPost) && !knows(&CoreClientAuthMethod::ClientSecretBasic) {
        AuthType::RequestBody
    } else {
        AuthType::BasicAuth
    }
}

fn is_unknown_key<T>(checked: &Result<T, ClaimsVerificationError>) -> bool {
    let unknown = SignatureVerificationError::NoMatchingKey;
    matches!(checked, Err(ClaimsVerificationError::SignatureVerification(error)) if *error == unknown)
}

fn proven(
    claims: &CoreIdTokenClaims,
    told: Option<&CoreUserInfoClaims>,
) -> Result<ProvenIdentity, ProviderError> {
    let subject = Subject::parse(claims.subject().as_str());
    let subject =
        subject.map_err(|_| unproven_because("the ID token has no subject of 1 to 255 characters"))?;
    let email = claims.email().or(told.and_then(|told| told.email()));
    let is_email_verified = match claims.email() {
        Some(_) => claims.email_verified(),
        None => told.and_then(|told| told.email_verified()),
    };
    let username = claims.preferred_username().or(told.and_then(|told| told.preferred_username()));
    let name = first(claims.name()).or(told.and_then(|told| first(told.name())));
    Ok(ProvenIdentity {
        subject,
        email: email.map(|email| email.as_str().to_owned()),
        is_email_verified: is_email_verified == Some(true),
        preferred_username: username.map(|username| username.as_str().to_owned()),
        name,
    })
}

/// The name in no particular language, or else in any.
fn first(name: Option<&LocalizedClaim<EndUserName>>) -> Option<String> {
    let name = name?;
    let found = name.get(None).or_else(|| name.iter().next().map(|(_, name)| name));
    found.map(|name| name.as_str().to_owned())
}
