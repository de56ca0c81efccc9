//! That an account got another handle.

use crate::{Timestamp, UserId, Username, UsernameChangeId};

/// That an account got another handle. For a while, nobody else can have the one before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsernameChange {
    /// Its id; later changes have greater ones.
    pub id: UsernameChangeId,
    /// Whose handle it is.
    pub user_id: UserId,
    /// What it was.
    pub old_username: Username,
    /// What it became.
    pub new_username: Username,
    /// When.
    pub changed_at: Timestamp,
}
