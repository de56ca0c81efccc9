//! The list of rooms that a client shows first.

use std::{collections::HashMap, sync::Arc};

use plaza_domain::{
    Activity, Clock, Repositories, Room, RoomId, RoomKind, RoomOverview, Store, UserId, UserSummary,
};

use crate::{
    Actor, Error, Page, PageRequest, Ports, Result,
    policy::{RoomAction, authorize_room},
};

/// A room as who asks sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RoomSight {
    /// As a member of it.
    Inside(Box<RoomOverview>),
    /// As somebody who may know of it.
    Outside(Box<Room>),
}

/// Rooms as their members find them.
pub struct OverviewService {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
}

impl OverviewService {
    pub(crate) fn new(ports: &Ports) -> Self {
        Self { store: Arc::clone(&ports.store), clock: Arc::clone(&ports.clock) }
    }

    /// The rooms that the actor is in, those that were active last first. A room in which something is said between
    /// two pages goes to the front, and is not told again behind.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn list(
        &self,
        actor: &Actor,
        page: PageRequest<Activity>,
    ) -> Result<Page<RoomOverview, Activity>> {
        let mut read = self.store.read().await?;
        let mut overviews = read.overviews().list(actor.id(), page.cursor, page.fetch()).await?;
        add_peers(&mut *read, actor.id(), &mut overviews).await?;
        overviews.iter_mut().for_each(|overview| self.end_mute(overview));
        Ok(page.cut(overviews, RoomOverview::activity))
    }

    /// A room that the actor may see.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn get(&self, actor: &Actor, room_id: RoomId) -> Result<RoomSight> {
        let mut read = self.store.read().await?;
        if let Some(mut overview) = read.overviews().find(actor.id(), room_id).await? {
            authorize_room(actor, RoomAction::View, &overview.room, Some(&overview.member))?;
            add_peers(&mut *read, actor.id(), std::slice::from_mut(&mut overview)).await?;
            self.end_mute(&mut overview);
            return Ok(RoomSight::Inside(Box::new(overview)));
        }
        let room = read.rooms().find(room_id).await?.ok_or(Error::NotFound("room"))?;
        authorize_room(actor, RoomAction::View, &room, None)?;
        Ok(RoomSight::Outside(Box::new(room)))
    }

    /// A mute that is over counts as none.
    fn end_mute(&self, overview: &mut RoomOverview) {
        let now = self.clock.now();
        overview.mute = overview.mute.filter(|mute| mute.lasts_at(now));
    }
}

/// Looks up who the other ones are in direct rooms: one query, and none when no room is direct.
async fn add_peers(
    read: &mut dyn Repositories,
    viewer: UserId,
    overviews: &mut [RoomOverview],
) -> Result<()> {
    let rooms = overviews.iter().map(|overview| &overview.room);
    let direct: Vec<RoomId> =
        rooms.filter(|room| room.kind == RoomKind::Direct).map(|room| room.id).collect();
    if direct.is_empty() {
        return Ok(());
    }
    let peers = read.direct_rooms().peers(viewer, &direct).await?;
    let mut peers: HashMap<RoomId, UserSummary> = peers.into_iter().collect();
    overviews.iter_mut().for_each(|overview| overview.peer = peers.remove(&overview.room.id));
    Ok(())
}
