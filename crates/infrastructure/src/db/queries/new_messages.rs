//! Storing new messages: one statement whatever the length of a batch, or few lengths of it.
//!
//! A database prepares a statement once for each text that it has, on each connection. A list of rows has another text
//! for each length, and preparing one of some thousand values takes longer than running it.

use plaza_domain::{ClientId, FileId, Message, MessageId};
use sea_orm::sea_query::{InsertStatement, Query};
use sea_orm::{ActiveModelTrait, EntityTrait, QueryTrait};

use super::by_column::ByColumn;
use crate::db::entity::message::{ActiveModel, Column, Entity};

/// What only later changes give a message; new ones have what the table says.
const LATER: [Column; 7] = [
    Column::ReplyCount,
    Column::LastReplyAt,
    Column::PinnedAt,
    Column::PinnedBy,
    Column::ReactionCount,
    Column::EditedAt,
    Column::DeletedAt,
];
/// Rows of one insert: 17 values each, and SQLite takes 32,766 in a statement. A power of two.
const MAX_ROWS: usize = 1024;

/// Stores messages on Postgres, as one array a column: the same text, with few values, for every length.
pub fn in_arrays(messages: &[Message]) -> InsertStatement {
    let columns = ByColumn(messages);
    let (columns, values): (Vec<_>, Vec<_>) = [
        (Column::Id, columns.of(|message| message.id.uuid())),
        (Column::RoomId, columns.of(|message| message.room_id.uuid())),
        (Column::Seq, columns.of(|message| message.seq.get())),
        (Column::Version, columns.of(|message| message.version.get())),
        (Column::CreatedVersion, columns.of(|message| message.created_version.get())),
        (Column::SenderId, columns.of(|message| message.sender_id.uuid())),
        (Column::Kind, columns.of(|message| message.kind.as_str().to_owned())),
        (Column::Content, columns.of(|message| message.content.as_str().to_owned())),
        (Column::ContentHtml, columns.of(|message| message.content_html.clone())),
        (Column::ClientId, columns.text(|message| message.client_id.as_ref().map(ClientId::as_str))),
        (Column::FileId, columns.id(|message| message.file_id.map(FileId::uuid))),
        (Column::ImageUrl, columns.text(|message| message.image_url.as_deref())),
        (Column::ParentId, columns.id(|message| message.parent_id.map(MessageId::uuid))),
        (Column::SystemEvent, columns.text(|message| message.system_event.map(|event| event.as_str()))),
        (Column::MentionCount, columns.of(|message| message.mention_count)),
        (Column::MentionsRoom, columns.of(|message| message.mentions_room)),
        (Column::CreatedAt, columns.of(|message| message.created_at)),
    ]
    .into_iter()
    .unzip();
    let mut insert = Query::insert();
    insert.into_table(Entity).columns(columns);
    // It fails only where there are more values than columns, or less.
    drop(insert.select_from(Query::select().exprs(values).take()));
    insert
}

/// Stores messages on SQLite, as rows: at most as many as `parts` gives at once.
pub fn in_rows(messages: &[Message]) -> InsertStatement {
    let row = |message| {
        let mut row = ActiveModel::from(message);
        LATER.into_iter().for_each(|column| row.not_set(column));
        row
    };
    Entity::insert_many(messages.iter().map(row)).into_query()
}

/// Cuts a batch into parts whose lengths are powers of two, the longest first.
pub(crate) fn parts(mut messages: &[Message]) -> impl Iterator<Item = &[Message]> {
    std::iter::from_fn(move || {
        let length = messages.len().min(MAX_ROWS).checked_ilog2()?;
        let (part, rest) = messages.split_at(1 << length);
        messages = rest;
        Some(part)
    })
}

#[cfg(test)]
mod tests {
    use plaza_domain::{Content, MessageDraft, RoomId, Seq, Timestamp, UserId, Version, message::Placement};
    use sea_orm::sea_query::PostgresQueryBuilder;
    use uuid::Uuid;

    use super::*;

    fn batch(length: usize) -> Result<Vec<Message>, plaza_domain::InvalidInput> {
        let placement = Placement {
            id: MessageId::new(Uuid::nil()),
            room_id: RoomId::new(Uuid::nil()),
            seq: Seq::new(1),
            version: Version::new(1),
            sender_id: UserId::new(Uuid::nil()),
            created_at: Timestamp::default(),
        };
        let message = MessageDraft::text(Content::from_stored("hello".to_owned()))?.place(placement);
        Ok(vec![message; length])
    }

    #[test]
    fn a_batch_of_any_length_is_one_statement_to_postgres() -> Result<(), plaza_domain::InvalidInput> {
        let text = |length| batch(length).map(|batch| in_arrays(&batch).build(PostgresQueryBuilder).0);
        assert_eq!(text(1)?, text(256)?);
        assert_eq!(text(1)?.matches("UNNEST").count(), 17);
        Ok(())
    }

    #[test]
    fn a_batch_is_cut_into_powers_of_two() -> Result<(), plaza_domain::InvalidInput> {
        let lengths = |length| batch(length).map(|batch| parts(&batch).map(<[_]>::len).collect::<Vec<_>>());
        assert_eq!(lengths(0)?, [0_usize; 0]);
        assert_eq!(lengths(1)?, [1]);
        assert_eq!(lengths(7)?, [4, 2, 1]);
        assert_eq!(lengths(2_060)?, [1024, 1024, 8, 4]);
        Ok(())
    }
}
