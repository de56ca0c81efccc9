//! Whether something can be written in a direct room.

use plaza_domain::{MemberProfile, Repositories, Room, RoomKind, UserId};

use crate::{Result, policy::authorize_direct_write};

/// Refuses every write into a direct room that is closed; other rooms are always open. Who asks must have been let
/// into the room before.
///
/// # Errors
/// `Forbidden`, in the same words whatever closed the room.
pub(crate) async fn require_open(repositories: &mut dyn Repositories, room: &Room) -> Result<()> {
    authorize_direct_write(is_closed(repositories, room).await?)
}

/// Hides from the viewer how far the other one has read in a direct room that is closed.
///
/// # Errors
/// `Unavailable`.
pub(crate) async fn hide_cursor_of_other(
    repositories: &mut dyn Repositories,
    room: &Room,
    viewer: UserId,
    profiles: impl IntoIterator<Item = &mut MemberProfile>,
) -> Result<()> {
    if is_closed(repositories, room).await? {
        let others = profiles.into_iter().filter(|profile| profile.member.user_id != viewer);
        others.for_each(|profile| profile.shows_receipts = false);
    }
    Ok(())
}

/// Whether a room is a direct one in which nothing more can be written.
///
/// # Errors
/// `Unavailable`.
pub(crate) async fn is_closed(repositories: &mut dyn Repositories, room: &Room) -> Result<bool> {
    if room.kind != RoomKind::Direct {
        return Ok(false);
    }
    let found = repositories.direct_rooms().find_many(&[room.id]).await?;
    Ok(found.iter().any(|direct_room| direct_room.is_closed))
}
