//! Links to files that work without a login, for a short time: what an `<img>` needs, which sends no header.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta};
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

    /// A link to bytes that the actor may see now; whoever has it may see them until it ends, 5 to 15 minutes and up
    /// to one more from now.
    ///
    /// # Errors
    /// `Invalid` for another time; `NotFound` when the actor may not see the file, or it has no such variant (yet).
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
        let ttl = TimeDelta::from_std(ttl).map_err(|error| Error::Internal(error.into()))?;
        let end = (self.clock.now() + ttl).timestamp();
        let end = end + (GRAIN_SECONDS - end % GRAIN_SECONDS) % GRAIN_SECONDS;
        let expires_at = DateTime::from_timestamp(end, 0)
            .ok_or_else(|| Error::Internal("the clock shows no time".into()))?;
        let signature = self.signer.sign(&statement(file_id, part, end));
        Ok(SignedLink { file_id, part, expires_at, signature })
    }

    /// What a link leads to; `expires` is in seconds since 1970.
    ///
    /// # Errors
    /// `Forbidden` when the server did not sign it or it has ended; `NotFound` when the file is gone.
    pub async fn open(
        &self,
        file_id: FileId,
        part: FilePart,
        expires: i64,
        signature: &str,
    ) -> Result<Content> {
        if !self.signer.verify(&statement(file_id, part, expires), signature) {
            return Err(Error::Forbidden("this link is not one that the server gave"));
        }
        if expires <= self.clock.now().timestamp() {
            return Err(Error::Forbidden("this link has ended: ask for a new one"));
        }
        self.files.content_for_link(file_id, part).await
    }
}

/// What is signed: nothing in it can be taken for something else.
fn statement(file_id: FileId, part: FilePart, expires: i64) -> String {
    format!("GET\n{file_id}\n{}\n{expires}", part.as_str())
}
