//! What messages said before they were edited.

use async_trait::async_trait;
use plaza_domain::repository::{EditRepository, Result};
use plaza_domain::{MessageEdit, MessageId, Version};
use sea_orm::{ConnectionTrait, EntityTrait, QueryTrait};

use super::entity::message_edit::{ActiveModel, Entity, Model};
use super::queries;
use super::session::Session;

#[async_trait]
impl<C: ConnectionTrait + Send> EditRepository for Session<C> {
    async fn insert(&mut self, edit: &MessageEdit) -> Result<()> {
        let insert = Entity::insert(ActiveModel::from(edit)).into_query();
        self.execute(&insert).await.map(drop)
    }

    async fn list(
        &mut self,
        message_id: MessageId,
        before: Option<Version>,
        limit: u64,
    ) -> Result<Vec<MessageEdit>> {
        self.all::<Model, _>(&queries::edits::list(message_id, before, limit)).await
    }

    async fn trim(&mut self, message_id: MessageId, keep: u64) -> Result<()> {
        self.execute(&queries::edits::trim(message_id, keep)).await.map(drop)
    }
}
