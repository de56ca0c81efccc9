//! Who may do what with uploads.

use plaza_domain::{File, SystemRole};

use crate::{Actor, Error, Result};

/// What somebody wants to do with an upload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileAction {
    /// Take it back, wherever it is shown.
    Delete,
}

/// Decides about an upload. `is_shared` is whether the actor sees it in a room.
///
/// # Errors
/// `NotFound` when the actor may not know that the upload exists, else `Forbidden`.
pub fn authorize_file(actor: &Actor, action: FileAction, file: &File, is_shared: bool) -> Result<()> {
    match action {
        FileAction::Delete if file.owner_id == actor.id() || actor.role == SystemRole::Admin => Ok(()),
        FileAction::Delete if is_shared => Err(Error::Forbidden("only its owner may delete a file")),
        FileAction::Delete => Err(Error::NotFound("file")),
    }
}
