//! Table `messages`.

use plaza_domain::{
    ClientId, Content, FileId, Message, MessageId, MessageKind, Pin, RepositoryError, RoomId, Seq,
    SystemEvent, UserId, Version,
};
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;

use super::{columns::Columns, convert};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "messages")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    pub(crate) room_id: Uuid,
    pub(crate) seq: i64,
    pub(crate) version: i64,
    pub(crate) created_version: i64,
    pub(crate) sender_id: Uuid,
    pub(crate) kind: String,
    pub(crate) content: String,
    pub(crate) content_html: String,
    pub(crate) client_id: Option<String>,
    pub(crate) file_id: Option<Uuid>,
    pub(crate) image_url: Option<String>,
    pub(crate) parent_id: Option<Uuid>,
    pub(crate) system_event: Option<String>,
    pub(crate) reply_count: i64,
    pub(crate) last_reply_at: Option<DateTimeUtc>,
    pub(crate) pinned_at: Option<DateTimeUtc>,
    pub(crate) pinned_by: Option<Uuid>,
    pub(crate) reaction_count: i64,
    pub(crate) mention_count: i64,
    pub(crate) mentions_room: bool,
    pub(crate) created_at: DateTimeUtc,
    pub(crate) edited_at: Option<DateTimeUtc>,
    pub(crate) deleted_at: Option<DateTimeUtc>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl From<&Message> for ActiveModel {
    fn from(message: &Message) -> Self {
        Self {
            id: Set(message.id.uuid()),
            room_id: Set(message.room_id.uuid()),
            seq: Set(message.seq.get()),
            version: Set(message.version.get()),
            created_version: Set(message.created_version.get()),
            sender_id: Set(message.sender_id.uuid()),
            kind: Set(message.kind.as_str().to_owned()),
            content: Set(message.content.as_str().to_owned()),
            content_html: Set(message.content_html.clone()),
            client_id: Set(message.client_id.as_ref().map(|id| id.as_str().to_owned())),
            file_id: Set(message.file_id.map(FileId::uuid)),
            image_url: Set(message.image_url.clone()),
            parent_id: Set(message.parent_id.map(MessageId::uuid)),
            system_event: Set(message.system_event.map(|event| event.as_str().to_owned())),
            reply_count: Set(message.reply_count),
            last_reply_at: Set(message.last_reply_at),
            pinned_at: Set(message.pinned.map(|pin| pin.at)),
            pinned_by: Set(message.pinned.map(|pin| pin.by.uuid())),
            reaction_count: Set(message.reaction_count),
            mention_count: Set(message.mention_count),
            mentions_room: Set(message.mentions_room),
            created_at: Set(message.created_at),
            edited_at: Set(message.edited_at),
            deleted_at: Set(message.deleted_at),
        }
    }
}

impl Model {
    /// Reads the columns of the table, in their order.
    pub(crate) fn take(columns: &mut Columns<'_>) -> Result<Self, DbErr> {
        Ok(Self {
            id: columns.take()?,
            room_id: columns.take()?,
            seq: columns.take()?,
            version: columns.take()?,
            created_version: columns.take()?,
            sender_id: columns.take()?,
            kind: columns.take()?,
            content: columns.take()?,
            content_html: columns.take()?,
            client_id: columns.take()?,
            file_id: columns.take()?,
            image_url: columns.take()?,
            parent_id: columns.take()?,
            system_event: columns.take()?,
            reply_count: columns.take()?,
            last_reply_at: columns.take()?,
            pinned_at: columns.take()?,
            pinned_by: columns.take()?,
            reaction_count: columns.take()?,
            mention_count: columns.take()?,
            mentions_room: columns.take()?,
            created_at: columns.take()?,
            edited_at: columns.take()?,
            deleted_at: columns.take()?,
        })
    }
}

impl TryFrom<Model> for Message {
    type Error = RepositoryError;

    fn try_from(row: Model) -> Result<Self, Self::Error> {
        let system_event =
            row.system_event.map(|word| convert::word("message", &word, SystemEvent::parse)).transpose()?;
        Ok(Self {
            id: MessageId::new(row.id),
            room_id: RoomId::new(row.room_id),
            seq: Seq::new(row.seq),
            version: Version::new(row.version),
            created_version: Version::new(row.created_version),
            sender_id: UserId::new(row.sender_id),
            kind: convert::word("message", &row.kind, MessageKind::parse)?,
            content: Content::from_stored(row.content),
            content_html: row.content_html,
            client_id: row.client_id.map(ClientId::from_stored),
            file_id: row.file_id.map(FileId::new),
            image_url: row.image_url,
            parent_id: row.parent_id.map(MessageId::new),
            system_event,
            reply_count: row.reply_count,
            last_reply_at: row.last_reply_at,
            pinned: row.pinned_at.zip(row.pinned_by).map(|(at, by)| Pin { at, by: UserId::new(by) }),
            reaction_count: row.reaction_count,
            mention_count: row.mention_count,
            mentions_room: row.mentions_room,
            created_at: row.created_at,
            edited_at: row.edited_at,
            deleted_at: row.deleted_at,
        })
    }
}
