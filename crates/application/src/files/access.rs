//! Who may see a file, and where its bytes are.

use std::{ops::Range, time::Duration};

use plaza_domain::{File, FileId, FileName, FileText, ScanState, Sha256, Variant, VariantName};

use super::FileService;
use crate::{
    Actor, Error, FilePart, Result,
    acquaintances::find_for,
    policy::{FileAction, UserAction, authorize_file},
    ports::{ByteStream, DirectLink},
};

/// When to ask again for a file that waits for the scanner.
const SCAN_PAUSE: Duration = Duration::from_secs(5);

/// Bytes that the asker may see, and how to present them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content {
    /// What the file is called.
    pub name: FileName,
    /// What it is.
    pub media_type: String,
    /// Its length in bytes.
    pub size: u64,
    /// What it hashes to.
    pub sha256: Sha256,
    storage_key: String,
}

impl FileService {
    /// An upload and its variants.
    ///
    /// # Errors
    /// `NotFound` when the actor may not see it.
    pub async fn get(&self, actor: &Actor, id: FileId) -> Result<(File, Vec<Variant>)> {
        let file = self.visible(actor, id).await?;
        let variants = self.store.read().await?.files().variants(id).await?;
        Ok((file, variants))
    }

    /// An upload's own bytes.
    ///
    /// # Errors
    /// `NotFound` when the actor may not see it; `NotScanned`, `Infected`.
    pub async fn content(&self, actor: &Actor, id: FileId) -> Result<Content> {
        let file = self.visible(actor, id).await?;
        self.part(file, FilePart::Original).await
    }

    /// A derived image's bytes.
    ///
    /// # Errors
    /// `NotFound` when the actor may not see the file, or the variant is not there (yet); `NotScanned`, `Infected`.
    pub async fn variant(&self, actor: &Actor, id: FileId, name: VariantName) -> Result<Content> {
        let file = match self.visible(actor, id).await {
            Err(Error::NotFound(_)) => self.avatar(actor, id).await?,
            visible => visible?,
        };
        self.part(file, FilePart::Variant(name)).await
    }

    /// What a document says.
    ///
    /// # Errors
    /// `NotFound` when the actor may not see the file, or its words are not known (yet); `NotScanned`, `Infected`.
    pub async fn text(&self, actor: &Actor, id: FileId) -> Result<FileText> {
        may_be_read(&self.visible(actor, id).await?)?;
        self.store.read().await?.files().find_text(id).await?.ok_or(Error::NotFound("text"))
    }

    /// Bytes that a signed link leads to: who may see them was asked when it was signed.
    pub(crate) async fn content_for_link(&self, id: FileId, part: FilePart) -> Result<Content> {
        let file = self.store.read().await?.files().find(id).await?;
        let file = file.filter(|file| !file.is_deleted()).ok_or(Error::NotFound("file"))?;
        self.part(file, part).await
    }

    /// Reads bytes that were found before, or a part of them.
    ///
    /// # Errors
    /// `Unavailable`; also in the middle of the stream.
    pub async fn open(&self, content: &Content, range: Option<Range<u64>>) -> Result<ByteStream> {
        Ok(self.blobs.open(&content.storage_key, range).await?)
    }

    /// A URL by which a client gets these bytes without the server, where the object store gives out such.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn direct_url(&self, content: &Content, link: &DirectLink) -> Result<Option<String>> {
        Ok(self.blobs.direct_url(&content.storage_key, link).await?)
    }

    async fn visible(&self, actor: &Actor, id: FileId) -> Result<File> {
        let mut read = self.store.read().await?;
        let file = read.files().find(id).await?.filter(|file| !file.is_deleted());
        let file = file.ok_or(Error::NotFound("file"))?;
        let is_shared = file.owner_id != actor.id() && read.files().is_shared_with(id, actor.id()).await?;
        authorize_file(actor, FileAction::Read, file.owner_id, is_shared)?;
        Ok(file)
    }

    /// The upload, while it is its owner's picture: its variants are for everybody then who may see its owner.
    async fn avatar(&self, actor: &Actor, id: FileId) -> Result<File> {
        let mut read = self.store.read().await?;
        let file = read.files().find(id).await?.filter(|file| !file.is_deleted());
        let file = file.ok_or(Error::NotFound("file"))?;
        let owner = find_for(&mut *read, actor, UserAction::See, file.owner_id).await;
        let owner = owner.map_err(hide_owner)?;
        if owner.avatar_file_id == Some(id) { Ok(file) } else { Err(Error::NotFound("file")) }
    }

    /// The only way to the bytes of a file and of what was made of it.
    async fn part(&self, file: File, part: FilePart) -> Result<Content> {
        may_be_read(&file)?;
        let mut read = self.store.read().await?;
        let (media_type, sha256) = match part {
            FilePart::Original => (file.media_type, file.sha256),
            FilePart::Variant(name) => {
                let variant = read.files().find_variant(file.id, name).await?;
                let variant = variant.ok_or(Error::NotFound("variant"))?;
                (variant.media_type, variant.sha256)
            }
        };
        let blob = read.blobs().find(sha256).await?;
        let blob = blob.ok_or_else(|| Error::Internal(format!("blob {sha256} has no row").into()))?;
        Ok(Content { name: file.name, media_type, size: blob.size, sha256, storage_key: blob.storage_key })
    }
}

fn hide_owner(error: Error) -> Error {
    match error {
        Error::NotFound(_) => Error::NotFound("file"),
        other => other,
    }
}

/// Until the scanner has found a file clean, nobody is given anything of it, its owner included.
fn may_be_read(file: &File) -> Result<()> {
    match file.scan {
        ScanState::NotRequired | ScanState::Clean => Ok(()),
        ScanState::Pending => Err(Error::NotScanned { retry_after: SCAN_PAUSE }),
        ScanState::Infected => Err(Error::Infected),
    }
}
