//! Rooms and their counters.

use async_trait::async_trait;
use plaza_domain::repository::{Advance, Counters, RepositoryError, Result, RoomFilter, RoomRepository};
use plaza_domain::{Member, Room, RoomId, Seq, Timestamp, UserId, Version};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, IdenStatic, QueryFilter, QueryResult,
    QueryTrait,
};
use uuid::Uuid;

use super::entity::room::{ActiveModel, Column, Entity, Model};
use super::entity::room_member;
use super::error::from_db;
use super::queries::{self, overviews::MEMBER};
use super::session::{MAX_KEYS, Session, entity, found, value};

#[async_trait]
impl<C: ConnectionTrait + Send> RoomRepository for Session<C> {
    async fn insert(&mut self, room: &Room) -> Result<()> {
        let insert = Entity::insert(ActiveModel::from(room)).into_query();
        self.execute(&insert).await.map(drop)
    }

    async fn find(&mut self, id: RoomId) -> Result<Option<Room>> {
        self.one::<Model, _>(&queries::rooms::find(id)).await
    }

    async fn find_with_member(
        &mut self,
        id: RoomId,
        user_id: UserId,
    ) -> Result<Option<(Room, Option<Member>)>> {
        let row = self.row(&queries::rooms::find_with_member(id, user_id)).await?;
        row.map(|row| Ok((entity::<Model, _>(&row)?, member(&row)?))).transpose()
    }

    async fn find_deleted(&mut self, id: RoomId) -> Result<Option<Room>> {
        let deleted = Entity::find_by_id(id.uuid()).filter(Column::DeletedAt.is_not_null());
        self.one::<Model, _>(&deleted.into_query()).await
    }

    async fn list(
        &mut self,
        user_id: UserId,
        filter: RoomFilter,
        before: Option<RoomId>,
        limit: u64,
    ) -> Result<Vec<Room>> {
        self.all::<Model, _>(&queries::rooms::list(user_id, filter, before, limit)).await
    }

    async fn update_details(&mut self, room: &Room) -> Result<()> {
        let update = Entity::update_many()
            .col_expr(Column::Name, room.name.as_str().into())
            .col_expr(Column::Description, room.description.as_str().into())
            .col_expr(Column::IsPrivate, room.is_private.into())
            .col_expr(Column::DetailsVersion, room.details_version.get().into())
            .col_expr(Column::UpdatedAt, room.updated_at.into())
            .filter(Column::Id.eq(room.id.uuid()))
            .filter(Column::DeletedAt.is_null());
        let rows = self.execute(&update.into_query()).await?;
        found(rows, "room")
    }

    async fn delete(&mut self, id: RoomId, at: Timestamp) -> Result<()> {
        let update = Entity::update_many()
            .col_expr(Column::DeletedAt, at.into())
            .filter(Column::Id.eq(id.uuid()))
            .filter(Column::DeletedAt.is_null());
        let rows = self.execute(&update.into_query()).await?;
        found(rows, "room")
    }

    async fn advance(&mut self, id: RoomId, messages: i64, changes: i64) -> Result<Counters> {
        let row = self.row(&queries::rooms::advance(id, messages, changes)).await?;
        counters(&row.ok_or(RepositoryError::NotFound { entity: "room" })?)
    }

    async fn advance_many(&mut self, advances: &[Advance]) -> Result<Vec<(RoomId, Counters)>> {
        let mut rooms = Vec::with_capacity(advances.len());
        // Four values a room.
        for advances in advances.chunks(MAX_KEYS / 2) {
            for row in self.rows(&queries::rooms::advance_many(self.backend(), advances)).await? {
                rooms.push(raised(&row)?);
            }
        }
        Ok(rooms)
    }

    async fn versions(&mut self, ids: &[RoomId]) -> Result<Vec<(RoomId, Version)>> {
        let mut versions = Vec::with_capacity(ids.len());
        for ids in ids.chunks(MAX_KEYS) {
            for row in self.rows(&queries::rooms::versions(ids)).await? {
                let version = Version::new(value(&row, Column::Version)?);
                versions.push((RoomId::new(value(&row, Column::Id)?), version));
            }
        }
        Ok(versions)
    }
}

/// A room whose counters were raised.
pub(super) fn raised(row: &QueryResult) -> Result<(RoomId, Counters)> {
    Ok((RoomId::new(value(row, Column::Id)?), counters(row)?))
}

fn counters(row: &QueryResult) -> Result<Counters> {
    Ok(Counters {
        last_seq: Seq::new(value(row, Column::LastSeq)?),
        version: Version::new(value(row, Column::Version)?),
    })
}

/// The membership that is joined to a room, if there is one.
fn member(row: &QueryResult) -> Result<Option<Member>> {
    let user_id: Option<Uuid> = row.try_get(MEMBER, room_member::Column::UserId.as_str()).map_err(from_db)?;
    if user_id.is_none() {
        return Ok(None);
    }
    room_member::Model::from_query_result(row, MEMBER).map_err(from_db)?.try_into().map(Some)
}
