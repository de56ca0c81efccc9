//! Who may do what: the one place where that is decided, by actor, action and resource.

use plaza_domain::{
    File, Member, MemberRole, Message, MessageKind, Room, RoomKind, SystemRole, Task, UserId,
};

use crate::{Actor, Error, Operator, Result};

/// What somebody wants to do with a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RoomAction {
    /// Know that it exists, its name, and who is in it.
    View,
    /// Read messages and changes.
    Read,
    /// Post, mark as read, tell that one is typing.
    Write,
    /// Become a member by oneself.
    Join,
    /// End one's membership.
    Leave,
    /// Change its name, description or privacy.
    Edit,
    /// Delete it.
    Delete,
    /// Make somebody else a member.
    AddMember,
    /// Remove a member who has that role.
    RemoveMember(MemberRole),
    /// Give a member another role.
    ChangeRole,
}

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

/// What somebody wants to do with an upload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileAction {
    /// Take it back, wherever it is shown.
    Delete,
}

/// What somebody wants to do with an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountAction {
    /// Keep its user out.
    Ban,
    /// Let its user in again.
    Unban,
}

/// Decides about an account. That accounts exist is no secret to anybody who is logged in.
///
/// # Errors
/// `Forbidden`.
pub fn authorize_account(actor: &Actor, action: AccountAction, user_id: UserId) -> Result<()> {
    match action {
        AccountAction::Ban | AccountAction::Unban if actor.role != SystemRole::Admin => {
            Err(Error::Forbidden("only the server's admins may ban users"))
        }
        AccountAction::Ban if actor.id() == user_id => Err(Error::Forbidden("nobody may ban themselves")),
        AccountAction::Ban | AccountAction::Unban => Ok(()),
    }
}

/// Decides whether somebody may look at the server as a whole and give orders about it.
///
/// # Errors
/// `Forbidden`.
pub fn authorize_operation(by: Operator<'_>) -> Result<()> {
    match by {
        Operator::User(actor) if actor.role != SystemRole::Admin => {
            Err(Error::Forbidden("only the server's admins may do this"))
        }
        Operator::User(_) | Operator::CommandLine => Ok(()),
    }
}

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

/// Decides about a room. `membership` is the actor's, also one that ended.
///
/// # Errors
/// `NotFound` when the actor may not know that the room exists, else `Forbidden`.
pub fn authorize_room(
    actor: &Actor,
    action: RoomAction,
    room: &Room,
    membership: Option<&Member>,
) -> Result<()> {
    let role = membership.filter(|member| member.is_present()).map(|member| member.role);
    if role.is_none() && !is_visible_to_outsiders(actor, room) {
        return Err(Error::NotFound("room"));
    }
    if room.kind == RoomKind::Direct && !is_for_both(action) {
        return Err(Error::Forbidden("a direct room stays as it is: its two users are in it for good"));
    }
    let is_moderator = actor.role == SystemRole::Admin && !room.is_private;
    let at_least = |least: MemberRole| role.is_some_and(|role| role >= least) || is_moderator;
    let allowed = match action {
        RoomAction::View | RoomAction::Join | RoomAction::Leave => true,
        RoomAction::Read | RoomAction::Write => role.is_some(),
        RoomAction::Edit | RoomAction::AddMember => at_least(MemberRole::Admin),
        RoomAction::Delete | RoomAction::ChangeRole => at_least(MemberRole::Owner),
        RoomAction::RemoveMember(MemberRole::Member) => at_least(MemberRole::Admin),
        RoomAction::RemoveMember(MemberRole::Admin | MemberRole::Owner) => at_least(MemberRole::Owner),
    };
    if allowed { Ok(()) } else { Err(Error::Forbidden(refusal(action))) }
}

/// Decides about a message of a room that the actor may read. `membership` is the actor's.
///
/// # Errors
/// `Forbidden`; `Conflict` when nobody may, because of what the message is.
pub fn authorize_message(
    actor: &Actor,
    action: MessageAction,
    message: &Message,
    room: &Room,
    membership: Option<&Member>,
) -> Result<()> {
    authorize_room(actor, RoomAction::Read, room, membership)?;
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

/// The most members that any of them may mention with `@room`.
pub const MAX_CALLED_MEMBERS: u64 = 50;

/// Whether a member with that role may mention everybody in a room of so many members.
pub fn may_mention_room(role: MemberRole, members: u64) -> bool {
    role >= MemberRole::Admin || members <= MAX_CALLED_MEMBERS
}

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

/// Decides whether one of its two users may write in a direct room: post, edit, react, pin, or tell that one is typing.
/// Taking back what one wrote is always possible.
///
/// # Errors
/// `Forbidden`, in words that do not tell what closed the room, and are the same for both.
pub fn authorize_direct_write(is_closed: bool) -> Result<()> {
    if is_closed { Err(Error::Forbidden("messages to this user cannot be sent")) } else { Ok(()) }
}

fn is_visible_to_outsiders(actor: &Actor, room: &Room) -> bool {
    !room.is_private && room.kind != RoomKind::Direct && actor.role != SystemRole::Guest
}

/// What may be done with a direct room at all, and by both.
const fn is_for_both(action: RoomAction) -> bool {
    matches!(action, RoomAction::View | RoomAction::Read | RoomAction::Write)
}

const fn refusal(action: RoomAction) -> &'static str {
    match action {
        RoomAction::View | RoomAction::Join | RoomAction::Leave => "you may not see this room",
        RoomAction::Read | RoomAction::Write => "only members of the room may do this: join it first",
        RoomAction::Edit => "only the room's admins may change it",
        RoomAction::Delete => "only the room's owners may delete it",
        RoomAction::AddMember => "only the room's admins may add members",
        RoomAction::RemoveMember(_) => "your role in the room does not allow you to remove this member",
        RoomAction::ChangeRole => "only the room's owners may change roles",
    }
}
