//! Rooms as those see them who may: a direct room shows each of its two users the other.

use std::collections::HashMap;

use plaza_domain::{Repositories, Room, RoomId, RoomKind, SeenRoom, UserId};

use crate::Result;

/// Rooms as the viewer sees them. Who the others are is one query, and none when no room is direct.
pub(crate) async fn seen_by(
    repositories: &mut dyn Repositories,
    viewer: UserId,
    rooms: Vec<Room>,
) -> Result<Vec<SeenRoom>> {
    let is_direct = |room: &&Room| room.kind == RoomKind::Direct;
    let direct: Vec<RoomId> = rooms.iter().filter(is_direct).map(|room| room.id).collect();
    let peers = if direct.is_empty() {
        Vec::new()
    } else {
        repositories.direct_rooms().peers(viewer, &direct).await?
    };
    let mut peers: HashMap<RoomId, _> = peers.into_iter().collect();
    Ok(rooms.into_iter().map(|room| SeenRoom { peer: peers.remove(&room.id), room }).collect())
}
