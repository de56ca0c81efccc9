//! Uploads, their variants, and the blobs that both point at.

use sea_orm_migration::{prelude::*, schema::*};

use crate::ddl::{self, OnDelete, index, reference};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let indexes = vec![
            index("files_owner_id_idx", "files", &["owner_id"]),
            index("files_sha256_idx", "files", &["sha256"]),
            index("file_variants_sha256_idx", "file_variants", &["sha256"]),
        ];
        ddl::create(manager, vec![blobs(), files(), file_variants()], indexes).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl::drop(manager, &["file_variants", "files", "blobs"]).await
    }
}

fn blobs() -> TableCreateStatement {
    Table::create()
        .table("blobs")
        .col(binary_len("sha256", 32).primary_key())
        .col(text("storage_key"))
        .col(big_integer("size"))
        .col(timestamp_with_time_zone("created_at"))
        .check(Expr::cust("length(sha256) = 32 AND size >= 0"))
        .to_owned()
}

fn files() -> TableCreateStatement {
    Table::create()
        .table("files")
        .col(uuid("id").primary_key())
        .col(uuid("owner_id"))
        // A file and its task name each other and are stored together, in either order: checked at commit.
        .col(uuid("task_id").extra("REFERENCES tasks (id) DEFERRABLE INITIALLY DEFERRED"))
        .col(text("name"))
        .col(text("kind"))
        .col(text("media_type"))
        .col(big_integer("size"))
        .col(binary_len("sha256", 32))
        .col(text("status"))
        .col(text_null("failure"))
        .col(big_integer_null("width"))
        .col(big_integer_null("height"))
        .col(big_integer_null("page_count"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone("updated_at"))
        .check(Expr::cust("size >= 0"))
        .check(Expr::cust("status IN ('pending', 'processing', 'completed', 'failed')"))
        .foreign_key(&mut reference("files", "owner_id", ("users", "id"), OnDelete::Refuse))
        .foreign_key(&mut reference("files", "sha256", ("blobs", "sha256"), OnDelete::Refuse))
        .to_owned()
}

fn file_variants() -> TableCreateStatement {
    Table::create()
        .table("file_variants")
        .col(uuid("file_id"))
        .col(text("name"))
        .col(text("media_type"))
        .col(big_integer("width"))
        .col(big_integer("height"))
        .col(big_integer("size"))
        .col(binary_len("sha256", 32))
        .primary_key(Index::create().col("file_id").col("name"))
        .check(Expr::cust("width > 0 AND height > 0 AND size >= 0"))
        .foreign_key(&mut reference("file_variants", "file_id", ("files", "id"), OnDelete::Cascade))
        .foreign_key(&mut reference("file_variants", "sha256", ("blobs", "sha256"), OnDelete::Refuse))
        .to_owned()
}
