//! Who may write to whom.

use plaza_domain::SystemRole;

use crate::{Actor, Error, Result};

/// How the actor knows somebody else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Acquaintance {
    /// Whether there is a room that both are in.
    pub shares_room: bool,
    /// Whether they are friends.
    pub are_friends: bool,
}

/// Decides whether the actor may open a direct room with somebody.
///
/// # Errors
/// `Forbidden`.
pub fn authorize_direct_room(actor: &Actor, acquaintance: Acquaintance) -> Result<()> {
    let Acquaintance { shares_room, are_friends } = acquaintance;
    if actor.role == SystemRole::Guest && !shares_room && !are_friends {
        return Err(Error::Forbidden("guests write to friends, and to those whom they share a room with"));
    }
    Ok(())
}

/// Decides whether one of its two users may write in a direct room: post, edit, react, pin, or tell that one is typing.
/// Taking back what one wrote is always possible.
///
/// # Errors
/// `Forbidden`, in words that do not tell what closed the room, and are the same for both.
pub fn authorize_direct_write(is_closed: bool) -> Result<()> {
    if is_closed { Err(Error::Forbidden("messages to this user cannot be sent")) } else { Ok(()) }
}
