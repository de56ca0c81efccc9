//! Who may take part: where the operator wants proved addresses, nobody does without one.

use crate::{Actor, Error, Result};

/// Decides whether the actor may post and edit messages, react to them, upload, open rooms, and ask others to be friends.
/// What is there they may read and join, and what others ask of them answer, whatever else allows it.
///
/// # Errors
/// `EmailNotVerified`.
pub fn authorize_participation(actor: &Actor) -> Result<()> {
    if actor.must_verify_email { Err(Error::EmailNotVerified) } else { Ok(()) }
}
