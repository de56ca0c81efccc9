//! Who is in which room.

use async_trait::async_trait;
use plaza_domain::repository::{MemberRepository, Result, Sender};
use plaza_domain::{
    Member, MemberProfile, Mute, RoomEpoch, RoomId, RoomKind, Seq, UserId, UserPair, Version,
};
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryResult, QueryTrait};

use super::entity::room_member::{ActiveModel, Column, Entity, Model};
use super::entity::{convert, message, room, user};
use super::error::from_db;
use super::queries;
use super::session::{MAX_KEYS, Session, entity, value};

/// Everything of a membership but its key and its cursors.
const CHANGEABLE: [Column; 5] =
    [Column::Role, Column::JoinedAt, Column::LeftAt, Column::Version, Column::JoinedVersion];

#[async_trait]
impl<C: ConnectionTrait + Send> MemberRepository for Session<C> {
    async fn find(&mut self, room_id: RoomId, user_id: UserId) -> Result<Option<Member>> {
        let query = Entity::find_by_id((room_id.uuid(), user_id.uuid()));
        self.one::<Model, _>(&query.into_query()).await
    }

    async fn find_profile(&mut self, room_id: RoomId, user_id: UserId) -> Result<Option<MemberProfile>> {
        let row = self.row(&queries::members::find_profile(room_id, user_id)).await?;
        row.as_ref().map(profile).transpose()
    }

    async fn save(&mut self, member: &Member) -> Result<()> {
        let mut upsert = Entity::insert(ActiveModel::from(member)).into_query();
        let there =
            OnConflict::columns([Column::RoomId, Column::UserId]).update_columns(CHANGEABLE).to_owned();
        upsert.on_conflict(there);
        self.execute(&upsert).await.map(drop)
    }

    async fn list(
        &mut self,
        room_id: RoomId,
        after: Option<UserId>,
        limit: u64,
    ) -> Result<Vec<MemberProfile>> {
        let rows = self.rows(&queries::members::list(room_id, after, limit)).await?;
        rows.iter().map(profile).collect()
    }

    async fn changed_since(
        &mut self,
        room_id: RoomId,
        since: Version,
        limit: u64,
    ) -> Result<Vec<MemberProfile>> {
        let rows = self.rows(&queries::members::changed_since(room_id, since, limit)).await?;
        rows.iter().map(profile).collect()
    }

    async fn count_owners(&mut self, room_id: RoomId) -> Result<u64> {
        let row = self.row(&queries::members::count_owners(room_id)).await?;
        let count = row.map(|row| row.try_get("", queries::COUNT)).transpose();
        let count: i64 = count.map_err(from_db)?.unwrap_or_default();
        Ok(count.unsigned_abs())
    }

    async fn senders(&mut self, pairs: &[(RoomId, UserId)]) -> Result<Vec<Sender>> {
        let mut senders = Vec::with_capacity(pairs.len());
        for pairs in pairs.chunks(MAX_KEYS) {
            for row in self.rows(&queries::members::senders(pairs)).await? {
                senders.push(sender(&row)?);
            }
        }
        Ok(senders)
    }

    async fn share_room(&mut self, users: UserPair) -> Result<bool> {
        Ok(self.row(&queries::members::share_room(users)).await?.is_some())
    }

    async fn rooms_of(&mut self, user_id: UserId, limit: u64) -> Result<Vec<RoomId>> {
        let rows = self.rows(&queries::members::rooms_of(user_id, limit)).await?;
        rows.iter().map(room_id).collect()
    }

    async fn mute(&mut self, room_id: RoomId, user_id: UserId, mute: Option<Mute>) -> Result<bool> {
        let update = Entity::update_many()
            .col_expr(Column::MutedUntil, Expr::value(mute.map(Mute::end)))
            .filter(Column::RoomId.eq(room_id.uuid()))
            .filter(Column::UserId.eq(user_id.uuid()))
            .filter(Column::LeftAt.is_null());
        Ok(self.execute(&update.into_query()).await? > 0)
    }

    async fn advance_read(&mut self, room_id: RoomId, user_id: UserId, seq: Seq) -> Result<bool> {
        let behind = Expr::col(Column::DeliveredSeq).lt(seq.get());
        let delivered = Expr::case(behind, seq.get()).finally(Expr::col(Column::DeliveredSeq));
        let update = Entity::update_many()
            .col_expr(Column::ReadSeq, seq.get().into())
            .col_expr(Column::DeliveredSeq, delivered.into())
            .filter(Column::RoomId.eq(room_id.uuid()))
            .filter(Column::UserId.eq(user_id.uuid()))
            .filter(Column::ReadSeq.lt(seq.get()));
        Ok(self.execute(&update.into_query()).await? > 0)
    }

    async fn undelivered(
        &mut self,
        user_id: UserId,
        seen: &[(RoomId, Version)],
    ) -> Result<Vec<(RoomId, Seq)>> {
        let mut undelivered = Vec::new();
        for seen in seen.chunks(MAX_KEYS) {
            for row in self.rows(&queries::members::places_at(user_id, seen)).await? {
                let place: Option<i64> = value(&row, message::Column::Seq)?;
                let delivered: i64 = value(&row, Column::DeliveredSeq)?;
                if let Some(seq) = place.filter(|seq| *seq > delivered) {
                    undelivered.push((room_id(&row)?, Seq::new(seq)));
                }
            }
        }
        Ok(undelivered)
    }

    async fn advance_delivered(&mut self, room_id: RoomId, user_id: UserId, seq: Seq) -> Result<bool> {
        let update = Entity::update_many()
            .col_expr(Column::DeliveredSeq, seq.get().into())
            .filter(Column::RoomId.eq(room_id.uuid()))
            .filter(Column::UserId.eq(user_id.uuid()))
            .filter(Column::DeliveredSeq.lt(seq.get()));
        Ok(self.execute(&update.into_query()).await? > 0)
    }
}

pub(super) fn profile(row: &QueryResult) -> Result<MemberProfile> {
    Ok(MemberProfile {
        member: entity::<Model, _>(row)?,
        user: user::summary(row).map_err(from_db)?,
        shows_receipts: value(row, user::Column::ShowsReceipts)?,
    })
}

fn sender(row: &QueryResult) -> Result<Sender> {
    let kind: String = value(row, room::Column::Kind)?;
    let kind = convert::word("room", &kind, RoomKind::parse)?;
    let epoch = RoomEpoch::new(row.try_get("", queries::members::EPOCH).map_err(from_db)?);
    Ok(Sender { room_id: room_id(row)?, kind, user: user::summary(row).map_err(from_db)?, epoch })
}

fn room_id(row: &QueryResult) -> Result<RoomId> {
    value(row, Column::RoomId).map(RoomId::new)
}
