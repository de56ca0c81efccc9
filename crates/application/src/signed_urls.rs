//! Links to files that work without a login, for a short time: what an `<img>` needs, which sends no header.

use std::{sync::Arc, time::Duration};

use chrono::DateTime;
use plaza_domain::{Clock, FileId, InvalidInput, Timestamp, VariantName};

use crate::{Actor, Content, Error, FileService, Ports, Result, ports::UrlSigner};

/// How long a link works when nobody says.
pub const DEFAULT_LINK_TTL: Duration = Duration::from_secs(5 * 60);
const MIN_TTL: Duration = Duration::from_secs(5 * 60);
const MAX_TTL: Duration = Duration::from_secs(15 * 60);
/// Links are made to end at full minutes: a page that asks for the same link again gets the same, and its cache works.
const GRAIN_SECONDS: i64 = 60;

/// Which bytes of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FilePart {
    /// As it was uploaded.
    Original,
    /// A derived image.
    Variant(VariantName),
}

impl FilePart {
    /// The word for it in links.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Original => "original",
            Self::Variant(name) => name.as_str(),
        }
    }
}

/// What a link says: reading these bytes (`GET` and `HEAD`) is allowed until then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedLink {
    /// The file.
    pub file_id: FileId,
    /// Which of its bytes.
    pub part: FilePart,
    /// Until when.
    pub expires_at: Timestamp,
    /// That the server said so.
    pub signature: String,
}

/// Where a link leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkedContent {
    /// The bytes.
    pub content: Content,
    /// How long the link still works.
    pub ends_in: Duration,
}

/// Signs links to files, and opens what they lead to.
pub struct SignedUrlService {
    files: Arc<FileService>,
    signer: Arc<dyn UrlSigner>,
    clock: Arc<dyn Clock>,
}

impl SignedUrlService {
    pub(crate) fn new(ports: &Ports, files: Arc<FileService>) -> Self {
        Self { files, signer: Arc::clone(&ports.url_signer), clock: Arc::clone(&ports.clock) }
    }

    /// A link to bytes that the actor may see now; whoever has it may see them until it ends, 5 to 15 minutes from now:
    /// at a full minute, and so up to one later or, near the longest time, earlier than asked for.
    ///
    /// # Errors
    /// `Invalid` for another time; `NotFound` when the actor may not see the file, or it has no such variant (yet);
    /// `NotScanned`, `Infected`.
    pub async fn sign(
        &self,
        actor: &Actor,
        file_id: FileId,
        part: FilePart,
        ttl: Duration,
    ) -> Result<SignedLink> {
        if !(MIN_TTL..=MAX_TTL).contains(&ttl) {
            let (min, max) = (MIN_TTL.as_secs(), MAX_TTL.as_secs());
            return Err(InvalidInput::single("expires_in", format!("must be {min} to {max} seconds")).into());
        }
        match part {
            FilePart::Original => self.files.content(actor, file_id).await?,
            FilePart::Variant(name) => self.files.variant(actor, file_id, name).await?,
        };
        let end = end_of(self.clock.now(), ttl);
        let expires_at = DateTime::from_timestamp(end, 0)
            .ok_or_else(|| Error::Internal("the clock shows no time".into()))?;
        let signature = self.signer.sign(&statement(file_id, part, end));
        Ok(SignedLink { file_id, part, expires_at, signature })
    }

    /// What a link leads to; `expires` is in seconds since 1970.
    ///
    /// # Errors
    /// `Forbidden` when the server did not sign it or it has ended; `NotFound` when the file is gone; `Infected`.
    pub async fn open(
        &self,
        file_id: FileId,
        part: FilePart,
        expires: i64,
        signature: &str,
    ) -> Result<LinkedContent> {
        if !self.signer.verify(&statement(file_id, part, expires), signature) {
            return Err(Error::Forbidden("this link is not one that the server gave"));
        }
        // Told only to those who hold a link that was good.
        let ended = || Error::Forbidden("this link has ended: ask for a new one");
        let end = DateTime::from_timestamp(expires, 0).ok_or_else(ended)?;
        let ends_in = (end - self.clock.now()).to_std().map_err(|_| ended())?;
        if ends_in.is_zero() {
            return Err(ended());
        }
        Ok(LinkedContent { content: self.files.content_for_link(file_id, part).await?, ends_in })
    }
}

/// The full minute after `ttl`, in seconds since 1970, or the last one that is no later than the longest time.
fn end_of(now: Timestamp, ttl: Duration) -> i64 {
    let seconds = |ttl: Duration| i64::try_from(ttl.as_secs()).unwrap_or(i64::MAX);
    let begun = i64::from(now.timestamp_subsec_nanos() > 0);
    let now = now.timestamp();
    let latest = now.saturating_add(seconds(MAX_TTL)).div_euclid(GRAIN_SECONDS) * GRAIN_SECONDS;
    let wanted = now.saturating_add(begun + seconds(ttl) + GRAIN_SECONDS - 1).div_euclid(GRAIN_SECONDS)
        * GRAIN_SECONDS;
    wanted.min(latest)
}

/// What is signed: nothing in it can be taken for something else.
fn statement(file_id: FileId, part: FilePart, expires: i64) -> String {
    format!("GET\n{file_id}\n{}\n{expires}", part.as_str())
}
