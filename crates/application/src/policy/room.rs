//! Who may do what with rooms.

use plaza_domain::{Member, MemberRole, Room, RoomKind, SystemRole, repository::RoomFilter};

use crate::{Actor, Error, Result};

/// What somebody wants to do with a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RoomAction {
    /// Know that it exists, its name, and who is in it.
    View,
    /// Read messages and changes.
    Read,
    /// Mark as read, tell that one is typing. For posting see [`authorize_post`].
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

/// Decides whether the actor may open a room.
///
/// # Errors
/// `Forbidden`.
pub fn authorize_room_creation(actor: &Actor) -> Result<()> {
    match actor.role {
        SystemRole::Guest => Err(Error::Forbidden("guests may not open rooms")),
        SystemRole::Member | SystemRole::Admin => Ok(()),
    }
}

/// Which of the rooms that the actor asks for they are shown: guests see those they are in, and no others.
pub fn shown_rooms(actor: &Actor, wanted: RoomFilter) -> RoomFilter {
    match actor.role {
        SystemRole::Guest => RoomFilter::Mine,
        SystemRole::Member | SystemRole::Admin => wanted,
    }
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
    if action == RoomAction::Leave && role.is_none() {
        return Err(Error::NotFound("member"));
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

/// Decides whether somebody may post in a room, by whether they are in it: that there is one is not told to others, as
/// messages are stored by the thousand and rooms are not looked up for it. For what closes direct rooms see
/// [`authorize_direct_write`](super::authorize_direct_write).
///
/// # Errors
/// `NotFound`.
pub fn authorize_post(is_in_room: bool) -> Result<()> {
    if is_in_room { Ok(()) } else { Err(Error::NotFound("room")) }
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
