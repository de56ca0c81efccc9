//! What the services need besides a database, as object-safe traits.

mod authenticator;
mod blobs;
mod bus;
mod content;
mod guesses;
mod identity_provider;
mod key_ring;
mod mailer;
mod one_time;
mod presence;
mod queue;
mod rate_limiter;
mod scanner;
mod security;

pub use authenticator::{NewTotpSecret, TotpCodes};
pub use blobs::{BlobError, BlobStore, BlobWriter, ByteStream, DirectLink, ListedObject, StoredObject};
pub use bus::{Delivery, EventBus, EventStream};
pub use content::{Markup, MediaInspector, MediaType, Refusal};
pub use guesses::{GUESS_MEMORY, GuessLimiter, guess_delay};
pub use identity_provider::{
    IdentityProvider, ProofRequest, ProofResponse, ProvenIdentity, ProviderError, ProviderInfo,
};
pub use key_ring::{KeyRing, NewKey, PublicKey};
pub use mailer::{Letter, Mail, MailContent, MailError, MailTemplates, Mailer};
pub use one_time::{OneTimeStore, OneTimeStoreError};
pub use presence::{Departure, MAX_CONNECTIONS, PresenceStore, PresenceStoreError, Report, Share, Standing};
pub use queue::{QueueError, TaskQueue, WakeUp};
pub use rate_limiter::{Quota, RateDecision, RateLimiter};
pub use scanner::{ScanError, Scanner, Verdict};
pub use security::{
    AccessClaims, AccessTokens, Judgement, PasswordHasher, Secrets, TokenRejection, UrlSigner,
};

#[cfg(feature = "mocks")]
pub use self::{
    authenticator::MockTotpCodes,
    blobs::MockBlobStore,
    bus::MockEventBus,
    content::{MockMarkup, MockMediaInspector},
    guesses::MockGuessLimiter,
    identity_provider::MockIdentityProvider,
    key_ring::MockKeyRing,
    mailer::{MockMailTemplates, MockMailer},
    one_time::MockOneTimeStore,
    presence::MockPresenceStore,
    queue::MockTaskQueue,
    rate_limiter::MockRateLimiter,
    scanner::MockScanner,
    security::{MockAccessTokens, MockPasswordHasher, MockSecrets, MockUrlSigner},
};

/// A cause of any type.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;
