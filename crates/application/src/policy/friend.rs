//! Who may ask whom to be friends.

use plaza_domain::SystemRole;

use crate::{Actor, Error, Result};

/// Decides whether the actor may ask somebody to be their friend; `shares_room` is whether there is a room that both
/// are in. Who was asked may always answer.
///
/// # Errors
/// `Forbidden`.
pub fn authorize_friend_request(actor: &Actor, shares_room: bool) -> Result<()> {
    if actor.role == SystemRole::Guest && !shares_room {
        return Err(Error::Forbidden("guests ask those only whom they share a room with"));
    }
    Ok(())
}
