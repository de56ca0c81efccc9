//! Which two users direct rooms belong to.

use async_trait::async_trait;
use plaza_domain::repository::{DirectRoomRepository, RepositoryError, Result};
use plaza_domain::{DirectRoom, RoomId, UserId, UserPair, UserSummary};
use sea_orm::{ActiveValue::Set, ConnectionTrait, EntityTrait, QueryResult, QueryTrait};

use super::entity::direct_room::{ActiveModel, Column, Entity};
use super::entity::{room_member, user};
use super::error::from_db;
use super::queries::direct_rooms::{self, IS_CLOSED};
use super::session::{MAX_KEYS, Session, value};

#[async_trait]
impl<C: ConnectionTrait + Send> DirectRoomRepository for Session<C> {
    async fn insert(&mut self, users: UserPair, room_id: RoomId) -> Result<()> {
        let row = ActiveModel {
            low_user_id: Set(users.low().uuid()),
            high_user_id: Set(users.high().uuid()),
            room_id: Set(room_id.uuid()),
        };
        self.execute(&Entity::insert(row).into_query()).await.map(drop)
    }

    async fn find(&mut self, users: UserPair) -> Result<Option<RoomId>> {
        let row = self.row(&direct_rooms::find(users)).await?;
        row.as_ref().map(room_id).transpose()
    }

    async fn find_many(&mut self, room_ids: &[RoomId]) -> Result<Vec<DirectRoom>> {
        let mut found = Vec::new();
        for room_ids in room_ids.chunks(MAX_KEYS) {
            for row in self.rows(&direct_rooms::find_many(room_ids)).await? {
                found.push(direct_room(&row)?);
            }
        }
        Ok(found)
    }

    async fn peers(&mut self, viewer: UserId, room_ids: &[RoomId]) -> Result<Vec<(RoomId, UserSummary)>> {
        let mut found = Vec::new();
        for room_ids in room_ids.chunks(MAX_KEYS) {
            for row in self.rows(&direct_rooms::peers(viewer, room_ids)).await? {
                found.push((room_id(&row)?, user::summary(&row).map_err(from_db)?));
            }
        }
        Ok(found)
    }

    async fn undelivered(&mut self, user_ids: &[UserId], limit: u64) -> Result<Vec<(UserId, RoomId)>> {
        let rows = self.rows(&direct_rooms::undelivered(user_ids, limit)).await?;
        let user_id = |row| value(row, room_member::Column::UserId).map(UserId::new);
        rows.iter().map(|row| Ok((user_id(row)?, room_id(row)?))).collect()
    }
}

fn direct_room(row: &QueryResult) -> Result<DirectRoom> {
    let user_id = |column: Column| value(row, column).map(UserId::new);
    let users = UserPair::new(user_id(Column::LowUserId)?, user_id(Column::HighUserId)?);
    let users = users.ok_or_else(|| RepositoryError::Corrupt {
        entity: "direct room",
        reason: "its two users are one".to_owned(),
    })?;
    let is_closed = row.try_get("", IS_CLOSED).map_err(from_db)?;
    Ok(DirectRoom { room_id: room_id(row)?, users, is_closed })
}

fn room_id(row: &QueryResult) -> Result<RoomId> {
    value(row, Column::RoomId).map(RoomId::new)
}
