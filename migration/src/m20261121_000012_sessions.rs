//! What users see of their sessions, chains of refresh tokens with one end each, and keys that sign access tokens.

use sea_orm_migration::{prelude::*, schema::*};

use crate::ddl::{self, index, partial, unique};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const LIVE_TOKEN: &str = "refresh_tokens_live_key";
/// For the moment between adding a column and filling it.
const NEVER: &str = "1970-01-01 00:00:00+00:00";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, column) in columns() {
            ddl::add_column(manager, table, column).await?;
        }
        // A session that is there lives as long as its newest token; the first refresh lengthens it.
        let fill = "UPDATE sessions SET last_used_at = refreshed_at, expires_at = COALESCE(\
            (SELECT max(expires_at) FROM refresh_tokens WHERE session_id = sessions.id), refreshed_at)";
        manager.get_connection().execute_unprepared(fill).await?;
        let live =
            partial(unique(index(LIVE_TOKEN, "refresh_tokens", &["session_id"])), "consumed_at IS NULL");
        ddl::create(manager, vec![signing_keys()], vec![live]).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl::drop(manager, &["signing_keys"]).await?;
        manager.drop_index(Index::drop().name(LIVE_TOKEN).table("refresh_tokens").to_owned()).await?;
        for (table, column) in columns() {
            ddl::drop_column(manager, table, &column).await?;
        }
        Ok(())
    }
}

fn columns() -> Vec<(&'static str, ColumnDef)> {
    vec![
        ("sessions", timestamp_with_time_zone("last_used_at").default(NEVER).take()),
        ("sessions", timestamp_with_time_zone("expires_at").default(NEVER).take()),
        ("sessions", text_null("user_agent").take()),
        ("sessions", text_null("address").take()),
        ("refresh_tokens", uuid_null("parent_id").take()),
    ]
}

/// Keys are numbered, so that of several instances which make the next one at the same time, one does.
fn signing_keys() -> TableCreateStatement {
    Table::create()
        .table("signing_keys")
        .col(big_integer("number").primary_key())
        .col(text("kid").unique_key())
        .col(binary_len("public_key", 32))
        .col(blob("sealed_key"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone("signs_from"))
        .col(timestamp_with_time_zone_null("verifies_until"))
        .check(Expr::cust("length(public_key) = 32"))
        .to_owned()
}
