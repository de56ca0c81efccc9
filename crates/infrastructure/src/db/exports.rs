//! What there is about a user.

use async_trait::async_trait;
use plaza_domain::repository::{ExportRepository, Result, Stretch};
use plaza_domain::{Emoji, FileId, Member, Message, MessageId, Room, RoomId, Timestamp, UserId};
use sea_orm::{ConnectionTrait, FromQueryResult, QueryResult};

use super::entity::{file, message, reaction, room, room_member};
use super::error::from_db;
use super::queries::exports;
use super::session::{Session, entity, value};

#[async_trait]
impl<C: ConnectionTrait + Send> ExportRepository for Session<C> {
    async fn rooms(
        &mut self,
        user_id: UserId,
        after: Option<RoomId>,
        limit: u64,
    ) -> Result<Vec<(Room, Member)>> {
        let rows = self.rows(&exports::rooms(user_id, after, limit)).await?;
        let room = |row: &QueryResult| {
            let room = room::Model::from_query_result(row, exports::ROOM).map_err(from_db)?;
            Ok((Room::try_from(room)?, entity::<room_member::Model, Member>(row)?))
        };
        rows.iter().map(room).collect()
    }

    async fn messages(&mut self, user_id: UserId, stretch: Stretch) -> Result<Vec<Message>> {
        self.all::<message::Model, _>(&exports::messages(user_id, stretch)).await
    }

    async fn reactions(
        &mut self,
        user_id: UserId,
        stretch: Stretch,
    ) -> Result<Vec<(MessageId, Emoji, Timestamp)>> {
        let rows = self.rows(&exports::reactions(user_id, stretch)).await?;
        let reaction = |row: &QueryResult| {
            let emoji = Emoji::from_stored(value(row, reaction::Column::Emoji)?);
            let message_id = MessageId::new(value(row, reaction::Column::MessageId)?);
            Ok((message_id, emoji, value(row, reaction::Column::CreatedAt)?))
        };
        rows.iter().map(reaction).collect()
    }

    async fn archives_of(&mut self, user_id: UserId) -> Result<Vec<FileId>> {
        let rows = self.rows(&exports::archives_of(user_id)).await?;
        rows.iter().map(|row| value(row, file::Column::Id).map(FileId::new)).collect()
    }

    async fn archives(&mut self, before: Timestamp, limit: u64) -> Result<Vec<FileId>> {
        let rows = self.rows(&exports::archives(before, limit)).await?;
        rows.iter().map(|row| value(row, file::Column::Id).map(FileId::new)).collect()
    }
}
