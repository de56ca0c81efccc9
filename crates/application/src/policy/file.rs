//! Who may do what with uploads.

use plaza_domain::{SystemRole, UserId};

use crate::{Actor, Error, Result};

/// What somebody wants to do with an upload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileAction {
    /// See what it is, its bytes and what was made of it, and pass links to it on.
    Read,
    /// Take it back, wherever it is shown.
    Delete,
}

/// Decides about an upload of that user's. `is_shared` is whether the actor sees it in a room.
///
/// # Errors
/// `NotFound` when the actor may not know that the upload exists, else `Forbidden`.
pub fn authorize_file(actor: &Actor, action: FileAction, owner_id: UserId, is_shared: bool) -> Result<()> {
    let is_owner = owner_id == actor.id();
    match action {
        FileAction::Read if is_owner || is_shared => Ok(()),
        FileAction::Delete if is_owner || actor.role == SystemRole::Admin => Ok(()),
        FileAction::Delete if is_shared => Err(Error::Forbidden("only its owner may delete a file")),
        FileAction::Read | FileAction::Delete => Err(Error::NotFound("file")),
    }
}
