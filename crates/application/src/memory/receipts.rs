//! Who read what, and when.

use async_trait::async_trait;
use plaza_domain::{
    Member, Message, ReadMark, Receipt, ReceiptCounts, ReceiptScope, RepositoryError, RoomId, Seq, Timestamp,
    UserId,
    repository::{Constraint, ReceiptRepository, Result},
};

use super::{
    connection::{Access, Connection},
    members::members_of,
    table::rows,
    tables::Tables,
};

#[async_trait]
impl<A: Access> ReceiptRepository for Connection<A> {
    async fn scope(&mut self, room_id: RoomId, user_id: UserId, limit: u64) -> Result<ReceiptScope> {
        let tables = self.tables();
        if !tables.users.contains_key(&user_id) {
            return Err(RepositoryError::NotFound { entity: "user" });
        }
        let members = present_members(&tables, room_id).take(rows(limit)).count() as u64;
        Ok(ReceiptScope { shows_receipts: tables.shows_receipts(user_id), members })
    }

    async fn insert_mark(&mut self, mark: &ReadMark) -> Result<()> {
        let tables = self.tables_mut()?;
        tables.rooms.require(&mark.room_id)?;
        tables.users.require(&mark.user_id)?;
        let key = (mark.room_id, mark.user_id, mark.seq);
        tables.read_marks.insert_new(key, mark.clone(), Constraint::Other)
    }

    async fn delete_marks(&mut self, room_id: RoomId, user_id: UserId, through: Seq) -> Result<()> {
        let marks = &mut self.tables_mut()?.read_marks;
        marks.retain(|(room, user, seq), _| (*room, *user) != (room_id, user_id) || *seq > through);
        Ok(())
    }

    async fn counts(&mut self, message: &Message) -> Result<ReceiptCounts> {
        let tables = self.tables();
        let mut counts = ReceiptCounts::default();
        for member in present_members(&tables, message.room_id) {
            let is_addressed = is_addressed(message, member);
            let shows = is_addressed && tables.shows_receipts(member.user_id);
            counts.room += 1;
            counts.members += i64::from(is_addressed);
            counts.delivered += i64::from(shows && member.delivered_seq >= message.seq);
            counts.read += i64::from(shows && member.read_seq >= message.seq);
        }
        Ok(counts)
    }

    async fn list(&mut self, message: &Message, limit: u64) -> Result<Vec<Receipt>> {
        let tables = self.tables();
        let addressed =
            present_members(&tables, message.room_id).filter(|member| is_addressed(message, member));
        let shown = addressed.filter(|member| tables.shows_receipts(member.user_id));
        let receipt = |member: &Member| {
            Ok(Receipt {
                user: tables.summary(member.user_id)?,
                is_delivered: member.delivered_seq >= message.seq,
                is_read: member.read_seq >= message.seq,
                read_at: read_at(&tables, member, message.seq),
            })
        };
        shown.take(rows(limit)).map(receipt).collect()
    }
}

fn present_members(tables: &Tables, room_id: RoomId) -> impl Iterator<Item = &Member> {
    members_of(tables, room_id).filter(|member| member.is_present())
}

/// A message is for those who were there when it was posted, but not for its sender.
fn is_addressed(message: &Message, member: &Member) -> bool {
    member.user_id != message.sender_id && member.joined_version <= message.created_version
}

fn read_at(tables: &Tables, member: &Member, seq: Seq) -> Option<Timestamp> {
    let key = |seq| (member.room_id, member.user_id, seq);
    let (_, mark) = tables.read_marks.range(key(seq)..=key(Seq::new(i64::MAX))).next()?;
    (mark.after_seq < seq).then_some(mark.read_at)
}
