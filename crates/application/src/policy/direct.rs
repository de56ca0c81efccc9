//! Who may write in a direct room.

use crate::{Error, Result};

/// Decides whether one of its two users may write in a direct room: post, edit, react, pin, or tell that one is typing.
/// Taking back what one wrote is always possible.
///
/// # Errors
/// `Forbidden`, in words that do not tell what closed the room, and are the same for both.
pub fn authorize_direct_write(is_closed: bool) -> Result<()> {
    if is_closed { Err(Error::Forbidden("messages to this user cannot be sent")) } else { Ok(()) }
}
