//! What users' files take up, and which uploads are under way.

use async_trait::async_trait;
use chrono::TimeDelta;

use super::Result;
use crate::{Upload, UploadId, Usage, UserId};

/// Counts what users store. Who also changes files and contents counts after the files and before the contents, so that
/// no two wait for each other. Its times are the database's.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait UsageRepository: Send {
    /// What a user's files take up.
    async fn find(&mut self, user_id: UserId) -> Result<Usage>;

    /// Counts a file of that many bytes, in one conditional write. False, and nothing is counted, when the user's files
    /// would then take up more than `allowed`.
    async fn charge(&mut self, user_id: UserId, bytes: u64, allowed: Option<u64>) -> Result<bool>;

    /// Takes back a charge.
    ///
    /// # Errors
    /// `NotFound` when the user has no files that take up as much.
    async fn discharge(&mut self, user_id: UserId, bytes: u64) -> Result<()>;

    /// Notes that an upload is under way, for that long at most. False, and nothing is noted, when the user has
    /// `at_most` under way already.
    async fn begin_upload(&mut self, upload: Upload, lasts: TimeDelta, at_most: u64) -> Result<bool>;

    /// Notes that an upload is over; one that is not known (any more) is over already.
    async fn end_upload(&mut self, id: UploadId) -> Result<()>;

    /// Forgets uploads that lasted too long, at most `limit`, and returns how many.
    async fn forget_uploads(&mut self, limit: u64) -> Result<u64>;
}
