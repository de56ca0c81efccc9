//! Users, their sessions with the chains of refresh tokens, and settings of the server as a whole.

use sea_orm_migration::{prelude::*, schema::*};

use crate::ddl::{self, OnDelete, index, reference, unique};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let tables = vec![users(), sessions(), refresh_tokens(), settings()];
        let indexes = vec![
            unique(index("users_email_key", "users", &["email"])),
            unique(index("users_username_key", "users", &["username"])),
            index("sessions_user_id_idx", "sessions", &["user_id"]),
            unique(index("refresh_tokens_digest_key", "refresh_tokens", &["digest"])),
            index("refresh_tokens_session_id_idx", "refresh_tokens", &["session_id"]),
        ];
        ddl::create(manager, tables, indexes).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl::drop(manager, &["settings", "refresh_tokens", "sessions", "users"]).await
    }
}

fn users() -> TableCreateStatement {
    Table::create()
        .table("users")
        .col(uuid("id").primary_key())
        .col(text("email"))
        .col(text("username"))
        .col(text("display_name"))
        .col(text("bio"))
        .col(text("role"))
        .col(text("password_hash"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone("updated_at"))
        .col(timestamp_with_time_zone_null("disabled_at"))
        .check(Expr::cust("role IN ('admin', 'member', 'guest')"))
        .to_owned()
}

fn sessions() -> TableCreateStatement {
    Table::create()
        .table("sessions")
        .col(uuid("id").primary_key())
        .col(uuid("user_id"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone("refreshed_at"))
        .col(timestamp_with_time_zone_null("revoked_at"))
        .foreign_key(&mut reference("sessions", "user_id", ("users", "id"), OnDelete::Cascade))
        .to_owned()
}

fn refresh_tokens() -> TableCreateStatement {
    Table::create()
        .table("refresh_tokens")
        .col(uuid("id").primary_key())
        .col(uuid("session_id"))
        .col(binary_len("digest", 32))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone("expires_at"))
        .col(timestamp_with_time_zone_null("consumed_at"))
        .check(Expr::cust("length(digest) = 32"))
        .foreign_key(&mut reference("refresh_tokens", "session_id", ("sessions", "id"), OnDelete::Cascade))
        .to_owned()
}

fn settings() -> TableCreateStatement {
    Table::create().table("settings").col(text("key").primary_key()).col(text("value")).to_owned()
}
