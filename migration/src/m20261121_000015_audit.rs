//! The audit log: a chain in which each entry has the hash of the one before it, and that only grows.

use sea_orm_migration::{prelude::*, schema::*, sea_orm::DbBackend};

use crate::ddl::{self, index};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let indexes = vec![
            index("audit_entries_actor_id_idx", "audit_entries", &["actor_id", "number"]),
            index("audit_entries_target_id_idx", "audit_entries", &["target_id", "number"]),
            index("audit_entries_action_idx", "audit_entries", &["action", "number"]),
            index("audit_entries_at_idx", "audit_entries", &["at", "number"]),
        ];
        ddl::create(manager, vec![audit_entries(), audit_head()], indexes).await?;
        let start = Query::insert()
            .into_table("audit_head")
            .columns(["id", "number", "hash"])
            .values_panic([1.into(), 0_i64.into(), vec![0_u8; 32].into()])
            .to_owned();
        manager.execute(start).await?;
        for statement in refuse_changes(manager.get_database_backend()) {
            manager.get_connection().execute_unprepared(statement).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl::drop(manager, &["audit_head", "audit_entries"]).await?;
        if manager.get_database_backend() == DbBackend::Postgres {
            manager.get_connection().execute_unprepared("DROP FUNCTION audit_entries_stay()").await?;
        }
        Ok(())
    }
}

/// No foreign keys: an entry outlives whom it tells of.
fn audit_entries() -> TableCreateStatement {
    Table::create()
        .table("audit_entries")
        .col(big_integer("number").primary_key())
        .col(timestamp_with_time_zone("at"))
        .col(text("action"))
        .col(text("actor_kind"))
        .col(uuid_null("actor_id"))
        .col(text_null("target_kind"))
        .col(uuid_null("target_id"))
        .col(text_null("address"))
        .col(text_null("user_agent"))
        .col(text("details"))
        .col(binary_len("previous_hash", 32))
        .col(binary_len("hash", 32).unique_key())
        .check(Expr::cust("length(previous_hash) = 32 AND length(hash) = 32"))
        .to_owned()
}

/// The one row that says where the chain ends; who appends locks it.
fn audit_head() -> TableCreateStatement {
    Table::create()
        .table("audit_head")
        .col(integer("id").primary_key())
        .col(big_integer("number"))
        .col(binary_len("hash", 32))
        .check(Expr::cust("id = 1 AND length(hash) = 32"))
        .to_owned()
}

/// Entries are written and stay as they are. Who owns the database can do away with this: the chain tells.
fn refuse_changes(backend: DbBackend) -> &'static [&'static str] {
    if backend == DbBackend::Postgres {
        return &[
            "CREATE FUNCTION audit_entries_stay() RETURNS trigger LANGUAGE plpgsql AS \
             $$ BEGIN RAISE EXCEPTION 'entries of the audit log stay as they are'; END $$",
            "CREATE TRIGGER audit_entries_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entries \
             FOR EACH STATEMENT EXECUTE FUNCTION audit_entries_stay()",
        ];
    }
    &[
        "CREATE TRIGGER audit_entries_no_update BEFORE UPDATE ON audit_entries \
         BEGIN SELECT RAISE(ABORT, 'entries of the audit log stay as they are'); END",
        "CREATE TRIGGER audit_entries_no_delete BEFORE DELETE ON audit_entries \
         BEGIN SELECT RAISE(ABORT, 'entries of the audit log stay as they are'); END",
    ]
}
