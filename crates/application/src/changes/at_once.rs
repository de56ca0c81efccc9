//! What keeps a server quick when everybody comes back at the same time, after a restart or a broken network.

use std::{sync::Arc, time::Duration};

use moka::future::Cache;
use plaza_domain::{ChangePage, RoomId, Version};
use tokio::{
    sync::{Semaphore, SemaphorePermit},
    time::timeout,
};

use crate::{Error, Result};

/// How many read at a time; twice as many as there are connections to the database by default. The others wait with
/// nothing in their hands: a statement that waits for a connection is 15 KiB, and thousands come at once.
const READERS: usize = 32;
/// How long somebody waits for their turn.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long a page is kept. What it says cannot grow old: it is of the room as it was at one version.
const KEPT: Duration = Duration::from_secs(1);
/// How many changes are kept in all pages together.
const MAX_KEPT: u64 = 4_096;

/// What is missed of a room, and how much of it a page has at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Gap {
    pub room_id: RoomId,
    pub since: Version,
    /// Where the room is: whoever has found it further in the database gets a newer page.
    pub head: Version,
    pub limit: u64,
}

/// Lets so many read at a time, and reads once what many ask for.
pub(super) struct AtOnce {
    turns: Semaphore,
    pages: Cache<Gap, Arc<ChangePage>>,
}

impl AtOnce {
    pub(super) fn new() -> Self {
        let pages = Cache::builder()
            .max_capacity(MAX_KEPT)
            .weigher(|_, page: &Arc<ChangePage>| u32::try_from(page.changes.len()).unwrap_or(u32::MAX).max(1))
            .time_to_live(KEPT)
            .build();
        Self { turns: Semaphore::new(READERS), pages }
    }

    /// Waits until the caller may read, which is until the permit is dropped. Nobody waits for a client with one.
    ///
    /// # Errors
    /// `Unavailable` when that takes too long.
    pub(super) async fn turn(&self) -> Result<SemaphorePermit<'_>> {
        let turn = timeout(PATIENCE, self.turns.acquire()).await;
        turn.map_err(|late| Error::Unavailable(late.into()))?
            .map_err(|closed| Error::Unavailable(closed.into()))
    }

    /// A page that is the same for all who are told it; `read` is called by one of those who ask for it at once.
    ///
    /// # Errors
    /// `Unavailable`, or `Internal`, as `read`.
    pub(super) async fn page(
        &self,
        gap: Gap,
        read: impl Future<Output = Result<ChangePage>>,
    ) -> Result<ChangePage> {
        let read = async { read.await.map(Arc::new) };
        let page = self.pages.try_get_with(gap, read).await.map_err(shared)?;
        Ok(Arc::unwrap_or_clone(page))
    }
}

/// What each of those is told who waited for what could not be read.
fn shared(failure: Arc<Error>) -> Error {
    match &*failure {
        Error::Internal(_) => Error::Internal(failure.into()),
        _ => Error::Unavailable(failure.into()),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use futures::future::join;
    use plaza_domain::Seq;
    use tokio::{task::yield_now, time::advance};
    use uuid::Uuid;

    use super::*;

    fn gap(head: i64) -> Gap {
        let room_id = RoomId::new(Uuid::from_u128(1));
        Gap { room_id, since: Version::new(1), head: Version::new(head), limit: 10 }
    }

    /// A database that is asked, and fails when it shall.
    #[derive(Default)]
    struct Reads(AtomicU64);

    impl Reads {
        async fn read(&self, version: i64, fails: bool) -> Result<ChangePage> {
            self.0.fetch_add(1, Ordering::Relaxed);
            yield_now().await;
            if fails {
                return Err(Error::Unavailable("cut off by the test".into()));
            }
            let version = Version::new(version);
            Ok(ChangePage {
                changes: Vec::new(),
                version,
                last_seq: Seq::ZERO,
                has_more: false,
                reset: false,
            })
        }

        fn count(&self) -> u64 {
            self.0.load(Ordering::Relaxed)
        }
    }

    #[tokio::test]
    async fn what_many_miss_is_read_once_until_the_room_is_further() -> Result<()> {
        let (at_once, reads) = (AtOnce::new(), Reads::default());
        let (one, other) =
            join(at_once.page(gap(5), reads.read(5, false)), at_once.page(gap(5), reads.read(5, false)))
                .await;
        assert_eq!((one?, reads.count()), (other?, 1));
        let newer = at_once.page(gap(6), reads.read(6, false)).await?;
        assert_eq!((newer.version, reads.count()), (Version::new(6), 2));
        Ok(())
    }

    #[tokio::test]
    async fn a_failure_is_told_to_those_who_waited_for_it_and_not_kept() -> Result<()> {
        let (at_once, reads) = (AtOnce::new(), Reads::default());
        let waited =
            join(at_once.page(gap(5), reads.read(5, true)), at_once.page(gap(5), reads.read(5, true)));
        let (one, other) = waited.await;
        assert!(matches!((&one, &other), (Err(Error::Unavailable(_)), Err(Error::Unavailable(_)))));
        assert_eq!(reads.count(), 1);
        let again = at_once.page(gap(5), reads.read(5, false)).await?;
        assert_eq!(again.version, Version::new(5));
        Ok(())
    }

    #[tokio::test]
    async fn who_gives_up_while_they_read_leaves_it_to_the_next() -> Result<()> {
        let (at_once, reads) = (AtOnce::new(), Reads::default());
        let mut leaving = Box::pin(at_once.page(gap(5), reads.read(5, false)));
        assert!(futures::poll!(leaving.as_mut()).is_pending());
        let mut staying = Box::pin(at_once.page(gap(5), reads.read(5, false)));
        assert!(futures::poll!(staying.as_mut()).is_pending());
        assert_eq!(reads.count(), 1, "the other one reads");
        drop(leaving);
        assert_eq!((staying.await?.version, reads.count()), (Version::new(5), 2));
        Ok(())
    }

    #[tokio::test(start_paused = true)]
    async fn who_waits_too_long_for_a_turn_is_told_so() -> Result<()> {
        let at_once = AtOnce::new();
        let mut turns = Vec::new();
        for _ in 0..READERS {
            turns.push(at_once.turn().await?);
        }
        let mut late = Box::pin(at_once.turn());
        assert!(futures::poll!(late.as_mut()).is_pending());
        advance(PATIENCE).await;
        assert!(matches!(late.await, Err(Error::Unavailable(_))));
        turns.pop();
        at_once.turn().await.map(drop)
    }
}
