//! Who is whose friend, or wants to be.

use async_trait::async_trait;
use plaza_domain::repository::{FriendshipRepository, RepositoryError, Result};
use plaza_domain::{
    Friend, FriendRequest, Friendship, RequestDirection, RequestPosition, UserId, UserPair, UserSummary,
};
use sea_orm::sea_query::{LockType, OnConflict, SelectStatement};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryResult, QueryTrait,
};

use super::entity::friendship::{ActiveModel, Column, Entity, Model};
use super::entity::{convert, user};
use super::error::from_db;
use super::queries::{COUNT, friendships};
use super::session::{Session, found, value};

const ENTITY: &str = "friendship";

#[async_trait]
impl<C: ConnectionTrait + Send> FriendshipRepository for Session<C> {
    async fn claim(&mut self, users: UserPair) -> Result<Friendship> {
        let mut insert = Entity::insert(ActiveModel::from(&Friendship::new(users))).into_query();
        let there = OnConflict::columns([Column::LowUserId, Column::HighUserId]).do_nothing().to_owned();
        // Waits for whoever is inserting the same row; what they made of it is seen by the query after this one.
        self.execute(insert.on_conflict(there)).await?;
        self.lock(users).await?.ok_or(RepositoryError::NotFound { entity: ENTITY })
    }

    async fn lock(&mut self, users: UserPair) -> Result<Option<Friendship>> {
        self.one::<Model, _>(&friendships::find(users).lock(LockType::Update).take()).await
    }

    async fn find(&mut self, users: UserPair) -> Result<Option<Friendship>> {
        self.one::<Model, _>(&friendships::find(users)).await
    }

    async fn update(&mut self, friendship: &Friendship) -> Result<()> {
        let mut changed = ActiveModel::from(friendship);
        changed.not_set(Column::LowUserId);
        changed.not_set(Column::HighUserId);
        let update = Entity::update_many()
            .set(changed)
            .filter(Column::LowUserId.eq(friendship.users.low().uuid()))
            .filter(Column::HighUserId.eq(friendship.users.high().uuid()));
        let rows = self.execute(&update.into_query()).await?;
        found(rows, ENTITY)
    }

    async fn list(&mut self, user_id: UserId, after: Option<UserId>, limit: u64) -> Result<Vec<Friend>> {
        let rows = self.rows(&friendships::list(user_id, after, limit)).await?;
        rows.iter().map(friend).collect()
    }

    async fn requests(
        &mut self,
        user_id: UserId,
        direction: RequestDirection,
        before: Option<RequestPosition>,
        limit: u64,
    ) -> Result<Vec<FriendRequest>> {
        let rows = self.rows(&friendships::requests(user_id, direction, before, limit)).await?;
        let request = |row| Ok(FriendRequest { user: summary(row)?, at: value(row, Column::Since)? });
        rows.iter().map(request).collect()
    }

    async fn count(&mut self, user_id: UserId, limit: u64) -> Result<u64> {
        self.counted(&friendships::count(user_id, limit)).await
    }

    async fn count_outgoing(&mut self, user_id: UserId, limit: u64) -> Result<u64> {
        self.counted(&friendships::count_outgoing(user_id, limit)).await
    }

    async fn around(&mut self, user_ids: &[UserId], limit: u64) -> Result<Vec<UserPair>> {
        if user_ids.is_empty() {
            return Ok(Vec::new());
        }
        let rows = self.rows(&friendships::around(user_ids, limit)).await?;
        rows.iter().filter_map(|row| pair(row).transpose()).collect()
    }
}

impl<C: ConnectionTrait> Session<C> {
    async fn counted(&self, query: &SelectStatement) -> Result<u64> {
        let row = self.row(query).await?;
        let count = row.map(|row| row.try_get("", COUNT).map_err(from_db)).transpose()?;
        convert::number(ENTITY, count.unwrap_or(0))
    }
}

fn friend(row: &QueryResult) -> Result<Friend> {
    let last_seen_at = row.try_get("", friendships::LAST_SEEN_AT).map_err(from_db)?;
    Ok(Friend { user: summary(row)?, since: value(row, Column::Since)?, last_seen_at })
}

fn summary(row: &QueryResult) -> Result<UserSummary> {
    user::summary(row).map_err(from_db)
}

fn pair(row: &QueryResult) -> Result<Option<UserPair>> {
    let user_id = |column: Column| value(row, column).map(UserId::new);
    Ok(UserPair::new(user_id(Column::LowUserId)?, user_id(Column::HighUserId)?))
}
