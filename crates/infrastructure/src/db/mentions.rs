//! Who is mentioned where.

use async_trait::async_trait;
use plaza_domain::repository::{Caller, MentionRepository, Result};
use plaza_domain::{MemberRole, Mention, MessageId, RoomId, SentMessage, UserId, UserSummary, Username};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryResult, QueryTrait};

use super::entity::mention::{ActiveModel, Column, Entity};
use super::entity::{convert, room_member, user};
use super::error::from_db;
use super::queries;
use super::session::{MAX_KEYS, Session, value};

#[async_trait]
impl<C: ConnectionTrait + Send> MentionRepository for Session<C> {
    async fn named(&mut self, names: &[(RoomId, Username)]) -> Result<Vec<(RoomId, UserSummary)>> {
        let mut named = Vec::with_capacity(names.len());
        for names in names.chunks(MAX_KEYS) {
            for row in self.rows(&queries::mentions::named(names)).await? {
                let room_id = RoomId::new(value(&row, room_member::Column::RoomId)?);
                named.push((room_id, user::summary(&row).map_err(from_db)?));
            }
        }
        Ok(named)
    }

    async fn callers(&mut self, pairs: &[(RoomId, UserId)], most: u64) -> Result<Vec<Caller>> {
        let mut callers = Vec::with_capacity(pairs.len());
        for pairs in pairs.chunks(MAX_KEYS) {
            let rows = self.rows(&queries::mentions::callers(pairs, most)).await?;
            for row in &rows {
                callers.push(caller(row)?);
            }
        }
        Ok(callers)
    }

    async fn insert(&mut self, mentions: &[Mention]) -> Result<()> {
        // Four values a row.
        for mentions in mentions.chunks(MAX_KEYS / 2) {
            let insert = Entity::insert_many(mentions.iter().map(ActiveModel::from)).into_query();
            self.execute(&insert).await?;
        }
        Ok(())
    }

    async fn delete(&mut self, id: MessageId) -> Result<()> {
        let delete = Entity::delete_many().filter(Column::MessageId.eq(id.uuid()));
        self.execute(&delete.into_query()).await.map(drop)
    }

    async fn list(
        &mut self,
        user_id: UserId,
        before: Option<MessageId>,
        limit: u64,
    ) -> Result<Vec<SentMessage>> {
        self.views(&queries::mentions::list(user_id, before, limit)).await
    }
}

fn caller(row: &QueryResult) -> Result<Caller> {
    let role: String = value(row, room_member::Column::Role)?;
    let members: i64 = row.try_get("", queries::mentions::COUNT).map_err(from_db)?;
    Ok(Caller {
        room_id: RoomId::new(value(row, room_member::Column::RoomId)?),
        user_id: UserId::new(value(row, room_member::Column::UserId)?),
        role: convert::word("member", &role, MemberRole::parse)?,
        members: members.unsigned_abs(),
    })
}
