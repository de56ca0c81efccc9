//! The store itself: who may write, and when.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use plaza_domain::{Clock, Repositories, RepositoryError, Store, UnitOfWork, repository::Result};
use tokio::{sync::Mutex, time::timeout};

use super::connection::{Committed, Connection, Transaction};

/// How long [`Store::begin`] waits for the writer before it.
const TURN_WAIT: Duration = Duration::from_secs(5);

/// A [`Store`] in memory, with the transactions and constraints of a database: one writer at a time, readers who never
/// wait, and nothing visible before it is committed.
pub struct MemoryStore {
    committed: Committed,
    turn: Arc<Mutex<()>>,
    clock: Arc<dyn Clock>,
}

impl MemoryStore {
    /// An empty store, whose tasks are timed by `clock`.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            committed: Committed::default(),
            turn: Arc::default(),
            clock,
        }
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn begin(&self) -> Result<Box<dyn UnitOfWork>> {
        let turn = timeout(TURN_WAIT, Arc::clone(&self.turn).lock_owned())
            .await
            .map_err(|elapsed| RepositoryError::Unavailable(elapsed.into()))?;
        let transaction = Transaction::new(self.committed.clone(), turn);
        Ok(Box::new(Connection::new(transaction, Arc::clone(&self.clock))))
    }

    async fn read(&self) -> Result<Box<dyn Repositories>> {
        Ok(Box::new(Connection::new(
            self.committed.clone(),
            Arc::clone(&self.clock),
        )))
    }

    async fn ping(&self) -> Result<()> {
        Ok(())
    }
}
