//! Opens a database with the settings that Plaza's promises rest on: what was acknowledged is on disk, nothing waits
//! for ever, and a transaction whose process froze does not hold a room's lock for long.

use std::{
    fmt, io,
    path::{Path, PathBuf},
    time::Duration,
};

use sea_orm::sqlx::{
    postgres::PgConnectOptions,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};
use sea_orm::{ConnectOptions, Database, DbErr, RuntimeErr};
use thiserror::Error;

use super::store::SeaOrmStore;
use crate::folder::create_folder_aside;

/// How long SQLite waits for another process's write.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Batches of messages and lists of keys come in many lengths, each a statement of its own.
const CACHED_STATEMENTS: usize = 512;
/// How many rows SQLite may read ahead of who takes them; its thread and theirs wait for each other once a page then.
const ROWS_AHEAD: usize = 256;
/// How much of a SQLite database the connection that writes may remember, in KiB and negative (2 MiB by default): what
/// the next message is added to is there, in all indexes of all rooms that are in use. The file is not mapped into memory
/// instead: there, a disk that fails would end the process, not a query.
const WRITERS_CACHE: &str = "-16384";
/// After how many pages of 4 KiB SQLite's log is folded into the database (1,000 by default), which the commit then
/// waits for. Most commits write the same pages: folded less often, these are folded once for many of them. A start after
/// a crash reads what was not folded.
const FOLD_AFTER: &str = "4000";
/// A connection that was used a moment ago is not asked whether it still works.
const PING_AFTER_IDLE: Duration = Duration::from_secs(1);
/// How dear a page is that is read by itself, next to one that is read in turn. Postgres' own figure, 4, is that of
/// disks that turn: with it, it reads a table of thousands of rows whole rather than look up the 64 that a batch names.
const PAGE_COST: (&str, &str) = ("random_page_cost", "1.1");
/// Limits of a Postgres session, in milliseconds; the last one ends transactions whose process froze.
const POSTGRES_LIMITS: [(&str, &str); 4] = [
    ("synchronous_commit", "on"),
    ("statement_timeout", "30000"),
    ("lock_timeout", "10000"),
    ("idle_in_transaction_session_timeout", "15000"),
];

/// Where the database is, and how it may be used.
#[derive(Clone)]
pub struct DatabaseSettings {
    /// `sqlite:path` or `postgres://…`.
    pub url: String,
    /// How many connections may be open. SQLite has one more, for writing.
    pub max_connections: u32,
    /// How long to wait for one.
    pub acquire_timeout: Duration,
}

/// Leaves the URL out: it may hold a password.
impl fmt::Debug for DatabaseSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DatabaseSettings")
            .field("max_connections", &self.max_connections)
            .field("acquire_timeout", &self.acquire_timeout)
            .finish_non_exhaustive()
    }
}

