//! A task whose worker has vanished is run with nothing beside it: should it be what takes workers down, it does not take
//! its neighbours' chances with it.

use tokio::sync::{Mutex, MutexGuard, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// Who runs beside whom in a worker.
#[derive(Debug, Default)]
pub(super) struct Isolation {
    running: RwLock<()>,
    suspect: Mutex<()>,
}

/// A place to run, until it is dropped.
#[expect(dead_code, reason = "held for what dropping them does")]
pub(super) enum Place<'a> {
    Beside(RwLockReadGuard<'a, ()>),
    Alone(RwLockWriteGuard<'a, ()>, MutexGuard<'a, ()>),
}

impl Isolation {
    /// Waits for a place for a task with which that many workers have vanished; `None` when another task that must be alone runs or waits: one that waits here would be counted
    /// as crashed together with it.
    pub(super) async fn enter(&self, crashes: i32) -> Option<Place<'_>> {
        if crashes == 0 {
            return Some(Place::Beside(self.running.read().await));
        }
        let turn = self.suspect.try_lock().ok()?;
        Some(Place::Alone(self.running.write().await, turn))
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    #[tokio::test]
    async fn a_task_whose_worker_has_vanished_runs_alone() {
        let isolation = Isolation::default();
        let (one, two) = (isolation.enter(0).await, isolation.enter(0).await);
        let mut suspect = Box::pin(isolation.enter(1));
        assert!(suspect.as_mut().now_or_never().is_none(), "others run");
        assert!(isolation.enter(2).await.is_none(), "another one waits");
        drop((one, two));
        let alone = suspect.await;
        assert!(alone.is_some());
        assert!(isolation.enter(0).now_or_never().is_none(), "nothing begins beside it");
        drop(alone);
        assert!(isolation.enter(1).await.is_some());
    }
}
