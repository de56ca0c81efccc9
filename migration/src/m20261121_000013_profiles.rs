//! What users tell about themselves, how an account is suspended or erased, and which handles it had.

use sea_orm_migration::{prelude::*, schema::*};

use crate::ddl::{self, OnDelete, index, partial, reference, unique};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const INDEXES: [(&str, &str); 8] = [
    ("users_created_at_idx", "users"),
    ("users_erase_at_idx", "users"),
    ("users_admins_idx", "users"),
    ("files_exports_idx", "files"),
    ("files_owner_exports_idx", "files"),
    ("room_members_user_idx", "room_members"),
    ("files_owner_idx", "files"),
    ("friendships_high_user_idx", "friendships"),
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for column in columns() {
            ddl::add_column(manager, "users", column).await?;
        }
        let fill = "UPDATE users SET disabled_kind = 'banned' WHERE disabled_at IS NOT NULL";
        manager.get_connection().execute_unprepared(fill).await?;
        let indexes = vec![
            index("username_changes_user_id_idx", "username_changes", &["user_id", "id"]),
            unique(index("username_changes_reserved_key", "username_changes", &["reserved_username"])),
            index("users_created_at_idx", "users", &["created_at", "id"]),
            // Those to be erased, those who run the server, and where users were: each is asked for rarely.
            partial(index("users_erase_at_idx", "users", &["erase_at"]), "erase_at IS NOT NULL"),
            partial(index("users_admins_idx", "users", &["id"]), "role = 'admin'"),
            partial(
                index("files_exports_idx", "files", &["created_at"]),
                "purpose = 'export' AND deleted_at IS NULL",
            ),
            partial(
                index("files_owner_exports_idx", "files", &["owner_id"]),
                "purpose = 'export' AND deleted_at IS NULL",
            ),
            index("room_members_user_idx", "room_members", &["user_id", "room_id"]),
            partial(index("files_owner_idx", "files", &["owner_id", "id"]), "deleted_at IS NULL"),
            index("friendships_high_user_idx", "friendships", &["high_user_id"]),
        ];
        ddl::create(manager, vec![username_changes()], indexes).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (name, table) in INDEXES {
            manager.drop_index(Index::drop().name(name).table(table).to_owned()).await?;
        }
        ddl::drop(manager, &["username_changes"]).await?;
        for column in columns() {
            ddl::drop_column(manager, "users", &column).await?;
        }
        Ok(())
    }
}

fn columns() -> Vec<ColumnDef> {
    vec![
        text("status_text").default("").take(),
        text("time_zone").default("UTC").take(),
        text("locale").default("en").take(),
        timestamp_with_time_zone_null("email_verified_at").take(),
        text_null("disabled_kind").take(),
        timestamp_with_time_zone_null("disabled_until").take(),
        text("disabled_reason").default("").take(),
        timestamp_with_time_zone_null("erase_at").take(),
        timestamp_with_time_zone_null("erased_at").take(),
    ]
}

/// `reserved_username` is the old handle while nobody else may take it, and null afterwards.
fn username_changes() -> TableCreateStatement {
    Table::create()
        .table("username_changes")
        .col(uuid("id").primary_key())
        .col(uuid("user_id"))
        .col(text("old_username"))
        .col(text("new_username"))
        .col(text_null("reserved_username"))
        .col(timestamp_with_time_zone("changed_at"))
        .foreign_key(&mut reference("username_changes", "user_id", ("users", "id"), OnDelete::Cascade))
        .to_owned()
}
