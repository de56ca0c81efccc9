//! Who may know what became of background work.

use plaza_domain::{SystemRole, Task};

use crate::{Actor, Error, Result};

/// Decides whether the actor may know what became of a task.
///
/// # Errors
/// `NotFound`.
pub fn authorize_task(actor: &Actor, task: &Task) -> Result<()> {
    if task.owner_id == Some(actor.id()) || actor.role == SystemRole::Admin {
        return Ok(());
    }
    Err(Error::NotFound("task"))
}
