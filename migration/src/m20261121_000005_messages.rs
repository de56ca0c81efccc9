//! Messages and what they said before they were edited.

use sea_orm_migration::{prelude::*, schema::*};

use crate::ddl::{self, OnDelete, index, partial, reference, unique};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let indexes = vec![
            unique(index("messages_room_seq_key", "messages", &["room_id", "seq"])),
            index("messages_room_version_idx", "messages", &["room_id", "version"]),
            unique(partial(
                index("messages_sender_client_id_key", "messages", &["sender_id", "client_id"]),
                "client_id IS NOT NULL",
            )),
            partial(index("messages_file_id_idx", "messages", &["file_id"]), "file_id IS NOT NULL"),
        ];
        ddl::create(manager, vec![messages(), message_edits()], indexes).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl::drop(manager, &["message_edits", "messages"]).await
    }
}

fn messages() -> TableCreateStatement {
    Table::create()
        .table("messages")
        .col(uuid("id").primary_key())
        .col(uuid("room_id"))
        .col(big_integer("seq"))
        .col(big_integer("version"))
        .col(big_integer("created_version"))
        .col(uuid("sender_id"))
        .col(text("kind"))
        .col(text("content"))
        .col(text("content_html"))
        .col(text_null("client_id"))
        .col(uuid_null("file_id"))
        .col(text_null("image_url"))
        .col(uuid_null("parent_id"))
        .col(text_null("system_event"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone_null("edited_at"))
        .col(timestamp_with_time_zone_null("deleted_at"))
        .check(Expr::cust("seq >= 1 AND created_version >= seq AND version >= created_version"))
        .check(Expr::cust("deleted_at IS NULL OR (content = '' AND file_id IS NULL)"))
        .foreign_key(&mut reference("messages", "room_id", ("rooms", "id"), OnDelete::Refuse))
        .foreign_key(&mut reference("messages", "sender_id", ("users", "id"), OnDelete::Refuse))
        .foreign_key(&mut reference("messages", "file_id", ("files", "id"), OnDelete::Refuse))
        .foreign_key(&mut reference("messages", "parent_id", ("messages", "id"), OnDelete::Refuse))
        .to_owned()
}

fn message_edits() -> TableCreateStatement {
    Table::create()
        .table("message_edits")
        .col(uuid("message_id"))
        .col(big_integer("version"))
        .col(text("content"))
        .col(timestamp_with_time_zone("replaced_at"))
        .primary_key(Index::create().col("message_id").col("version"))
        .foreign_key(&mut reference("message_edits", "message_id", ("messages", "id"), OnDelete::Cascade))
        .to_owned()
}
