//! One empty store of each kind.

use std::{sync::Arc, time::Duration};

use plaza_application::memory::MemoryStore;
use plaza_domain::Store;
use plaza_infrastructure::clock::SystemClock;
use plaza_infrastructure::db::{DatabaseSettings, connect, migrate};
use tempfile::TempDir;

use super::Outcome;

/// What a fixture or a helper returns.
pub(crate) type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// A store, and the directory that it needs for as long.
pub(crate) struct Fixture {
    store: Arc<dyn Store>,
    _directory: Option<TempDir>,
}

impl Fixture {
    pub(crate) fn store(&self) -> Arc<dyn Store> {
        Arc::clone(&self.store)
    }
}

pub(crate) async fn memory() -> Result<Fixture> {
    Ok(Fixture { store: Arc::new(MemoryStore::new(Arc::new(SystemClock))), _directory: None })
}

pub(crate) async fn sqlite() -> Result<Fixture> {
    let directory = tempfile::tempdir()?;
    let store = connect(&settings(sqlite_url(&directory))).await?;
    migrate(&store).await?;
    Ok(Fixture { store: Arc::new(store), _directory: Some(directory) })
}

pub(crate) async fn postgres() -> Result<Fixture> {
    let store = connect(&settings(plaza_tests::servers::postgres_database().await)).await?;
    migrate(&store).await?;
    Ok(Fixture { store: Arc::new(store), _directory: None })
}

pub(crate) fn sqlite_url(directory: &TempDir) -> String {
    format!("sqlite:{}", directory.path().join("data/plaza.db").display())
}

pub(crate) fn settings(url: String) -> DatabaseSettings {
    DatabaseSettings { url, max_connections: 8, acquire_timeout: Duration::from_secs(20) }
}

/// Runs `count` attempts at the same time and counts those that came out true.
pub(crate) async fn race<F>(count: usize, attempt: impl Fn(usize) -> F) -> Result<usize>
where
    F: Future<Output = Result<bool>> + Send + 'static,
{
    let mut running = tokio::task::JoinSet::new();
    for number in 0..count {
        running.spawn(attempt(number));
    }
    let mut won = 0;
    while let Some(outcome) = running.join_next().await {
        won += usize::from(outcome??);
    }
    Ok(won)
}

/// Fails unless `result` is a conflict with `constraint`.
pub(crate) fn assert_conflict<T: std::fmt::Debug>(
    result: plaza_domain::repository::Result<T>,
    constraint: plaza_domain::repository::Constraint,
) -> Outcome {
    match result {
        Err(plaza_domain::RepositoryError::Conflict { constraint: broken }) => {
            assert_eq!(broken, constraint);
            Ok(())
        }
        other => Err(format!("expected a conflict with {constraint:?}, got {other:?}").into()),
    }
}

/// Fails unless what was to be changed was not there.
pub(crate) fn assert_not_found<T: std::fmt::Debug>(result: plaza_domain::repository::Result<T>) -> Outcome {
    match result {
        Err(plaza_domain::RepositoryError::NotFound { .. }) => Ok(()),
        other => Err(format!("expected that nothing was found, got {other:?}").into()),
    }
}
