//! What implements the repositories: a look at what is committed, or a transaction.

use std::{
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use async_trait::async_trait;
use plaza_domain::{Clock, RepositoryError, UnitOfWork, repository::Result};
use tokio::{sync::OwnedMutexGuard, time::sleep};

use super::tables::Tables;

/// How a repository gets at the tables.
pub(super) trait Access: Send + Sync {
    /// The tables as they are for this call.
    fn tables(&self) -> Arc<Tables>;

    /// The tables, to write to.
    fn tables_mut(&mut self) -> Result<&mut Tables>;
}

/// The one type that implements every repository, each in a file of its own.
pub(super) struct Connection<A> {
    access: A,
    /// Stands for the database's clock, which times tasks.
    pub(super) clock: Arc<dyn Clock>,
}

impl<A: Access> Connection<A> {
    pub(super) fn new(access: A, clock: Arc<dyn Clock>) -> Self {
        Self { access, clock }
    }

    pub(super) fn tables(&self) -> Arc<Tables> {
        self.access.tables()
    }

    pub(super) fn tables_mut(&mut self) -> Result<&mut Tables> {
        self.access.tables_mut()
    }
}

#[async_trait]
impl UnitOfWork for Connection<Transaction> {
    async fn commit(self: Box<Self>) -> Result<()> {
        let delay = self.access.answer_delay;
        self.access.commit();
        if !delay.is_zero() {
            sleep(delay).await;
        }
        Ok(())
    }
}

/// What is committed, shared by a store and its connections.
#[derive(Clone, Default)]
pub(super) struct Committed(Arc<RwLock<Arc<Tables>>>);

impl Committed {
    fn replace(&self, tables: Arc<Tables>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = tables;
    }
}

impl Access for Committed {
    fn tables(&self) -> Arc<Tables> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn tables_mut(&mut self) -> Result<&mut Tables> {
        Err(RepositoryError::Unavailable("this connection only reads: begin a unit of work to write".into()))
    }
}

/// Changes that nobody else sees before they are committed.
pub(super) struct Transaction {
    tables: Arc<Tables>,
    committed: Committed,
    /// How long after its commit that is told.
    answer_delay: Duration,
    /// Held until the end: there is one writer at a time.
    _turn: OwnedMutexGuard<()>,
}

impl Transaction {
    pub(super) fn new(committed: Committed, turn: OwnedMutexGuard<()>, answer_delay: Duration) -> Self {
        Self { tables: committed.tables(), committed, answer_delay, _turn: turn }
    }

    fn commit(self) {
        self.committed.replace(self.tables);
    }
}

impl Access for Transaction {
    fn tables(&self) -> Arc<Tables> {
        Arc::clone(&self.tables)
    }

    fn tables_mut(&mut self) -> Result<&mut Tables> {
        Ok(Arc::make_mut(&mut self.tables))
    }
}
