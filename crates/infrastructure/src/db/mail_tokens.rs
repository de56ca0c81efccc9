//! Links in mails.

use async_trait::async_trait;
use plaza_domain::repository::{MailTokenRepository, Result};
use plaza_domain::{MailPurpose, MailToken, TaskId, Timestamp, TokenDigest, UserId};
use sea_orm::{ConnectionTrait, EntityTrait, QueryTrait};

use super::entity::mail_token::{ActiveModel, Entity, Model};
use super::queries::mail_tokens as queries;
use super::session::Session;

#[async_trait]
impl<C: ConnectionTrait + Send> MailTokenRepository for Session<C> {
    async fn replace(&mut self, token: &MailToken) -> Result<()> {
        self.execute(&queries::void(token.user_id, Some(token.purpose))).await?;
        let insert = Entity::insert(ActiveModel::from(token)).into_query();
        self.execute(&insert).await.map(drop)
    }

    async fn find(&mut self, task_id: TaskId) -> Result<Option<MailToken>> {
        self.one::<Model, _>(&queries::find(task_id)).await
    }

    async fn find_by_digest(&mut self, digest: TokenDigest) -> Result<Option<MailToken>> {
        self.one::<Model, _>(&queries::find_by_digest(digest)).await
    }

    async fn find_for(&mut self, user_id: UserId, purpose: MailPurpose) -> Result<Option<MailToken>> {
        self.one::<Model, _>(&queries::find_for(user_id, purpose)).await
    }

    async fn consume(&mut self, task_id: TaskId, at: Timestamp) -> Result<bool> {
        Ok(self.execute(&queries::consume(task_id, at)).await? > 0)
    }

    async fn void(&mut self, user_id: UserId) -> Result<()> {
        self.execute(&queries::void(user_id, None)).await.map(drop)
    }

    async fn purge(&mut self, before: Timestamp, limit: u64) -> Result<u64> {
        self.execute(&queries::purge(before, limit)).await
    }
}
