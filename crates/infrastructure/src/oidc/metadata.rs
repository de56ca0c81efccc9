//! What providers say about themselves: where to ask them, and with which keys they sign. Read when it is first needed,
//! and again now and then.

use std::{sync::Arc, time::Duration};

use openidconnect::{
    AdditionalProviderMetadata, IssuerUrl, ProviderMetadata,
    core::{
        CoreAuthDisplay, CoreClaimName, CoreClaimType, CoreClientAuthMethod, CoreGrantType, CoreJsonWebKey,
        CoreJsonWebKeySet, CoreJweContentEncryptionAlgorithm, CoreJweKeyManagementAlgorithm,
        CoreResponseMode, CoreResponseType, CoreSubjectIdentifierType,
    },
};
use plaza_application::ports::ProviderError;
use serde::{Deserialize, Serialize};
use tokio::{sync::Mutex, time::Instant};

use super::{fault::unavailable, http::ProviderHttp};

/// How long it is good.
const GOOD_FOR: Duration = Duration::from_secs(60 * 60);
/// How long nobody asks again after no answer.
const PAUSE: Duration = Duration::from_secs(5);
/// How long no keys are asked for after some were read: tokens can name any key.
const KEY_PAUSE: Duration = Duration::from_secs(5);

/// What the library does not know (RFC 9207).
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(super) struct Extension {
    #[serde(default)]
    pub(super) authorization_response_iss_parameter_supported: bool,
}

impl AdditionalProviderMetadata for Extension {}

/// What a provider says about itself.
pub(super) type Metadata = ProviderMetadata<
    Extension,
    CoreAuthDisplay,
    CoreClientAuthMethod,
    CoreClaimName,
    CoreClaimType,
    CoreGrantType,
    CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm,
    CoreJsonWebKey,
    CoreResponseMode,
    CoreResponseType,
    CoreSubjectIdentifierType,
>;

#[derive(Default)]
struct State {
    known: Option<Arc<Metadata>>,
    /// When it was read.
    read_at: Option<Instant>,
    keys_read_at: Option<Instant>,
    failed_at: Option<Instant>,
}

/// What one provider says about itself, as far as it was asked.
pub(super) struct MetadataCache {
    issuer: IssuerUrl,
    http: ProviderHttp,
    /// Held while asking, so that many who need it are one question.
    state: Mutex<State>,
}

impl MetadataCache {
    pub(super) fn new(issuer: IssuerUrl, http: ProviderHttp) -> Self {
        Self { issuer, http, state: Mutex::default() }
    }

    /// What it says, or said within the last hour; or before that, when it does not answer now.
    pub(super) async fn get(&self) -> Result<Arc<Metadata>, ProviderError> {
        let mut state = self.state.lock().await;
        if let Some(known) = &state.known
            && is_recent(state.read_at, GOOD_FOR)
        {
            return Ok(Arc::clone(known));
        }
        if is_recent(state.failed_at, PAUSE) {
            let words = "it did not answer some seconds ago, and is not asked again yet";
            return state.known.clone().ok_or_else(|| ProviderError::Unavailable(words.into()));
        }
        let answer = Metadata::discover_async(self.issuer.clone(), &self.http).await;
        let now = Instant::now();
        match answer {
            Ok(metadata) => {
                let metadata = Arc::new(metadata);
                *state = State {
                    known: Some(Arc::clone(&metadata)),
                    read_at: Some(now),
                    keys_read_at: Some(now),
                    failed_at: None,
                };
                Ok(metadata)
            }
            Err(error) => {
                state.failed_at = Some(now);
                let error = unavailable(error);
                let Some(known) = state.known.clone() else { return Err(error) };
                tracing::warn!(oidc.issuer = self.issuer.as_str(), error = ?error, "a provider does not say where it is");
                Ok(known)
            }
        }
    }

    /// The same as `old`, which lacks a key, with keys that were read after those; none when those were read a moment ago.
    pub(super) async fn with_new_keys(
        &self,
        old: &Arc<Metadata>,
    ) -> Result<Option<Arc<Metadata>>, ProviderError> {
        let mut state = self.state.lock().await;
        let Some(known) = state.known.clone() else { return Ok(None) };
        // Somebody else may have missed the same key a moment ago.
        if !Arc::ptr_eq(&known, old) {
            return Ok(Some(known));
        }
        if is_recent(state.keys_read_at, KEY_PAUSE) {
            return Ok(None);
        }
        state.keys_read_at = Some(Instant::now());
        let keys = CoreJsonWebKeySet::fetch_async(known.jwks_uri(), &self.http).await.map_err(unavailable)?;
        let renewed = Arc::new((*known).clone().set_jwks(keys));
        state.known = Some(Arc::clone(&renewed));
        Ok(Some(renewed))
    }
}

fn is_recent(moment: Option<Instant>, within: Duration) -> bool {
    moment.is_some_and(|moment| moment.elapsed() < within)
}

#[cfg(test)]
mod tests {
    use plaza_application::ports::BoxError;
    use serde_json::json;

    use super::*;

    fn metadata() -> Result<Arc<Metadata>, serde_json::Error> {
        let said = json!({
            "issuer": "https://id.example.org", "authorization_endpoint": "https://id.example.org/authorize",
            "jwks_uri": "https://id.example.org/jwks", "response_types_supported": ["code"],
            "subject_types_supported": ["public"], "id_token_signing_alg_values_supported": ["EdDSA"],
        });
        serde_json::from_value(said).map(Arc::new)
    }

    #[tokio::test]
    async fn who_misses_a_key_that_somebody_else_has_just_read_gets_it() -> Result<(), BoxError> {
        let issuer = IssuerUrl::new("https://id.example.org".to_owned())?;
        let cache = MetadataCache::new(issuer, ProviderHttp::new()?);
        let (old, renewed) = (metadata()?, metadata()?);
        *cache.state.lock().await = State {
            known: Some(Arc::clone(&renewed)),
            keys_read_at: Some(Instant::now()),
            ..State::default()
        };
        let found = cache.with_new_keys(&old).await?;
        assert!(found.is_some_and(|found| Arc::ptr_eq(&found, &renewed)));
        assert!(cache.with_new_keys(&renewed).await?.is_none(), "nobody is asked again so soon");
        Ok(())
    }
}
