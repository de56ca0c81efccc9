//! Which two users direct rooms belong to.

use async_trait::async_trait;
use plaza_domain::{
    DirectRoom, RepositoryError, RoomId, RoomKind, UserId, UserPair, UserSummary,
    repository::{Constraint, DirectRoomRepository, Result},
};

use super::{
    connection::{Access, Connection},
    table::{each_once, rows},
    tables::Tables,
};

#[async_trait]
impl<A: Access> DirectRoomRepository for Connection<A> {
    async fn insert(&mut self, users: UserPair, room_id: RoomId) -> Result<()> {
        let tables = self.tables_mut()?;
        tables.rooms.require(&room_id)?;
        users.users().iter().try_for_each(|user_id| tables.users.require(user_id))?;
        if tables.direct_rooms.values().any(|taken| *taken == room_id) {
            return Err(RepositoryError::Conflict { constraint: Constraint::Other });
        }
        tables.direct_rooms.insert_new(users, room_id, Constraint::DirectRoomUsers)
    }

    async fn find(&mut self, users: UserPair) -> Result<Option<RoomId>> {
        Ok(self.tables().direct_rooms.get(&users).copied())
    }

    async fn find_many(&mut self, room_ids: &[RoomId]) -> Result<Vec<DirectRoom>> {
        let tables = self.tables();
        let direct_room =
            |(users, room_id)| DirectRoom { room_id, users, is_closed: is_closed(&tables, users) };
        Ok(direct_rooms(&tables, room_ids).into_iter().map(direct_room).collect())
    }

    async fn peers(&mut self, viewer: UserId, room_ids: &[RoomId]) -> Result<Vec<(RoomId, UserSummary)>> {
        let tables = self.tables();
        let of_viewer = direct_rooms(&tables, room_ids)
            .into_iter()
            .filter_map(|(users, room_id)| Some((room_id, users.other(viewer)?)));
        of_viewer.map(|(room_id, peer)| Ok((room_id, tables.summary(peer)?))).collect()
    }

    async fn undelivered(&mut self, user_ids: &[UserId], limit: u64) -> Result<Vec<(UserId, RoomId)>> {
        let tables = self.tables();
        let user_ids = each_once(user_ids);
        let behind = tables.members.values().filter(|member| {
            let room = tables.live_room(member.room_id);
            user_ids.contains(&member.user_id)
                && member.is_present()
                && room
                    .is_some_and(|room| room.kind == RoomKind::Direct && room.last_seq > member.delivered_seq)
        });
        Ok(behind.map(|member| (member.user_id, member.room_id)).take(rows(limit)).collect())
    }
}

fn direct_rooms(tables: &Tables, room_ids: &[RoomId]) -> Vec<(UserPair, RoomId)> {
    let room_ids = each_once(room_ids);
    let all = tables.direct_rooms.iter().map(|(users, room_id)| (*users, *room_id));
    all.filter(|(_, room_id)| room_ids.contains(room_id)).collect()
}

fn is_closed(tables: &Tables, users: UserPair) -> bool {
    let is_disabled = |id: &UserId| tables.users.get(id).is_some_and(|user| user.suspension.is_some());
    tables.has_block(users) || users.users().iter().any(is_disabled)
}
