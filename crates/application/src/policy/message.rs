//! Who may do what with messages.

use plaza_domain::{Member, MemberRole, Message, MessageKind, Room, RoomKind};

use super::room::{RoomAction, authorize_room};
use crate::{Actor, Error, Result};

/// What somebody wants to do with a message of a room that they may read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageAction {
    /// Change what it says.
    Edit,
    /// Make it a tombstone.
    Delete,
    /// React to it, or take a reaction back.
    React,
    /// Pin it to the room, or unpin it.
    Pin,
    /// Read what it said before its edits.
    ReadEdits,
}

/// Decides whether the actor may read the messages of a room, one of which they have named. `membership` is theirs.
///
/// # Errors
/// `NotFound`: whether there is such a message is told to nobody else.
pub fn authorize_reading(actor: &Actor, room: &Room, membership: Option<&Member>) -> Result<()> {
    authorize_room(actor, RoomAction::Read, room, membership).map_err(|_| Error::NotFound("message"))
}

/// Decides about a message. `membership` is the actor's in its room.
///
/// # Errors
/// `NotFound` when the actor may not read the room; `Forbidden`; `Conflict` when nobody may, because of what the message
/// is.
pub fn authorize_message(
    actor: &Actor,
    action: MessageAction,
    message: &Message,
    room: &Room,
    membership: Option<&Member>,
) -> Result<()> {
    authorize_reading(actor, room, membership)?;
    if message.kind == MessageKind::System && action != MessageAction::ReadEdits {
        return Err(Error::Forbidden("system messages stay as they are"));
    }
    let is_author = message.sender_id == actor.id();
    let is_admin = membership.is_some_and(|member| member.is_present() && member.role >= MemberRole::Admin);
    match action {
        MessageAction::Edit if !is_author => Err(Error::Forbidden("only its author may edit a message")),
        MessageAction::Delete if !is_author && !is_admin => {
            Err(Error::Forbidden("only its author and the room's admins may delete a message"))
        }
        MessageAction::Pin if !is_admin && room.kind != RoomKind::Direct => {
            Err(Error::Forbidden("only the room's admins may pin a message"))
        }
        MessageAction::ReadEdits if !is_author && !is_admin => {
            Err(Error::Forbidden("only its author and the room's admins may read what a message said before"))
        }
        MessageAction::Edit | MessageAction::React | MessageAction::Pin if message.is_deleted() => {
            Err(Error::Conflict("the message was deleted".to_owned()))
        }
        MessageAction::Edit
        | MessageAction::Delete
        | MessageAction::React
        | MessageAction::Pin
        | MessageAction::ReadEdits => Ok(()),
    }
}

/// The most members that any of them may mention with `@room`.
pub const MAX_CALLED_MEMBERS: u64 = 50;

/// Whether a member with that role may mention everybody in a room of so many members.
pub fn may_mention_room(role: MemberRole, members: u64) -> bool {
    role >= MemberRole::Admin || members <= MAX_CALLED_MEMBERS
}
