//! Rooms and their counters.

use async_trait::async_trait;
use plaza_domain::{
    Member, RepositoryError, Room, RoomId, Seq, Timestamp, UserId, Version,
    repository::{Advance, Constraint, Counters, Result, RoomFilter, RoomRepository},
};

use super::{
    connection::{Access, Connection},
    table::{each_once, rows},
    tables::Tables,
};

#[async_trait]
impl<A: Access> RoomRepository for Connection<A> {
    async fn insert(&mut self, room: &Room) -> Result<()> {
        let tables = self.tables_mut()?;
        tables.users.require(&room.created_by)?;
        tables.rooms.insert_new(room.id, room.clone(), Constraint::Other)
    }

    async fn find(&mut self, id: RoomId) -> Result<Option<Room>> {
        Ok(self.tables().live_room(id).cloned())
    }

    async fn find_with_member(
        &mut self,
        id: RoomId,
        user_id: UserId,
    ) -> Result<Option<(Room, Option<Member>)>> {
        let tables = self.tables();
        let member = tables.members.get(&(id, user_id)).cloned();
        Ok(tables.live_room(id).map(|room| (room.clone(), member)))
    }

    async fn find_deleted(&mut self, id: RoomId) -> Result<Option<Room>> {
        Ok(self.tables().rooms.get(&id).filter(|room| room.deleted_at.is_some()).cloned())
    }

    async fn list(
        &mut self,
        user_id: UserId,
        filter: RoomFilter,
        before: Option<RoomId>,
        limit: u64,
    ) -> Result<Vec<Room>> {
        let tables = self.tables();
        let is_listed = |room: &&Room| {
            let is_public = filter == RoomFilter::Visible && !room.is_private;
            room.deleted_at.is_none()
                && before.is_none_or(|before| room.id < before)
                && (is_public || tables.is_present(room.id, user_id))
        };
        let newest_first = tables.rooms.values().rev();
        Ok(newest_first.filter(is_listed).take(rows(limit)).cloned().collect())
    }

    async fn update_details(&mut self, room: &Room) -> Result<()> {
        let stored = change(self.tables_mut()?, room.id)?;
        stored.name = room.name.clone();
        stored.description = room.description.clone();
        stored.is_private = room.is_private;
        stored.details_version = room.details_version;
        stored.updated_at = room.updated_at;
        Ok(())
    }

    async fn delete(&mut self, id: RoomId, at: Timestamp) -> Result<()> {
        change(self.tables_mut()?, id)?.deleted_at = Some(at);
        Ok(())
    }

    async fn advance(&mut self, id: RoomId, messages: i64, changes: i64) -> Result<Counters> {
        let room = change(self.tables_mut()?, id)?;
        room.last_seq = Seq::new(room.last_seq.get() + messages);
        room.version = Version::new(room.version.get() + changes);
        Ok(Counters { last_seq: room.last_seq, version: room.version })
    }

    async fn advance_many(&mut self, advances: &[Advance]) -> Result<Vec<(RoomId, Counters)>> {
        let mut raised = Vec::with_capacity(advances.len());
        for &Advance { room_id, messages, changes, epoch } in advances {
            let now = self.tables().live_room(room_id).map(Room::epoch);
            if epoch.is_some() && epoch != now {
                continue;
            }
            match self.advance(room_id, messages, changes).await {
                Ok(counters) => raised.push((room_id, counters)),
                Err(RepositoryError::NotFound { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(raised)
    }

    async fn versions(&mut self, ids: &[RoomId]) -> Result<Vec<(RoomId, Version)>> {
        let tables = self.tables();
        let live = each_once(ids).into_iter().filter_map(|id| tables.live_room(id));
        Ok(live.map(|room| (room.id, room.version)).collect())
    }
}

fn change(tables: &mut Tables, id: RoomId) -> Result<&mut Room> {
    let room = tables.rooms.change(&id, "room")?;
    if room.deleted_at.is_some() {
        return Err(RepositoryError::NotFound { entity: "room" });
    }
    Ok(room)
}
