//! Logins and their refresh tokens.

use async_trait::async_trait;
use plaza_domain::repository::{Result, SessionRepository};
use plaza_domain::{
    RefreshToken, RefreshTokenId, Session as Login, SessionId, Timestamp, TokenDigest, User, UserId,
};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter, QuerySelect,
    QueryTrait,
};

use super::entity::{refresh_token, session, user};
use super::error::from_db;
use super::queries;
use super::session::{MAX_KEYS, Session};

/// How SeaORM marks the columns of the first and the second entity of a query for two.
const FIRST: &str = "A_";
const SECOND: &str = "B_";

#[async_trait]
impl<C: ConnectionTrait + Send> SessionRepository for Session<C> {
    async fn insert(&mut self, session: &Login) -> Result<()> {
        let insert = session::Entity::insert(session::ActiveModel::from(session)).into_query();
        self.execute(&insert).await.map(drop)
    }

    async fn find_with_user(&mut self, id: SessionId) -> Result<Option<(Login, User)>> {
        let Some(row) = self.row(&queries::sessions::find_with_user(id)).await? else {
            return Ok(None);
        };
        let login = session::Model::from_query_result(&row, FIRST).map_err(from_db)?;
        let user = user::Model::from_query_result(&row, SECOND).map_err(from_db)?;
        Ok(Some((login.try_into()?, user.try_into()?)))
    }

    async fn lock(&mut self, id: SessionId) -> Result<Option<Login>> {
        let query = session::Entity::find_by_id(id.uuid()).lock_exclusive();
        self.one::<session::Model, _>(&query.into_query()).await
    }

    async fn list(
        &mut self,
        user_id: UserId,
        now: Timestamp,
        before: Option<SessionId>,
        limit: u64,
    ) -> Result<Vec<Login>> {
        self.all::<session::Model, _>(&queries::sessions::list(user_id, now, before, limit)).await
    }

    async fn revoke(&mut self, id: SessionId, at: Timestamp) -> Result<bool> {
        let update = session::Entity::update_many()
            .col_expr(session::Column::RevokedAt, at.into())
            .filter(session::Column::Id.eq(id.uuid()))
            .filter(session::Column::RevokedAt.is_null());
        Ok(self.execute(&update.into_query()).await? > 0)
    }

    async fn revoke_all(&mut self, user_id: UserId, except: Option<SessionId>, at: Timestamp) -> Result<u64> {
        self.execute(&queries::sessions::revoke_all(user_id, except, at)).await
    }

    async fn renew(&mut self, session: &Login) -> Result<()> {
        let mut changed = session::ActiveModel::from(session);
        changed.not_set(session::Column::Id);
        changed.not_set(session::Column::UserId);
        changed.not_set(session::Column::CreatedAt);
        changed.not_set(session::Column::RevokedAt);
        let update =
            session::Entity::update_many().set(changed).filter(session::Column::Id.eq(session.id.uuid()));
        self.execute(&update.into_query()).await.map(drop)
    }

    async fn note_uses(&mut self, ids: &[SessionId], at: Timestamp) -> Result<()> {
        for ids in ids.chunks(MAX_KEYS) {
            self.execute(&queries::sessions::note_uses(ids, at)).await?;
        }
        Ok(())
    }

    async fn insert_token(&mut self, token: &RefreshToken) -> Result<()> {
        let insert = refresh_token::Entity::insert(refresh_token::ActiveModel::from(token)).into_query();
        self.execute(&insert).await.map(drop)
    }

    async fn find_token(&mut self, digest: TokenDigest) -> Result<Option<RefreshToken>> {
        self.one::<refresh_token::Model, _>(&queries::sessions::find_token(digest)).await
    }

    async fn find_live_token(&mut self, session_id: SessionId) -> Result<Option<RefreshToken>> {
        self.one::<refresh_token::Model, _>(&queries::sessions::find_live_token(session_id)).await
    }

    async fn consume_token(&mut self, id: RefreshTokenId, at: Timestamp) -> Result<bool> {
        let update = refresh_token::Entity::update_many()
            .col_expr(refresh_token::Column::ConsumedAt, at.into())
            .filter(refresh_token::Column::Id.eq(id.uuid()))
            .filter(refresh_token::Column::ConsumedAt.is_null());
        Ok(self.execute(&update.into_query()).await? > 0)
    }

    async fn purge(&mut self, before: Timestamp, limit: u64) -> Result<u64> {
        let tokens = self.execute(&queries::sessions::purge_tokens(before, limit)).await?;
        Ok(tokens + self.execute(&queries::sessions::purge(before, limit)).await?)
    }
}
