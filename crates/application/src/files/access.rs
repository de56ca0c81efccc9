//! Who may see a file, and where its bytes are.

use std::ops::Range;

use plaza_domain::{File, FileId, FileName, FileText, Sha256, Variant, VariantName};

use super::FileService;
use crate::{Actor, Error, FilePart, Result, ports::ByteStream};

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
    /// `NotFound` when the actor may not see it.
    pub async fn content(&self, actor: &Actor, id: FileId) -> Result<Content> {
        let file = self.visible(actor, id).await?;
        self.locate(file.name, file.media_type, file.sha256).await
    }

    /// A derived image's bytes.
    ///
    /// # Errors
    /// `NotFound` when the actor may not see the file, or the variant is not there (yet).
    pub async fn variant(&self, actor: &Actor, id: FileId, name: VariantName) -> Result<Content> {
        let file = match self.visible(actor, id).await {
            Err(Error::NotFound(_)) => self.avatar(id).await?,
            visible => visible?,
        };
        self.locate_variant(file, name).await
    }

    /// What a document says.
    ///
    /// # Errors
    /// `NotFound` when the actor may not see the file, or its words are not known (yet).
    pub async fn text(&self, actor: &Actor, id: FileId) -> Result<FileText> {
        self.visible(actor, id).await?;
        self.store.read().await?.files().find_text(id).await?.ok_or(Error::NotFound("text"))
    }

    /// Bytes that a signed link leads to: who may see them was asked when it was signed.
    pub(crate) async fn content_for_link(&self, id: FileId, part: FilePart) -> Result<Content> {
        let file = self.store.read().await?.files().find(id).await?.ok_or(Error::NotFound("file"))?;
        match part {
            FilePart::Original => self.locate(file.name, file.media_type, file.sha256).await,
            FilePart::Variant(name) => self.locate_variant(file, name).await,
        }
    }

    /// Reads bytes that were found before, or a part of them.
    ///
    /// # Errors
    /// `Unavailable`; also in the middle of the stream.
    pub async fn open(&self, content: &Content, range: Option<Range<u64>>) -> Result<ByteStream> {
        Ok(self.blobs.open(&content.storage_key, range).await?)
    }

    async fn visible(&self, actor: &Actor, id: FileId) -> Result<File> {
        let mut read = self.store.read().await?;
        let file = read.files().find(id).await?.ok_or(Error::NotFound("file"))?;
        if file.owner_id == actor.id() || read.files().is_shared_with(id, actor.id()).await? {
            return Ok(file);
        }
        Err(Error::NotFound("file"))
    }

    /// The upload, while it is its owner's picture: its variants are for everybody then.
    async fn avatar(&self, id: FileId) -> Result<File> {
        let mut read = self.store.read().await?;
        let file = read.files().find(id).await?.filter(|file| file.deleted_at.is_none());
        let file = file.ok_or(Error::NotFound("file"))?;
        let owner = read.users().find(file.owner_id).await?;
        if owner.is_some_and(|owner| owner.avatar_file_id == Some(id)) {
            return Ok(file);
        }
        Err(Error::NotFound("file"))
    }

    async fn locate_variant(&self, file: File, name: VariantName) -> Result<Content> {
        let variant = self.store.read().await?.files().find_variant(file.id, name).await?;
        let variant = variant.ok_or(Error::NotFound("variant"))?;
        self.locate(file.name, variant.media_type, variant.sha256).await
    }

    async fn locate(&self, name: FileName, media_type: String, sha256: Sha256) -> Result<Content> {
        let blob = self.store.read().await?.blobs().find(sha256).await?;
        let blob = blob.ok_or_else(|| Error::Internal(format!("blob {sha256} has no row").into()))?;
        Ok(Content { name, media_type, size: blob.size, sha256, storage_key: blob.storage_key })
    }
}
