//! What concerns one user alone: logins, identities, uploads to be posted.

use plaza_domain::UserId;

use crate::{Error, Result};

/// Decides whether a user may use or change what belongs to its owner alone, and which is called `what`.
///
/// # Errors
/// `NotFound`: nobody else learns that it exists.
pub fn authorize_own(user_id: UserId, owner_id: UserId, what: &'static str) -> Result<()> {
    if user_id == owner_id { Ok(()) } else { Err(Error::NotFound(what)) }
}
