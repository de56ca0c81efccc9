//! What operators expect of files: contents that are counted and removed, scans, quotas; and what clients need to lay
//! a picture out before it is there, and to find a document by its words.

use sea_orm_migration::{prelude::*, schema::*};

use crate::ddl::{self, OnDelete, index, partial, reference};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, column) in columns() {
            ddl::add_column(manager, table, column).await?;
        }
        let connection = manager.get_connection();
        // Whoever refers to a content is counted from here on.
        let count = "UPDATE blobs SET reference_count = \
            (SELECT count(*) FROM files WHERE files.sha256 = blobs.sha256) + \
            (SELECT count(*) FROM file_variants WHERE file_variants.sha256 = blobs.sha256)";
        connection.execute_unprepared(count).await?;
        connection
            .execute_unprepared("UPDATE blobs SET released_at = created_at WHERE reference_count = 0")
            .await?;
        let indexes = vec![
            partial(
                index("blobs_released_idx", "blobs", &["released_at"]),
                "reference_count = 0 AND purged_at IS NULL",
            ),
            partial(index("blobs_purged_idx", "blobs", &["purged_at"]), "purged_at IS NOT NULL"),
            // Whether an object is needed.
            partial(index("blobs_storage_key_idx", "blobs", &["storage_key"]), "purged_at IS NULL"),
            // Uploads that nobody shows, oldest first.
            partial(index("files_kept_idx", "files", &["created_at"]), "deleted_at IS NULL"),
            partial(index("files_deleted_idx", "files", &["deleted_at"]), "deleted_at IS NOT NULL"),
            partial(
                index("users_avatar_file_id_idx", "users", &["avatar_file_id"]),
                "avatar_file_id IS NOT NULL",
            ),
            index("uploads_user_id_idx", "uploads", &["user_id"]),
            index("uploads_expires_idx", "uploads", &["expires_at"]),
        ];
        ddl::create(manager, vec![file_texts(), file_usage(), uploads()], indexes).await?;
        let used = "INSERT INTO file_usage (user_id, bytes, files) \
            SELECT owner_id, CAST(sum(size) AS BIGINT), count(*) FROM files GROUP BY owner_id";
        connection.execute_unprepared(used).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl::drop(manager, &["uploads", "file_usage", "file_texts"]).await?;
        for (name, table) in [
            ("blobs_released_idx", "blobs"),
            ("blobs_purged_idx", "blobs"),
            ("blobs_storage_key_idx", "blobs"),
            ("files_kept_idx", "files"),
            ("files_deleted_idx", "files"),
            ("users_avatar_file_id_idx", "users"),
        ] {
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
        ("blobs", big_integer("reference_count").default(0).take()),
        ("blobs", timestamp_with_time_zone_null("released_at").take()),
        ("blobs", timestamp_with_time_zone_null("purged_at").take()),
        ("files", text("purpose").default("attachment").take()),
        ("files", text("scan").default("not_required").take()),
        ("files", text_null("blur_hash").take()),
        ("files", big_integer_null("dominant_color").take()),
        ("files", boolean("is_animated").default(false).take()),
        ("files", timestamp_with_time_zone_null("deleted_at").take()),
        ("users", uuid_null("avatar_file_id").take()),
    ]
}

/// The words of a document, for search.
fn file_texts() -> TableCreateStatement {
    Table::create()
        .table("file_texts")
        .col(uuid("file_id").primary_key())
        .col(text("content"))
        .col(boolean("is_truncated"))
        .foreign_key(&mut reference("file_texts", "file_id", ("files", "id"), OnDelete::Cascade))
        .to_owned()
}

/// What a user's files take up together, as the user sees it: each with its full size.
fn file_usage() -> TableCreateStatement {
    Table::create()
        .table("file_usage")
        .col(uuid("user_id").primary_key())
        .col(big_integer("bytes"))
        .col(big_integer("files"))
        .check(Expr::cust("bytes >= 0 AND files >= 0"))
        .foreign_key(&mut reference("file_usage", "user_id", ("users", "id"), OnDelete::Cascade))
        .to_owned()
}

/// Uploads that are under way, on any instance; one that does not end expires.
fn uploads() -> TableCreateStatement {
    Table::create()
        .table("uploads")
        .col(uuid("id").primary_key())
        .col(uuid("user_id"))
        .col(timestamp_with_time_zone("started_at"))
        .col(timestamp_with_time_zone("expires_at"))
        .foreign_key(&mut reference("uploads", "user_id", ("users", "id"), OnDelete::Cascade))
        .to_owned()
}
