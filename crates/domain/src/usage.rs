//! What users' files take up.

use crate::{UploadId, UserId};

/// What a user's files take up, each with its full size, whether others have the same content or not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// All of them together, in bytes.
    pub bytes: u64,
    /// How many there are.
    pub files: u64,
}

/// An upload that is under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Upload {
    /// Its id; that of the file is another.
    pub id: UploadId,
    /// Who uploads.
    pub user_id: UserId,
}
