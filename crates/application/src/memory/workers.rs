//! Who does background work.

use async_trait::async_trait;
use chrono::TimeDelta;
use plaza_domain::{
    SeenWorker, WorkerId, WorkerStatus,
    repository::{Result, WorkerRepository},
};

use super::{
    connection::{Access, Connection},
    table::rows,
};

#[async_trait]
impl<A: Access> WorkerRepository for Connection<A> {
    async fn save(&mut self, worker: &WorkerStatus) -> Result<()> {
        let seen = SeenWorker { status: worker.clone(), seen_at: self.clock.now() };
        self.tables_mut()?.workers.insert(worker.id, seen);
        Ok(())
    }

    async fn list(&mut self, limit: u64) -> Result<Vec<SeenWorker>> {
        let mut workers: Vec<SeenWorker> = self.tables().workers.values().cloned().collect();
        workers.sort_by_key(|worker| (worker.status.started_at, worker.status.id));
        workers.truncate(rows(limit));
        Ok(workers)
    }

    async fn remove(&mut self, id: WorkerId) -> Result<()> {
        self.tables_mut()?.workers.remove(&id);
        Ok(())
    }

    async fn purge(&mut self, silent_for: TimeDelta) -> Result<u64> {
        let since = self.clock.now() - silent_for;
        let workers = &mut self.tables_mut()?.workers;
        let before = workers.len();
        workers.retain(|_, worker| worker.seen_at >= since);
        Ok((before - workers.len()) as u64)
    }
}
