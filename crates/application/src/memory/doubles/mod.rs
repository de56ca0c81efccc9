//! Doubles of the ports that need no other server in production either, and all ports together.

mod blob_store;
mod clock;
mod content;
mod ids;
mod mail;
mod security;

use std::sync::Arc;

use plaza_domain::Clock;

pub use blob_store::MemoryBlobStore;
pub use clock::ManualClock;
pub use content::{AcceptingInspector, EscapingMarkup};
pub use ids::SequentialIds;
pub use mail::{MemoryMailer, PlainTemplates};
pub use security::{CountingSecrets, OpenUrlSigner, PlainPasswords, PlainTokens, PlainTotp};

use super::MemoryStore;
use crate::{
    Ports,
    in_process::{
        LocalBus, LocalGuessLimiter, LocalOneTimeStore, LocalPresence, LocalQueue, LocalRateLimiter,
    },
};

/// Every port, in memory, at a time that stands still.
pub fn ports() -> Ports {
    ports_with(Arc::new(ManualClock::default()))
}

/// Every port, in memory, at the time that `clock` tells.
pub fn ports_with(clock: Arc<dyn Clock>) -> Ports {
    Ports {
        store: Arc::new(MemoryStore::new(Arc::clone(&clock))),
        ids: Arc::new(SequentialIds::default()),
        bus: Arc::new(LocalBus::new()),
        queue: Arc::new(LocalQueue::new()),
        blobs: Arc::new(MemoryBlobStore::default()),
        passwords: Arc::new(PlainPasswords),
        access_tokens: Arc::new(PlainTokens::new(Arc::clone(&clock))),
        key_ring: None,
        identity_providers: Vec::new(),
        secrets: Arc::new(CountingSecrets::default()),
        totp: Arc::new(PlainTotp::default()),
        url_signer: Arc::new(OpenUrlSigner),
        mail_templates: Arc::new(PlainTemplates),
        mailer: Arc::new(MemoryMailer::default()),
        markup: Arc::new(EscapingMarkup),
        media: Arc::new(AcceptingInspector),
        scanner: None,
        limiter: Arc::new(LocalRateLimiter::new(Arc::clone(&clock))),
        guesses: Arc::new(LocalGuessLimiter::new(Arc::clone(&clock))),
        one_time: Arc::new(LocalOneTimeStore::new()),
        presence: Arc::new(LocalPresence::new()),
        clock,
    }
}
