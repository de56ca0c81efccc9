//! What proves who somebody is, beside a password: links in mails, other providers' logins, second factors.

use sea_orm_migration::{prelude::*, schema::*};

use crate::ddl::{self, OnDelete, index, reference, unique};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let tables = vec![mail_tokens(), identities(), totp_secrets(), recovery_codes()];
        let indexes = vec![
            unique(index("mail_tokens_digest_key", "mail_tokens", &["digest"])),
            unique(index("mail_tokens_user_key", "mail_tokens", &["user_id", "purpose"])),
            index("mail_tokens_expires_at_idx", "mail_tokens", &["expires_at"]),
            unique(index("identities_subject_key", "identities", &["issuer", "subject"])),
            unique(index("identities_user_key", "identities", &["user_id", "issuer"])),
        ];
        ddl::create(manager, tables, indexes).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl::drop(manager, &["recovery_codes", "totp_secrets", "identities", "mail_tokens"]).await
    }
}

/// Links in mails, each named by the task that sends it. `email` is the address that it proves, or the new one of a change.
fn mail_tokens() -> TableCreateStatement {
    Table::create()
        .table("mail_tokens")
        .col(uuid("task_id").primary_key())
        .col(uuid("user_id"))
        .col(text("purpose"))
        .col(binary_len("digest", 32))
        .col(text("email"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone("expires_at"))
        .col(timestamp_with_time_zone_null("used_at"))
        .check(Expr::cust("length(digest) = 32"))
        .foreign_key(&mut reference("mail_tokens", "user_id", ("users", "id"), OnDelete::Cascade))
        .to_owned()
}

/// Accounts at OpenID providers: a user has at most one of each.
fn identities() -> TableCreateStatement {
    Table::create()
        .table("identities")
        .col(uuid("id").primary_key())
        .col(uuid("user_id"))
        .col(text("issuer"))
        .col(text("subject"))
        .col(text_null("email"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone("last_used_at"))
        .foreign_key(&mut reference("identities", "user_id", ("users", "id"), OnDelete::Cascade))
        .to_owned()
}

/// `last_step` is that of the last code that was taken: no code of that step or before it is taken again.
fn totp_secrets() -> TableCreateStatement {
    Table::create()
        .table("totp_secrets")
        .col(uuid("user_id").primary_key())
        .col(blob("sealed_secret"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone_null("confirmed_at"))
        .col(big_integer("last_step").default(0))
        .foreign_key(&mut reference("totp_secrets", "user_id", ("users", "id"), OnDelete::Cascade))
        .to_owned()
}

/// Each works once.
fn recovery_codes() -> TableCreateStatement {
    Table::create()
        .table("recovery_codes")
        .col(uuid("user_id"))
        .col(binary_len("digest", 32))
        .col(timestamp_with_time_zone_null("used_at"))
        .primary_key(Index::create().col("user_id").col("digest"))
        .check(Expr::cust("length(digest) = 32"))
        .foreign_key(&mut reference("recovery_codes", "user_id", ("users", "id"), OnDelete::Cascade))
        .to_owned()
}
