//! Reactions to messages.

use async_trait::async_trait;
use plaza_domain::repository::{ReactionRepository, Result};
use plaza_domain::{Emoji, MessageId, Reaction, ReactionEntry, Timestamp, UserId};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryResult, QueryTrait};

use super::entity::reaction::{ActiveModel, Column, Entity};
use super::entity::user;
use super::error::from_db;
use super::queries;
use super::session::{Session, value};

#[async_trait]
impl<C: ConnectionTrait + Send> ReactionRepository for Session<C> {
    async fn insert(
        &mut self,
        message_id: MessageId,
        user_id: UserId,
        emoji: &Emoji,
        at: Timestamp,
    ) -> Result<bool> {
        let reaction = ActiveModel {
            message_id: Set(message_id.uuid()),
            user_id: Set(user_id.uuid()),
            emoji: Set(emoji.as_str().to_owned()),
            created_at: Set(at),
        };
        let mut insert = Entity::insert(reaction).into_query();
        let there =
            OnConflict::columns([Column::MessageId, Column::UserId, Column::Emoji]).do_nothing().to_owned();
        insert.on_conflict(there);
        Ok(self.execute(&insert).await? > 0)
    }

    async fn delete(&mut self, message_id: MessageId, user_id: UserId, emoji: &Emoji) -> Result<bool> {
        let delete = Entity::delete_many()
            .filter(Column::MessageId.eq(message_id.uuid()))
            .filter(Column::UserId.eq(user_id.uuid()))
            .filter(Column::Emoji.eq(emoji.as_str()));
        Ok(self.execute(&delete.into_query()).await? > 0)
    }

    async fn find_all(&mut self, message_id: MessageId) -> Result<Vec<Reaction>> {
        let rows = self.rows(&queries::messages::reactions(&[message_id])).await?;
        let reactions =
            rows.iter().map(|row| Ok((emoji(row)?, value(row, Column::UserId).map(UserId::new)?)));
        Ok(Reaction::group(reactions.collect::<Result<Vec<_>>>()?))
    }

    async fn list(
        &mut self,
        message_id: MessageId,
        after: Option<(UserId, Emoji)>,
        limit: u64,
    ) -> Result<Vec<ReactionEntry>> {
        let rows = self.rows(&queries::reactions::list(message_id, after, limit)).await?;
        rows.iter().map(entry).collect()
    }
}

fn entry(row: &QueryResult) -> Result<ReactionEntry> {
    let user = user::summary(row).map_err(from_db)?;
    Ok(ReactionEntry { user, emoji: emoji(row)?, created_at: value(row, Column::CreatedAt)? })
}

fn emoji(row: &QueryResult) -> Result<Emoji> {
    value(row, Column::Emoji).map(Emoji::from_stored)
}
