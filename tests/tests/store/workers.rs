//! Who does background work. When a worker was seen is told by the database's clock.

use std::sync::Arc;

use chrono::TimeDelta;
use plaza_domain::{SeenWorker, Store, WorkerId, WorkerStatus, repository::Result};

use super::{
    Outcome,
    builders::{at, id},
};

fn worker(started_seconds: i64) -> WorkerStatus {
    WorkerStatus {
        id: WorkerId::new(id()),
        host: "ada".to_owned(),
        pid: 4_000_000,
        version: "0.1.0".to_owned(),
        queues: vec!["default".to_owned(), "media".to_owned()],
        slots: 3,
        running: 0,
        started_at: at(started_seconds),
    }
}

async fn save(store: &Arc<dyn Store>, worker: &WorkerStatus) -> Result<()> {
    let mut work = store.begin().await?;
    work.workers().save(worker).await?;
    work.commit().await
}

async fn listed(store: &Arc<dyn Store>) -> Result<Vec<SeenWorker>> {
    store.read().await?.workers().list(10).await
}

pub(crate) async fn a_worker_is_listed_until_it_ends(store: Arc<dyn Store>) -> Outcome {
    let (second, first) = (worker(20), worker(10));
    save(&store, &second).await?;
    save(&store, &first).await?;
    let before = listed(&store).await?;
    let busy = WorkerStatus { running: 2, ..first.clone() };
    save(&store, &busy).await?;
    let workers = listed(&store).await?;
    let statuses: Vec<_> = workers.iter().map(|worker| worker.status.clone()).collect();
    assert_eq!(statuses, [busy, second.clone()]);
    assert!(workers[0].seen_at >= before[0].seen_at);
    assert_eq!(workers[1].seen_at, before[1].seen_at);
    assert_eq!(store.read().await?.workers().list(1).await?.len(), 1);

    let mut work = store.begin().await?;
    work.workers().remove(first.id).await?;
    work.workers().remove(first.id).await?;
    work.commit().await?;
    assert_eq!(listed(&store).await?.into_iter().map(|worker| worker.status).collect::<Vec<_>>(), [second]);
    Ok(())
}

pub(crate) async fn workers_that_were_silent_are_purged(store: Arc<dyn Store>) -> Outcome {
    save(&store, &worker(0)).await?;
    let mut work = store.begin().await?;
    assert_eq!(work.workers().purge(TimeDelta::hours(1)).await?, 0);
    // A negative length of silence is over already.
    assert_eq!(work.workers().purge(TimeDelta::seconds(-1)).await?, 1);
    work.commit().await?;
    assert_eq!(listed(&store).await?, []);
    Ok(())
}
