//! The store: where transactions begin and reads start.

use async_trait::async_trait;
use plaza_domain::repository::{
    Repositories, Result, Store, Success, TaskRepository, UnitOfWork, append, in_transaction,
};
use plaza_domain::{Message, NewMessage, TaskId};
use sea_orm::{
    DatabaseConnection, DatabaseTransaction, DbBackend, SqliteTransactionMode, TransactionOptions,
    TransactionTrait,
};

use super::error::from_db;
use super::session::{MAX_KEYS, Session};

/// A write transaction says so from the start: one that reads first and upgrades later fails at once when another is
/// ahead of it, whatever the busy timeout. Postgres ignores it.
const WRITE: TransactionOptions = TransactionOptions {
    isolation_level: None,
    access_mode: None,
    sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
};

/// A SQLite or Postgres database. Cheap to clone: clones share the connections.
#[derive(Clone, Debug)]
pub struct SeaOrmStore {
    writer: DatabaseConnection,
    reader: DatabaseConnection,
}

impl SeaOrmStore {
    pub(super) fn new(writer: DatabaseConnection, reader: DatabaseConnection) -> Self {
        Self { writer, reader }
    }

    /// The connections that may write; on SQLite it is one.
    pub(super) fn writer(&self) -> &DatabaseConnection {
        &self.writer
    }

    #[cfg(test)]
    pub(super) fn reader(&self) -> &DatabaseConnection {
        &self.reader
    }

    /// Whether one statement is a transaction that takes one round trip. SQLite has no round trips.
    fn is_postgres(&self) -> bool {
        self.writer.get_database_backend() == DbBackend::Postgres
    }

    pub(super) async fn begin_write(&self) -> Result<DatabaseTransaction> {
        self.writer.begin_with_options(WRITE).await.map_err(from_db)
    }

    /// Closes every connection, once what they are doing is done; SQLite folds its write-ahead log into the database.
    ///
    /// # Errors
    /// `Unavailable` when the database refuses.
    pub async fn close(&self) -> Result<()> {
        self.reader.close_by_ref().await.map_err(from_db)?;
        self.writer.close_by_ref().await.map_err(from_db)
    }
}

#[async_trait]
impl Store for SeaOrmStore {
    async fn begin(&self) -> Result<Box<dyn UnitOfWork>> {
        Ok(Box::new(Session::new(self.begin_write().await?)))
    }

    async fn read(&self) -> Result<Box<dyn Repositories>> {
        Ok(Box::new(Session::new(self.reader.clone())))
    }

    async fn append(&self, messages: Vec<NewMessage>) -> Result<Vec<Message>> {
        let is_one_statement = self.appends_at_once() && messages.len() <= MAX_KEYS / 2;
        match messages.as_slice() {
            [_, ..] if is_one_statement => Session::new(self.writer.clone()).append(messages).await,
            _ => append::in_transaction(self, messages).await,
        }
    }

    /// SQLite runs in this process, and its writer has at hand what a reader would have to read anew after each write.
    fn appends_at_once(&self) -> bool {
        self.is_postgres()
    }

    async fn finish_many(&self, done: &[Success]) -> Result<Vec<(TaskId, i64)>> {
        if self.is_postgres() && done.len() <= MAX_KEYS / 2 {
            return Session::new(self.writer.clone()).finish_many(done).await;
        }
        in_transaction::finish_many(self, done).await
    }

    async fn ping(&self) -> Result<()> {
        self.reader.ping().await.map_err(from_db)
    }
}
