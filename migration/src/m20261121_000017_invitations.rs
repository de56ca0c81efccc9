//! Codes that let people register.

use sea_orm_migration::{prelude::*, schema::*};

use crate::ddl::{self, index, unique};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let digests = unique(index("invitations_digest_key", "invitations", &["digest"]));
        ddl::create(manager, vec![invitations()], vec![digests]).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl::drop(manager, &["invitations"]).await
    }
}

/// `created_by` is null for one that was made at the command line.
fn invitations() -> TableCreateStatement {
    Table::create()
        .table("invitations")
        .col(uuid("id").primary_key())
        .col(binary_len("digest", 32))
        .col(text("note"))
        .col(text("role"))
        .col(uuid_null("created_by"))
        .col(big_integer("max_uses"))
        .col(big_integer("uses").default(0))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone("expires_at"))
        .col(timestamp_with_time_zone_null("revoked_at"))
        .check(Expr::cust("length(digest) = 32 AND role IN ('member', 'guest') AND uses <= max_uses"))
        .to_owned()
}
