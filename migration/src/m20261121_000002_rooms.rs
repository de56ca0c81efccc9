//! Rooms with their counters, and who is in them.

use sea_orm_migration::{prelude::*, schema::*};

use crate::ddl::{self, OnDelete, index, partial, reference};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let indexes = vec![
            partial(index("rooms_public_idx", "rooms", &["id"]), "NOT is_private AND deleted_at IS NULL"),
            index("room_members_room_version_idx", "room_members", &["room_id", "version"]),
            partial(
                index("room_members_present_idx", "room_members", &["user_id", "room_id"]),
                "left_at IS NULL",
            ),
            partial(
                index("room_members_owners_idx", "room_members", &["room_id"]),
                "role = 'owner' AND left_at IS NULL",
            ),
        ];
        ddl::create(manager, vec![rooms(), room_members()], indexes).await?;
        ddl::update_often(manager, "rooms").await?;
        ddl::update_often(manager, "room_members").await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl::drop(manager, &["room_members", "rooms"]).await
    }
}

fn rooms() -> TableCreateStatement {
    Table::create()
        .table("rooms")
        .col(uuid("id").primary_key())
        .col(text("kind"))
        .col(text("name"))
        .col(text("description"))
        .col(boolean("is_private"))
        .col(uuid("created_by"))
        .col(big_integer("last_seq"))
        .col(big_integer("version"))
        .col(big_integer("details_version"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone("updated_at"))
        .col(timestamp_with_time_zone_null("deleted_at"))
        .check(Expr::cust("kind IN ('room', 'channel', 'direct')"))
        .check(Expr::cust("last_seq >= 0 AND version >= last_seq AND version >= details_version"))
        .foreign_key(&mut reference("rooms", "created_by", ("users", "id"), OnDelete::Refuse))
        .to_owned()
}

fn room_members() -> TableCreateStatement {
    Table::create()
        .table("room_members")
        .col(uuid("room_id"))
        .col(uuid("user_id"))
        .col(text("role"))
        .col(timestamp_with_time_zone("joined_at"))
        .col(timestamp_with_time_zone_null("left_at"))
        .col(big_integer("version"))
        .col(big_integer("joined_version"))
        .col(big_integer("delivered_seq"))
        .col(big_integer("read_seq"))
        .primary_key(Index::create().col("room_id").col("user_id"))
        .check(Expr::cust("role IN ('member', 'admin', 'owner')"))
        .check(Expr::cust("delivered_seq >= 0 AND read_seq >= 0"))
        .foreign_key(&mut reference("room_members", "room_id", ("rooms", "id"), OnDelete::Cascade))
        .foreign_key(&mut reference("room_members", "user_id", ("users", "id"), OnDelete::Refuse))
        .to_owned()
}
