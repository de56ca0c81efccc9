//! Who may see whether users are there, and when they last were.

use async_trait::async_trait;
use plaza_domain::repository::{PresenceRepository, Result, SeenMember, Sighting};
use plaza_domain::{RoomId, Timestamp, UserId};
use sea_orm::{ConnectionTrait, QueryResult};

use super::entity::{room_member, user};
use super::error::from_db;
use super::members::profile;
use super::queries::presence as queries;
use super::session::{MAX_KEYS, Session, value};

#[async_trait]
impl<C: ConnectionTrait + Send> PresenceRepository for Session<C> {
    async fn visible_to(&mut self, viewer: UserId, user_ids: &[UserId]) -> Result<Vec<Sighting>> {
        let mut sightings = Vec::with_capacity(user_ids.len());
        for user_ids in user_ids.chunks(MAX_KEYS) {
            for row in self.rows(&queries::visible_to(viewer, user_ids)).await? {
                let user_id = value(&row, user::Column::Id).map(UserId::new)?;
                sightings.push(Sighting { user_id, last_seen_at: last_seen_at(&row)? });
            }
        }
        Ok(sightings)
    }

    async fn seen_members(&mut self, room_id: RoomId, viewer: UserId, most: u64) -> Result<Vec<SeenMember>> {
        let rows = self.rows(&queries::seen_members(room_id, viewer, most)).await?;
        let seen = |row: &QueryResult| {
            Ok(SeenMember {
                profile: profile(row)?,
                last_seen_at: last_seen_at(row)?,
                is_blocked: row.try_get("", queries::IS_BLOCKED).map_err(from_db)?,
            })
        };
        rows.iter().map(seen).collect()
    }

    async fn small_rooms(
        &mut self,
        user_ids: &[UserId],
        max_members: u64,
        limit: u64,
    ) -> Result<Vec<(UserId, RoomId)>> {
        if user_ids.is_empty() {
            return Ok(Vec::new());
        }
        let rows = self.rows(&queries::small_rooms(user_ids, max_members, limit)).await?;
        let pair = |row: &QueryResult| {
            let user_id = value(row, room_member::Column::UserId).map(UserId::new)?;
            Ok((user_id, value(row, room_member::Column::RoomId).map(RoomId::new)?))
        };
        rows.iter().map(pair).collect()
    }

    async fn saw(&mut self, user_ids: &[UserId], at: Timestamp) -> Result<()> {
        for user_ids in user_ids.chunks(MAX_KEYS) {
            self.execute(&queries::saw(user_ids, at)).await?;
        }
        Ok(())
    }
}

fn last_seen_at(row: &QueryResult) -> Result<Option<Timestamp>> {
    row.try_get("", queries::LAST_SEEN_AT).map_err(from_db)
}
