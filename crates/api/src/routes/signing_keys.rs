//! `/.well-known/jwks.json`: with which keys others check access tokens.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use plaza_application::ports::PublicKey;
use poem::web::Data;
use poem_openapi::{ApiResponse, Object, OpenApi};
use serde::Serialize;

use super::Tags;
use crate::{json::Json, problem::ApiError, state::AppState};

/// A key that checks signatures (RFC 7517 and RFC 8037).
#[derive(Object, Serialize)]
pub(crate) struct SigningKeyView {
    /// The type of the key: always `OKP`.
    kty: String,
    /// The curve: always `Ed25519`.
    crv: String,
    /// What it is for: always `sig`.
    #[oai(rename = "use")]
    #[serde(rename = "use")]
    usage: String,
    /// The algorithm of the signatures: always `EdDSA`.
    alg: String,
    /// What tokens name it by.
    kid: String,
    /// The key itself, as base64url.
    x: String,
}

impl From<PublicKey> for SigningKeyView {
    fn from(PublicKey { kid, public_key }: PublicKey) -> Self {
        Self {
            kty: "OKP".to_owned(),
            crv: "Ed25519".to_owned(),
            usage: "sig".to_owned(),
            alg: "EdDSA".to_owned(),
            kid,
            x: BASE64_URL_SAFE_NO_PAD.encode(public_key),
        }
    }
}

/// All keys that check access tokens at the moment.
#[derive(Object, Serialize)]
pub(crate) struct SigningKeySetView {
    /// The keys; none when tokens are signed with a secret one.
    keys: Vec<SigningKeyView>,
}

#[derive(ApiResponse)]
pub(crate) enum SigningKeys {
    /// The keys.
    #[oai(status = 200)]
    Found(
        Json<SigningKeySetView>,
        /// How long they may be kept: a key that signs later is announced before
        #[oai(header = "Cache-Control")]
        String,
    ),
}

pub(crate) struct SigningKeysApi;

#[OpenApi(tag = "Tags::Auth")]
impl SigningKeysApi {
    /// Get the keys that check access tokens
    ///
    /// For other services that are given access tokens of this server. The header of a token names its key by `kid`; who
    /// does not find it asks again. A key is here before it signs, and for as long as tokens that it signed may be about.
    /// Also at `/.well-known/jwks.json`.
    #[oai(path = "/.well-known/jwks.json", method = "get", operation_id = "get_signing_keys")]
    async fn list(&self, Data(state): Data<&AppState>) -> Result<SigningKeys, ApiError> {
        let service = &state.services.signing_keys;
        let keys = service.published().into_iter().map(SigningKeyView::from).collect();
        let cache = format!("public, max-age={}", service.publication_ttl().as_secs());
        Ok(SigningKeys::Found(Json(SigningKeySetView { keys }), cache))
    }
}