/// Why a database could not be opened. Never shows the URL.
#[derive(Debug, Error)]
pub enum ConnectError {
    /// The URL is of another kind.
    #[error("the database URL must begin with sqlite: or postgres:")]
    Unsupported,
    /// The URL of a SQLite database without a file.
    #[error("the database URL must name a file: one in memory cannot be shared by several connections")]
    InMemory,
    /// The URL cannot be read.
    #[error("the database URL is malformed")]
    Malformed(#[source] DbErr),
    /// A SQLite database has no place to be.
    #[error("{} cannot be created", path.display())]
    Create {
        /// The file or its directory.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The database cannot be reached, or refuses.
    #[error("the database cannot be opened")]
    Database(#[source] DbErr),
}

/// Opens a database; a SQLite database that is not there is made. The schema is left alone: see
/// [`migrate()`](super::migrate()).
///
/// # Errors
/// When the URL cannot be used or the database cannot be reached within `acquire_timeout`.
pub async fn connect(settings: &DatabaseSettings) -> Result<SeaOrmStore, ConnectError> {
    match settings.url.split_once(':').map(|(scheme, _)| scheme) {
        Some("sqlite") => connect_sqlite(settings).await,
        Some("postgres" | "postgresql") => connect_postgres(settings).await,
        _ => Err(ConnectError::Unsupported),
    }
}

async fn connect_sqlite(settings: &DatabaseSettings) -> Result<SeaOrmStore, ConnectError> {
    let options: SqliteConnectOptions = parse(&settings.url)?;
    let path = options.get_filename().to_owned();
    if settings.url.contains(":memory:")
        || settings.url.contains("mode=memory")
        || path.as_os_str().is_empty()
    {
        return Err(ConnectError::InMemory);
    }
    create_file(&path).await?;

    let options = options
        .foreign_keys(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(BUSY_TIMEOUT)
        .statement_cache_capacity(CACHED_STATEMENTS)
        .row_buffer_size(ROWS_AHEAD)
        .pragma("temp_store", "MEMORY")
        .pragma("wal_autocheckpoint", FOLD_AFTER);
    let reading = options.clone().pragma("query_only", "ON");
    let writing = options.pragma("cache_size", WRITERS_CACHE);
    let writer = open(sqlite_pool(settings, writing, 1)).await?;
    let reader = open(sqlite_pool(settings, reading, settings.max_connections)).await?;
    Ok(SeaOrmStore::new(writer, reader))
}

fn sqlite_pool(settings: &DatabaseSettings, options: SqliteConnectOptions, size: u32) -> ConnectOptions {
    let mut pool = pool("sqlite:", settings, size);
    pool.test_before_acquire(false).idle_timeout(None).max_lifetime(None);
    pool.map_sqlx_sqlite_opts(move |_| options.clone());
    pool
}

/// Makes the file with access for its owner only, which SQLite passes on to the files beside it.
async fn create_file(path: &Path) -> Result<(), ConnectError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| ConnectError::Create { path, source }
    };
    if let Some(directory) = path.parent() {
        create_folder_aside(directory).await.map_err(failed(directory))?;
    }
    let mut file = tokio::fs::OpenOptions::new();
    file.create(true).append(true);
    #[cfg(unix)]
    file.mode(0o600);
    file.open(path).await.map(drop).map_err(failed(path))
}

async fn connect_postgres(settings: &DatabaseSettings) -> Result<SeaOrmStore, ConnectError> {
    let options: PgConnectOptions = parse(&settings.url)?;
    let options = options
        .options(POSTGRES_LIMITS)
        .options([PAGE_COST])
        .statement_cache_capacity(CACHED_STATEMENTS)
        .application_name("plaza");
    // SeaORM shows the URL it is given in traces: it gets one without a password.
    let mut pool = pool("postgres://localhost", settings, settings.max_connections);
    pool.test_before_acquire_if_idle_for(PING_AFTER_IDLE);
    pool.map_sqlx_postgres_opts(move |_| options.clone());
    let connection = open(pool).await?;
    Ok(SeaOrmStore::new(connection.clone(), connection))
}

fn pool(url: &str, settings: &DatabaseSettings, size: u32) -> ConnectOptions {
    let mut pool = ConnectOptions::new(url);
    pool.max_connections(size.max(1)).acquire_timeout(settings.acquire_timeout).record_stmt_in_spans(false);
    pool
}

fn parse<O: std::str::FromStr<Err = sea_orm::sqlx::Error>>(url: &str) -> Result<O, ConnectError> {
    url.parse().map_err(|error| {
        let cause = RuntimeErr::SqlxError(std::sync::Arc::new(error));
        ConnectError::Malformed(DbErr::Conn(cause))
    })
}

async fn open(pool: ConnectOptions) -> Result<sea_orm::DatabaseConnection, ConnectError> {
    Database::connect(pool).await.map_err(ConnectError::Database)
}

#[cfg(test)]
mod tests;
