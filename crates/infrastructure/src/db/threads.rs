//! Threads and who follows them.

use async_trait::async_trait;
use plaza_domain::repository::{HistoryRange, Result, ThreadRepository};
use plaza_domain::{
    FollowedThread, Follower, Message, MessageId, MessageKind, RoomId, SentMessage, Seq, ThreadPosition,
    ThreadRoot, Timestamp, UserId,
};
use sea_orm::sea_query::{InsertStatement, OnConflict};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryResult, QueryTrait};

use super::entity::thread_follower::{ActiveModel, Column, Entity, Model};
use super::entity::{convert, message};
use super::error::from_db;
use super::queries;
use super::session::{MAX_KEYS, Session, value};

#[async_trait]
impl<C: ConnectionTrait + Send> ThreadRepository for Session<C> {
    async fn roots(&mut self, ids: &[MessageId]) -> Result<Vec<(MessageId, ThreadRoot)>> {
        let mut roots = Vec::with_capacity(ids.len());
        for ids in ids.chunks(MAX_KEYS) {
            for row in self.rows(&queries::threads::roots(ids)).await? {
                let asked = row.try_get("", queries::threads::ASKED).map_err(from_db)?;
                roots.push((MessageId::new(asked), root(&row)?));
            }
        }
        Ok(roots)
    }

    async fn update_counts(&mut self, roots: &[Message]) -> Result<()> {
        // Four values a row.
        for roots in roots.chunks(MAX_KEYS / 2) {
            self.execute(&queries::threads::update_counts(roots)).await?;
        }
        Ok(())
    }

    async fn last_reply_at(&mut self, id: MessageId) -> Result<Option<Timestamp>> {
        let row = self.row(&queries::threads::last_reply_at(id)).await?;
        row.map(|row| value(&row, message::Column::CreatedAt)).transpose()
    }

    async fn replies(&mut self, id: MessageId, range: HistoryRange, limit: u64) -> Result<Vec<SentMessage>> {
        let mut replies = self.views(&queries::threads::replies(id, range, limit)).await?;
        if !matches!(range, HistoryRange::After(_)) {
            replies.reverse();
        }
        Ok(replies)
    }

    async fn add_followers(&mut self, followers: &[Follower]) -> Result<()> {
        // Five values a row.
        for followers in followers.chunks(MAX_KEYS / 2) {
            let there = OnConflict::columns([Column::MessageId, Column::UserId]).do_nothing().to_owned();
            self.execute(insert(followers).on_conflict(there)).await?;
        }
        Ok(())
    }

    async fn find_follower(&mut self, id: MessageId, user_id: UserId) -> Result<Option<Follower>> {
        let query = Entity::find_by_id((id.uuid(), user_id.uuid()));
        self.one::<Model, _>(&query.into_query()).await
    }

    async fn save_follower(&mut self, follower: &Follower) -> Result<()> {
        let there = OnConflict::columns([Column::MessageId, Column::UserId])
            .update_column(Column::IsFollowing)
            .to_owned();
        let mut upsert = insert(std::slice::from_ref(follower));
        self.execute(upsert.on_conflict(there)).await.map(drop)
    }

    async fn advance_read(&mut self, id: MessageId, user_id: UserId, seq: Seq) -> Result<bool> {
        let update = Entity::update_many()
            .col_expr(Column::ReadSeq, seq.get().into())
            .filter(Column::MessageId.eq(id.uuid()))
            .filter(Column::UserId.eq(user_id.uuid()))
            .filter(Column::ReadSeq.lt(seq.get()));
        Ok(self.execute(&update.into_query()).await? > 0)
    }

    async fn list_followed(
        &mut self,
        user_id: UserId,
        room_id: Option<RoomId>,
        after: Option<ThreadPosition>,
        limit: u64,
    ) -> Result<Vec<FollowedThread>> {
        let query = queries::threads::list_followed(user_id, room_id, after, limit);
        let rows = self.rows(&query).await?;
        let roots = self.views_in(&rows).await?;
        let followed = |(root, row): (SentMessage, &QueryResult)| {
            let read_seq = row.try_get("", queries::threads::READ_SEQ).map_err(from_db)?;
            let unread = row.try_get("", queries::threads::UNREAD).map_err(from_db)?;
            Ok(FollowedThread { root, read_seq: Seq::new(read_seq), unread })
        };
        roots.into_iter().zip(&rows).map(followed).collect()
    }
}

fn insert(followers: &[Follower]) -> InsertStatement {
    Entity::insert_many(followers.iter().map(ActiveModel::from)).into_query()
}

fn root(row: &QueryResult) -> Result<ThreadRoot> {
    let kind: String = value(row, message::Column::Kind)?;
    let deleted_at: Option<Timestamp> = value(row, message::Column::DeletedAt)?;
    Ok(ThreadRoot {
        id: MessageId::new(value(row, message::Column::Id)?),
        room_id: RoomId::new(value(row, message::Column::RoomId)?),
        kind: convert::word("message", &kind, MessageKind::parse)?,
        is_deleted: deleted_at.is_some(),
        reply_count: value(row, message::Column::ReplyCount)?,
    })
}
