//! What people expect of messages in real time: direct rooms, blocks, threads, reactions, mentions, pins, receipts.

use sea_orm_migration::{prelude::*, schema::*};

use crate::ddl::{self, OnDelete, index, partial, reference, unique};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const TABLES: [&str; 6] =
    ["read_marks", "thread_followers", "mentions", "reactions", "blocks", "direct_rooms"];
const INDEXES: [(&str, &str); 4] = [
    ("room_members_here_idx", "room_members"),
    ("messages_thread_idx", "messages"),
    ("messages_pinned_idx", "messages"),
    ("messages_room_mention_idx", "messages"),
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, column) in columns() {
            ddl::add_column(manager, table, column).await?;
        }
        let tables =
            vec![direct_rooms(), blocks(), reactions(), mentions(), thread_followers(), read_marks()];
        let indexes = vec![
            // Who is there is found without those who left.
            partial(
                index("room_members_here_idx", "room_members", &["room_id", "user_id"]),
                "left_at IS NULL",
            ),
            partial(index("messages_thread_idx", "messages", &["parent_id", "seq"]), "parent_id IS NOT NULL"),
            partial(
                index("messages_pinned_idx", "messages", &["room_id", "pinned_at"]),
                "pinned_at IS NOT NULL",
            ),
            partial(index("messages_room_mention_idx", "messages", &["room_id", "seq"]), "mentions_room"),
            unique(index("direct_rooms_room_id_key", "direct_rooms", &["room_id"])),
            index("direct_rooms_high_idx", "direct_rooms", &["high_user_id", "low_user_id"]),
            index("blocks_blocked_idx", "blocks", &["blocked_id", "blocker_id"]),
            index("mentions_user_idx", "mentions", &["user_id", "room_id", "seq"]),
            partial(
                index("thread_followers_user_idx", "thread_followers", &["user_id", "message_id"]),
                "is_following",
            ),
        ];
        ddl::create(manager, tables, indexes).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl::drop(manager, &TABLES).await?;
        for (name, table) in INDEXES {
            manager.drop_index(Index::drop().name(name).table(table).to_owned()).await?;
        }
        for (table, column) in columns() {
            ddl::drop_column(manager, table, &column).await?;
        }
        Ok(())
    }
}

/// What tables of earlier steps get, each with a value for the rows that are there.
fn columns() -> Vec<(&'static str, ColumnDef)> {
    vec![
        ("messages", big_integer("reply_count").default(0).take()),
        ("messages", timestamp_with_time_zone_null("last_reply_at").take()),
        ("messages", timestamp_with_time_zone_null("pinned_at").take()),
        ("messages", uuid_null("pinned_by").take()),
        ("messages", big_integer("reaction_count").default(0).take()),
        ("messages", big_integer("mention_count").default(0).take()),
        ("messages", boolean("mentions_room").default(false).take()),
        ("users", boolean("shows_receipts").default(true).take()),
        ("users", timestamp_with_time_zone_null("last_seen_at").take()),
        ("room_members", timestamp_with_time_zone_null("muted_until").take()),
    ]
}

/// The one room of two users; `low_user_id` is the smaller id.
fn direct_rooms() -> TableCreateStatement {
    Table::create()
        .table("direct_rooms")
        .col(uuid("low_user_id"))
        .col(uuid("high_user_id"))
        .col(uuid("room_id"))
        .primary_key(Index::create().col("low_user_id").col("high_user_id"))
        .check(Expr::cust("low_user_id < high_user_id"))
        .foreign_key(&mut reference("direct_rooms", "low_user_id", ("users", "id"), OnDelete::Refuse))
        .foreign_key(&mut reference("direct_rooms", "high_user_id", ("users", "id"), OnDelete::Refuse))
        .foreign_key(&mut reference("direct_rooms", "room_id", ("rooms", "id"), OnDelete::Cascade))
        .to_owned()
}

fn blocks() -> TableCreateStatement {
    Table::create()
        .table("blocks")
        .col(uuid("blocker_id"))
        .col(uuid("blocked_id"))
        .col(timestamp_with_time_zone("created_at"))
        .primary_key(Index::create().col("blocker_id").col("blocked_id"))
        .check(Expr::cust("blocker_id <> blocked_id"))
        .foreign_key(&mut reference("blocks", "blocker_id", ("users", "id"), OnDelete::Cascade))
        .foreign_key(&mut reference("blocks", "blocked_id", ("users", "id"), OnDelete::Cascade))
        .to_owned()
}

fn reactions() -> TableCreateStatement {
    Table::create()
        .table("reactions")
        .col(uuid("message_id"))
        .col(uuid("user_id"))
        .col(text("emoji"))
        .col(timestamp_with_time_zone("created_at"))
        .primary_key(Index::create().col("message_id").col("user_id").col("emoji"))
        .foreign_key(&mut reference("reactions", "message_id", ("messages", "id"), OnDelete::Cascade))
        .foreign_key(&mut reference("reactions", "user_id", ("users", "id"), OnDelete::Cascade))
        .to_owned()
}

/// Who is named in which message; where that is stands beside it, so that unread mentions are counted in one index.
fn mentions() -> TableCreateStatement {
    Table::create()
        .table("mentions")
        .col(uuid("message_id"))
        .col(uuid("user_id"))
        .col(uuid("room_id"))
        .col(big_integer("seq"))
        .primary_key(Index::create().col("message_id").col("user_id"))
        .foreign_key(&mut reference("mentions", "message_id", ("messages", "id"), OnDelete::Cascade))
        .foreign_key(&mut reference("mentions", "user_id", ("users", "id"), OnDelete::Cascade))
        .to_owned()
}

/// Who follows which thread, or has chosen not to, and how far they have read it.
fn thread_followers() -> TableCreateStatement {
    Table::create()
        .table("thread_followers")
        .col(uuid("message_id"))
        .col(uuid("user_id"))
        .col(uuid("room_id"))
        .col(boolean("is_following"))
        .col(big_integer("read_seq"))
        .primary_key(Index::create().col("message_id").col("user_id"))
        .foreign_key(&mut reference("thread_followers", "message_id", ("messages", "id"), OnDelete::Cascade))
        .foreign_key(&mut reference("thread_followers", "user_id", ("users", "id"), OnDelete::Cascade))
        .to_owned()
}

/// When a member's cursor went from behind `after_seq` to `seq`: tells who read the messages in between when.
fn read_marks() -> TableCreateStatement {
    Table::create()
        .table("read_marks")
        .col(uuid("room_id"))
        .col(uuid("user_id"))
        .col(big_integer("seq"))
        .col(big_integer("after_seq"))
        .col(timestamp_with_time_zone("read_at"))
        .primary_key(Index::create().col("room_id").col("user_id").col("seq"))
        .check(Expr::cust("after_seq >= 0 AND after_seq < seq"))
        .foreign_key(&mut reference("read_marks", "room_id", ("rooms", "id"), OnDelete::Cascade))
        .foreign_key(&mut reference("read_marks", "user_id", ("users", "id"), OnDelete::Cascade))
        .to_owned()
}
