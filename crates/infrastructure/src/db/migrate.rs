//! Brings the schema up to date, once, however many instances start at the same time.

use plaza_domain::repository::Result;
use plaza_migration::{Migrator, MigratorTrait};
use sea_orm::{ConnectionTrait, DbBackend};

use super::error::from_db;
use super::store::SeaOrmStore;

/// How long the one connection that writes to SQLite waits for another process: a minute for a migration, and then
/// again as long as [`connect`](super::connect()) says.
const SQLITE_PATIENCE: &str = "PRAGMA busy_timeout = 60000";
const SQLITE_USUAL: &str = "PRAGMA busy_timeout = 5000";

/// Holds the lock until the transaction ends, however it ends. The number means nothing; it must only be Plaza's own.
/// A migration may rightly take longer than a statement of a request.
const POSTGRES_LOCK: &str = "SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = '60s'; \
     SELECT pg_advisory_xact_lock(7812061104)";

/// Runs the steps that the database does not have yet, all or none, in one transaction that also is the lock: SQLite
/// has one writer at a time, and on Postgres it takes an advisory lock.
///
/// # Errors
/// `Unavailable` when a step fails, or when another instance is still migrating after a minute.
pub async fn migrate(store: &SeaOrmStore) -> Result<()> {
    let writer = store.writer();
    if writer.get_database_backend() == DbBackend::Postgres {
        return migrate_locked(store, Some(POSTGRES_LOCK)).await;
    }
    writer.execute_unprepared(SQLITE_PATIENCE).await.map_err(from_db)?;
    let outcome = migrate_locked(store, None).await;
    writer.execute_unprepared(SQLITE_USUAL).await.map_err(from_db)?;
    outcome
}

async fn migrate_locked(store: &SeaOrmStore, lock: Option<&str>) -> Result<()> {
    let transaction = store.begin_write().await?;
    if let Some(lock) = lock {
        transaction.execute_unprepared(lock).await.map_err(from_db)?;
    }
    let pending = Migrator::get_pending_migrations_read_only(&transaction).await.map_err(from_db)?;
    if pending.is_empty() {
        return Ok(());
    }
    Migrator::up(&transaction, None).await.map_err(from_db)?;
    transaction.commit().await.map_err(from_db)?;
    for step in pending {
        tracing::info!(migration.name = step.name(), "migrated the database");
    }
    Ok(())
}
