//! Who read what, and when.

use async_trait::async_trait;
use plaza_domain::repository::{ReceiptRepository, RepositoryError, Result};
use plaza_domain::{Message, ReadMark, Receipt, ReceiptCounts, ReceiptScope, RoomId, Seq, UserId};
use sea_orm::{ConnectionTrait, EntityTrait, QueryResult, QueryTrait};

use super::entity::read_mark::{ActiveModel, Entity};
use super::entity::{convert, room_member, user};
use super::error::from_db;
use super::queries::receipts::{self, COUNTS, MEMBERS, READ_AT};
use super::session::{Session, value};

#[async_trait]
impl<C: ConnectionTrait + Send> ReceiptRepository for Session<C> {
    async fn scope(&mut self, room_id: RoomId, user_id: UserId, limit: u64) -> Result<ReceiptScope> {
        let row = self.row(&receipts::scope(room_id, user_id, limit)).await?;
        let row = row.ok_or(RepositoryError::NotFound { entity: "user" })?;
        Ok(ReceiptScope {
            shows_receipts: value(&row, user::Column::ShowsReceipts)?,
            members: convert::number("room", row.try_get("", MEMBERS).map_err(from_db)?)?,
        })
    }

    async fn insert_mark(&mut self, mark: &ReadMark) -> Result<()> {
        let insert = Entity::insert(ActiveModel::from(mark)).into_query();
        self.execute(&insert).await.map(drop)
    }

    async fn delete_marks(&mut self, room_id: RoomId, user_id: UserId, through: Seq) -> Result<()> {
        self.execute(&receipts::delete_marks(room_id, user_id, through)).await.map(drop)
    }

    async fn counts(&mut self, message: &Message) -> Result<ReceiptCounts> {
        let Some(row) = self.row(&receipts::counts(message)).await? else {
            return Ok(ReceiptCounts::default());
        };
        let [room, members, delivered, read] = COUNTS.map(|name| row.try_get("", name).map_err(from_db));
        Ok(ReceiptCounts { room: room?, members: members?, delivered: delivered?, read: read? })
    }

    async fn list(&mut self, message: &Message, limit: u64) -> Result<Vec<Receipt>> {
        let rows = self.rows(&receipts::list(message, limit)).await?;
        rows.iter().map(|row| receipt(row, message.seq)).collect()
    }
}

fn receipt(row: &QueryResult, seq: Seq) -> Result<Receipt> {
    let delivered_seq = Seq::new(value(row, room_member::Column::DeliveredSeq)?);
    let read_seq = Seq::new(value(row, room_member::Column::ReadSeq)?);
    Ok(Receipt {
        user: user::summary(row).map_err(from_db)?,
        is_delivered: delivered_seq >= seq,
        is_read: read_seq >= seq,
        read_at: row.try_get("", READ_AT).map_err(from_db)?,
    })
}
