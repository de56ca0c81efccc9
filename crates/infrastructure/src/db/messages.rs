//! Messages.

use async_trait::async_trait;
use plaza_domain::repository::{HistoryRange, MessageRepository, Result};
use plaza_domain::{
    ClientId, FileId, Message, MessageEdit, MessageId, RoomId, SentMessage, Seq, UserId, Version,
};
use sea_orm::sea_query::SelectStatement;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryResult, QueryTrait};

use super::entity::message::{ActiveModel, Column, Entity, Model};
use super::entity::{message_edit, user};
use super::error::from_db;
use super::queries;
use super::session::{MAX_KEYS, Session, entity, found, value};

/// Rows of one insert: 17 values each, and SQLite takes 32,766 in a statement.
const MAX_ROWS: usize = 1024;

#[async_trait]
impl<C: ConnectionTrait + Send> MessageRepository for Session<C> {
    async fn insert(&mut self, messages: &[Message]) -> Result<()> {
        for messages in messages.chunks(MAX_ROWS) {
            let insert = Entity::insert_many(messages.iter().map(ActiveModel::from)).into_query();
            self.execute(&insert).await?;
        }
        Ok(())
    }

    async fn find(&mut self, id: MessageId) -> Result<Option<SentMessage>> {
        let row = self.row(&queries::messages::find(id)).await?;
        row.as_ref().map(view).transpose()
    }

    async fn rooms_of(&mut self, ids: &[MessageId]) -> Result<Vec<(MessageId, RoomId)>> {
        let mut rooms = Vec::with_capacity(ids.len());
        for ids in ids.chunks(MAX_KEYS) {
            for row in self.rows(&queries::messages::rooms_of(ids)).await? {
                let id = MessageId::new(value(&row, Column::Id)?);
                rooms.push((id, RoomId::new(value(&row, Column::RoomId)?)));
            }
        }
        Ok(rooms)
    }

    async fn find_by_client_ids(&mut self, keys: &[(UserId, ClientId)]) -> Result<Vec<SentMessage>> {
        let mut found = Vec::new();
        for keys in keys.chunks(MAX_KEYS) {
            found.extend(self.views(&queries::messages::find_by_client_ids(keys)).await?);
        }
        Ok(found)
    }

    async fn history(
        &mut self,
        room_id: RoomId,
        range: HistoryRange,
        limit: u64,
    ) -> Result<Vec<SentMessage>> {
        let mut views = self.views(&queries::messages::history(room_id, range, limit)).await?;
        if !matches!(range, HistoryRange::After(_)) {
            views.reverse();
        }
        Ok(views)
    }

    async fn changed_since(
        &mut self,
        room_id: RoomId,
        since: Version,
        limit: u64,
    ) -> Result<Vec<SentMessage>> {
        self.views(&queries::messages::changed_since(room_id, since, limit)).await
    }

    async fn seq_at(&mut self, room_id: RoomId, version: Version) -> Result<Seq> {
        let row = self.row(&queries::messages::seq_at(room_id, version)).await?;
        let seq = row.map(|row| value(&row, Column::Seq)).transpose()?;
        Ok(seq.map_or(Seq::ZERO, Seq::new))
    }

    async fn version_at(&mut self, room_id: RoomId, seq: Seq) -> Result<Version> {
        let row = self.row(&queries::messages::version_at(room_id, seq)).await?;
        let version = row.map(|row| value(&row, Column::CreatedVersion)).transpose()?;
        Ok(version.map_or(Version::ZERO, Version::new))
    }

    async fn update(&mut self, message: &Message) -> Result<()> {
        let update = Entity::update_many()
            .col_expr(Column::Content, message.content.as_str().into())
            .col_expr(Column::ContentHtml, message.content_html.as_str().into())
            .col_expr(Column::FileId, message.file_id.map(FileId::uuid).into())
            .col_expr(Column::ImageUrl, message.image_url.clone().into())
            .col_expr(Column::Version, message.version.get().into())
            .col_expr(Column::EditedAt, message.edited_at.into())
            .col_expr(Column::DeletedAt, message.deleted_at.into())
            .filter(Column::Id.eq(message.id.uuid()));
        let rows = self.execute(&update.into_query()).await?;
        found(rows, "message")
    }

    async fn insert_edit(&mut self, edit: &MessageEdit) -> Result<()> {
        let insert = message_edit::Entity::insert(message_edit::ActiveModel::from(edit)).into_query();
        self.execute(&insert).await.map(drop)
    }

    async fn delete_edits(&mut self, id: MessageId) -> Result<()> {
        let delete =
            message_edit::Entity::delete_many().filter(message_edit::Column::MessageId.eq(id.uuid()));
        self.execute(&delete.into_query()).await.map(drop)
    }
}

impl<C: ConnectionTrait> Session<C> {
    async fn views(&self, query: &SelectStatement) -> Result<Vec<SentMessage>> {
        self.rows(query).await?.iter().map(view).collect()
    }
}

fn view(row: &QueryResult) -> Result<SentMessage> {
    Ok(SentMessage { message: entity::<Model, _>(row)?, sender: user::summary(row).map_err(from_db)? })
}
