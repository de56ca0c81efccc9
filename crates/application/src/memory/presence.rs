//! Who may see whether users are there, and when they last were.

use std::collections::BTreeSet;

use async_trait::async_trait;
use plaza_domain::{
    Member, RoomId, Timestamp, UserId, UserPair,
    repository::{PresenceRepository, Result, SeenMember, Sighting},
};

use super::{
    connection::{Access, Connection},
    table::{each_once, rows},
    tables::Tables,
};

#[async_trait]
impl<A: Access> PresenceRepository for Connection<A> {
    async fn visible_to(&mut self, viewer: UserId, user_ids: &[UserId]) -> Result<Vec<Sighting>> {
        let tables = self.tables();
        let shared: BTreeSet<RoomId> = rooms_of(&tables, viewer).collect();
        let is_visible = |user_id: &UserId| {
            let shares_room = || shared.iter().any(|room_id| tables.is_present(*room_id, *user_id));
            *user_id == viewer || shares_room() || tables.are_friends(viewer, *user_id)
        };
        let known = each_once(user_ids).into_iter().filter(|user_id| tables.users.contains_key(user_id));
        let sighting = |user_id| Sighting { user_id, last_seen_at: tables.last_seen.get(&user_id).copied() };
        let visible = known.filter(is_visible).filter(|user_id| !is_blocked(&tables, viewer, *user_id));
        Ok(visible.map(sighting).collect())
    }

    async fn seen_members(&mut self, room_id: RoomId, viewer: UserId, most: u64) -> Result<Vec<SeenMember>> {
        let tables = self.tables();
        let seen = |member: &Member| {
            Ok(SeenMember {
                profile: tables.profile(member)?,
                last_seen_at: tables.last_seen.get(&member.user_id).copied(),
                is_blocked: is_blocked(&tables, viewer, member.user_id),
            })
        };
        if present_in(&tables, room_id).nth(rows(most)).is_some() {
            return Ok(Vec::new());
        }
        present_in(&tables, room_id).map(seen).collect()
    }

    async fn small_rooms(
        &mut self,
        user_ids: &[UserId],
        max_members: u64,
        limit: u64,
    ) -> Result<Vec<(UserId, RoomId)>> {
        let tables = self.tables();
        let is_small = |room_id: &RoomId| present_in(&tables, *room_id).nth(rows(max_members)).is_none();
        let pairs = each_once(user_ids).into_iter().flat_map(|user_id| {
            rooms_of(&tables, user_id).filter(is_small).map(move |room_id| (user_id, room_id))
        });
        Ok(pairs.take(rows(limit)).collect())
    }

    async fn saw(&mut self, user_ids: &[UserId], at: Timestamp) -> Result<()> {
        let tables = self.tables_mut()?;
        for user_id in each_once(user_ids) {
            if tables.users.contains_key(&user_id) {
                let last_seen_at = tables.last_seen.entry(user_id).or_insert(at);
                *last_seen_at = at.max(*last_seen_at);
            }
        }
        Ok(())
    }
}

fn is_blocked(tables: &Tables, viewer: UserId, user_id: UserId) -> bool {
    UserPair::new(viewer, user_id).is_some_and(|pair| tables.has_block(pair))
}

/// The rooms that the user is in now.
fn rooms_of(tables: &Tables, user_id: UserId) -> impl Iterator<Item = RoomId> {
    let rooms = tables.rooms.values().filter(|room| room.deleted_at.is_none());
    rooms.map(|room| room.id).filter(move |room_id| tables.is_present(*room_id, user_id))
}

/// Who is in a room now, by rising user id.
fn present_in(tables: &Tables, room_id: RoomId) -> impl Iterator<Item = &Member> {
    let first = (room_id, UserId::new(uuid::Uuid::nil()));
    let members = tables.members.range(first..).map(|(_, member)| member);
    members.take_while(move |member| member.room_id == room_id).filter(|member| member.is_present())
}
