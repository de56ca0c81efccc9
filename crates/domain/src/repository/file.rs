//! Uploads and their variants.

use async_trait::async_trait;

use super::Result;
use crate::{File, FileId, FileText, UserId, Variant, VariantName};

/// Stores uploads.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait FileRepository: Send {
    /// Stores a new upload.
    async fn insert(&mut self, file: &File) -> Result<()>;

    /// The upload with that id.
    async fn find(&mut self, id: FileId) -> Result<Option<File>>;

    /// Those of these uploads that exist, in one query.
    async fn find_many(&mut self, ids: &[FileId]) -> Result<Vec<File>>;

    /// Stores an upload's status, failure, measures and `updated_at`.
    ///
    /// # Errors
    /// `NotFound` when there is no such upload.
    async fn update(&mut self, file: &File) -> Result<()>;

    /// Stores a variant, in place of an older one with the same name.
    async fn save_variant(&mut self, variant: &Variant) -> Result<()>;

    /// An upload's variants, by name.
    async fn variants(&mut self, id: FileId) -> Result<Vec<Variant>>;

    /// One variant of an upload.
    async fn find_variant(&mut self, id: FileId, name: VariantName) -> Result<Option<Variant>>;

    /// Stores the words of an upload, in place of older ones.
    async fn save_text(&mut self, text: &FileText) -> Result<()>;

    /// The words of an upload.
    async fn find_text(&mut self, id: FileId) -> Result<Option<FileText>>;

    /// Whether a message that is not deleted shows the upload in a room, not deleted either, that the user is in now.
    async fn is_shared_with(&mut self, id: FileId, user_id: UserId) -> Result<bool>;
}
