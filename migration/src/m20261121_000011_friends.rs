//! Friends: what two users are to each other, one row for each pair.

use sea_orm_migration::{prelude::*, schema::*};

use crate::ddl::{self, OnDelete, index, partial, reference};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const FRIENDS: &str = "state = 'friends'";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let (low, high) = ("friendships_low_idx", "friendships_high_idx");
        let (incoming, outgoing) = ("friendships_incoming_idx", "friendships_outgoing_idx");
        let indexes = vec![
            // A user's friends are those with a greater id and those with a smaller one.
            partial(index(low, "friendships", &["low_user_id", "high_user_id"]), FRIENDS),
            partial(index(high, "friendships", &["high_user_id", "low_user_id"]), FRIENDS),
            partial(
                index(incoming, "friendships", &["asked_id", "since", "asker_id"]),
                "state = 'requested' AND NOT is_hidden",
            ),
            partial(
                index(outgoing, "friendships", &["asker_id", "since", "asked_id"]),
                "state = 'requested'",
            ),
        ];
        ddl::create(manager, vec![friendships()], indexes).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl::drop(manager, &["friendships"]).await
    }
}

/// `low_user_id` is the smaller id. Who asked whom stands there while a request is open; `since` is when it was made,
/// or when the friendship began.
fn friendships() -> TableCreateStatement {
    Table::create()
        .table("friendships")
        .col(uuid("low_user_id"))
        .col(uuid("high_user_id"))
        .col(text("state"))
        .col(uuid_null("asker_id"))
        .col(uuid_null("asked_id"))
        .col(boolean("is_hidden"))
        .col(timestamp_with_time_zone_null("since"))
        .col(timestamp_with_time_zone_null("low_hidden_until"))
        .col(timestamp_with_time_zone_null("low_again_at"))
        .col(timestamp_with_time_zone_null("high_hidden_until"))
        .col(timestamp_with_time_zone_null("high_again_at"))
        .primary_key(Index::create().col("low_user_id").col("high_user_id"))
        .check(Expr::cust("low_user_id < high_user_id"))
        .check(Expr::cust("state IN ('strangers', 'requested', 'friends')"))
        .check(Expr::cust("(state = 'requested') = (asker_id IS NOT NULL)"))
        .check(Expr::cust("(asker_id IS NULL) = (asked_id IS NULL)"))
        .check(Expr::cust("(state = 'strangers') = (since IS NULL)"))
        .foreign_key(&mut reference("friendships", "low_user_id", ("users", "id"), OnDelete::Cascade))
        .foreign_key(&mut reference("friendships", "high_user_id", ("users", "id"), OnDelete::Cascade))
        .to_owned()
}
