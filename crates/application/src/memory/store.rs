//! The store itself: who may write, and when.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

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
    turn_wait: Duration,
    clock: Arc<dyn Clock>,
    /// In milliseconds.
    commit_delay: AtomicU64,
}

impl MemoryStore {
    /// An empty store whose tasks are timed by `clock`.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            committed: Committed::default(),
            turn: Arc::default(),
            turn_wait: TURN_WAIT,
            clock,
            commit_delay: AtomicU64::default(),
        }
    }

    /// From now on, whoever commits is told that much later, in whole milliseconds, though it is done at once.
    pub fn answer_commits_after(&self, delay: Duration) {
        let delay = u64::try_from(delay.as_millis()).unwrap_or(u64::MAX);
        self.commit_delay.store(delay, Ordering::Relaxed);
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn begin(&self) -> Result<Box<dyn UnitOfWork>> {
        let turn = timeout(self.turn_wait, Arc::clone(&self.turn).lock_owned())
            .await
            .map_err(|elapsed| RepositoryError::Unavailable(elapsed.into()))?;
        let delay = Duration::from_millis(self.commit_delay.load(Ordering::Relaxed));
        let transaction = Transaction::new(self.committed.clone(), turn, delay);
        Ok(Box::new(Connection::new(transaction, Arc::clone(&self.clock))))
    }

    async fn read(&self) -> Result<Box<dyn Repositories>> {
        Ok(Box::new(Connection::new(self.committed.clone(), Arc::clone(&self.clock))))
    }

    /// As the databases that are servers do: what rests on it is tested with this store.
    fn appends_at_once(&self) -> bool {
        true
    }

    async fn ping(&self) -> Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use futures::{FutureExt, poll};
    use plaza_domain::{DisplayName, Email, PasswordHash, User, UserId, Username, repository::Constraint};
    use uuid::Uuid;

    use super::*;
    use crate::memory::ManualClock;

    fn store() -> MemoryStore {
        MemoryStore::new(Arc::new(ManualClock::default()))
    }

    fn user(number: u128, name: &str) -> User {
        let now = ManualClock::default().now();
        let id = UserId::new(Uuid::from_u128(number));
        let email = Email::from_stored(format!("{name}@example.org"));
        let username = Username::from_stored(name.to_owned());
        let display_name = DisplayName::from_stored(name.to_owned());
        User::new(id, email, username, display_name, PasswordHash::none(), now)
    }

    #[tokio::test]
    async fn others_see_a_write_when_it_is_committed_and_not_before() -> Result<()> {
        let (store, ada) = (store(), user(1, "ada"));
        let mut reader = store.read().await?;
        let mut work = store.begin().await?;
        work.users().insert(&ada).await?;
        assert_eq!(work.users().find(ada.id).await?, Some(ada.clone()));
        assert_eq!(reader.users().find(ada.id).await?, None);
        work.commit().await?;
        assert_eq!(reader.users().find(ada.id).await?, Some(ada));
        Ok(())
    }

    #[tokio::test]
    async fn a_dropped_unit_of_work_leaves_nothing_behind() -> Result<()> {
        let (store, ada) = (store(), user(1, "ada"));
        let mut work = store.begin().await?;
        work.users().insert(&ada).await?;
        drop(work);
        assert_eq!(store.read().await?.users().find(ada.id).await?, None);
        // Also not in what the next writer starts from: the same account can be made.
        let mut work = store.begin().await?;
        work.users().insert(&ada).await?;
        work.commit().await
    }

    #[tokio::test]
    async fn a_second_writer_starts_from_what_the_first_committed() -> Result<()> {
        let (store, ada) = (store(), user(1, "ada"));
        let mut first = store.begin().await?;
        let mut second = store.begin().boxed();
        assert!(poll!(&mut second).is_pending());
        first.users().insert(&ada).await?;
        first.commit().await?;
        assert_eq!(second.await?.users().find(ada.id).await?, Some(ada));
        Ok(())
    }

    #[tokio::test]
    async fn a_writer_does_not_wait_forever() -> Result<()> {
        let store = MemoryStore { turn_wait: Duration::from_millis(1), ..store() };
        let _first = store.begin().await?;
        assert!(matches!(store.begin().await, Err(RepositoryError::Unavailable(_))));
        Ok(())
    }

    #[tokio::test]
    async fn a_reader_cannot_write() -> Result<()> {
        let mut reader = store().read().await?;
        let refused = reader.users().insert(&user(1, "ada")).await;
        assert!(matches!(refused, Err(RepositoryError::Unavailable(_))));
        Ok(())
    }

    #[tokio::test]
    async fn an_address_and_a_handle_belong_to_one_account() -> Result<()> {
        let store = store();
        let mut work = store.begin().await?;
        work.users().insert(&user(1, "ada")).await?;
        let same_email = User { username: Username::from_stored("grace".to_owned()), ..user(2, "ada") };
        let same_username =
            User { email: Email::from_stored("grace@example.org".to_owned()), ..user(3, "ada") };
        for (second, expected) in
            [(same_email, Constraint::UserEmail), (same_username, Constraint::UserUsername)]
        {
            let refused = work.users().insert(&second).await;
            assert!(
                matches!(refused, Err(RepositoryError::Conflict { constraint }) if constraint == expected),
                "{refused:?}"
            );
        }
        Ok(())
    }
}
