//! Who may know what became of background work.

use plaza_domain::{SystemRole, UserId};

use crate::{Actor, Error, Result};

/// Decides whether the actor may know what became of a task, which is done for that user, or for nobody.
///
/// # Errors
/// `NotFound`.
pub fn authorize_task(actor: &Actor, owner_id: Option<UserId>) -> Result<()> {
    if owner_id == Some(actor.id()) || actor.role == SystemRole::Admin {
        return Ok(());
    }
    Err(Error::NotFound("task"))
}
