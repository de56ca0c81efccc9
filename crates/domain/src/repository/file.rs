//! Uploads and their variants.

use async_trait::async_trait;

use super::Result;
use crate::{File, FileId, FilePlace, FileText, Timestamp, UserId, Variant, VariantName};

/// Stores uploads.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait FileRepository: Send {
    /// Stores a new upload.
    async fn insert(&mut self, file: &File) -> Result<()>;

    /// The upload with that id, unless it was deleted.
    async fn find(&mut self, id: FileId) -> Result<Option<File>>;

    /// The upload with that id, also when it was deleted. Nobody else changes it before this transaction ends.
    async fn lock(&mut self, id: FileId) -> Result<Option<File>>;

    /// Those of these uploads that exist and were not deleted, in one query. None of them is deleted before this
    /// transaction ends.
    async fn find_many(&mut self, ids: &[FileId]) -> Result<Vec<File>>;

    /// Stores an upload's status, failure, measures and `updated_at`.
    ///
    /// # Errors
    /// `NotFound` when there is no such upload, or it was deleted.
    async fn update(&mut self, file: &File) -> Result<()>;

    /// Marks an upload as deleted, and removes its variants and words. The references of both to their contents are the
    /// caller's to release.
    ///
    /// # Errors
    /// `NotFound` when there is no such upload, or it was deleted before.
    async fn delete(&mut self, id: FileId, at: Timestamp) -> Result<()>;

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

    /// Uploads, but for archives of accounts, that were made before a time and not deleted, the oldest first, at most `limit`, after a place.
    async fn list_kept(
        &mut self,
        before: Timestamp,
        after: Option<FilePlace>,
        limit: u64,
    ) -> Result<Vec<FilePlace>>;

    /// Those of these uploads that a message in a room shows, neither of them deleted, or that are somebody's avatar.
    async fn shown(&mut self, ids: &[FileId]) -> Result<Vec<FileId>>;

    /// Removes the rows of deleted uploads that no message names, at most `limit`, and returns how many.
    async fn forget_deleted(&mut self, limit: u64) -> Result<u64>;

    /// Whether a message that is not deleted shows the upload in a room, not deleted either, that the user is in now.
    async fn is_shared_with(&mut self, id: FileId, user_id: UserId) -> Result<bool>;
}
