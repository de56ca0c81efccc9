//! Recurring jobs.

use std::sync::Arc;

use plaza_domain::{RecurringJob, Store, TaskId, Timestamp, repository::Result};

use super::{
    Outcome,
    builders::{at, id},
    fixture::race,
};

async fn ensured(store: &Arc<dyn Store>, name: &str, next_run_at: Timestamp) -> Result<()> {
    let mut work = store.begin().await?;
    work.jobs().ensure(name, next_run_at).await?;
    work.commit().await
}

async fn listed(store: &Arc<dyn Store>) -> Result<Vec<RecurringJob>> {
    store.read().await?.jobs().list().await
}

fn job(name: &str, next_run_at: Timestamp) -> RecurringJob {
    RecurringJob { name: name.to_owned(), next_run_at, last_run_at: None, last_task_id: None }
}

pub(crate) async fn a_job_is_due_no_later_than_it_was_said_to_be(store: Arc<dyn Store>) -> Outcome {
    ensured(&store, "sweep", at(60)).await?;
    ensured(&store, "purge", at(90)).await?;
    ensured(&store, "sweep", at(70)).await?;
    assert_eq!(listed(&store).await?, [job("purge", at(90)), job("sweep", at(60))]);
    ensured(&store, "purge", at(30)).await?;
    assert_eq!(listed(&store).await?, [job("purge", at(30)), job("sweep", at(60))]);
    Ok(())
}

pub(crate) async fn of_twenty_schedulers_one_moves_a_job_on(store: Arc<dyn Store>) -> Outcome {
    ensured(&store, "sweep", at(60)).await?;
    let won = race(20, |_| {
        let store = Arc::clone(&store);
        async move {
            let mut work = store.begin().await?;
            let is_mine = work.jobs().advance("sweep", at(60), at(120)).await?;
            work.commit().await?;
            Ok(is_mine)
        }
    });
    assert_eq!(won.await?, 1);
    assert_eq!(listed(&store).await?, [job("sweep", at(120))]);
    let mut work = store.begin().await?;
    assert!(!work.jobs().advance("brew", at(60), at(120)).await?, "a job that nobody knows");
    Ok(())
}

pub(crate) async fn a_job_knows_its_last_task(store: Arc<dyn Store>) -> Outcome {
    ensured(&store, "sweep", at(60)).await?;
    let task_id = TaskId::new(id());
    let mut work = store.begin().await?;
    assert!(work.jobs().record("sweep", at(61), task_id).await?);
    assert!(!work.jobs().record("brew", at(61), task_id).await?);
    work.commit().await?;
    let known =
        RecurringJob { last_run_at: Some(at(61)), last_task_id: Some(task_id), ..job("sweep", at(60)) };
    assert_eq!(listed(&store).await?, [known]);
    Ok(())
}

pub(crate) async fn jobs_that_are_not_known_any_more_are_forgotten(store: Arc<dyn Store>) -> Outcome {
    for name in ["brew", "purge", "sweep"] {
        ensured(&store, name, at(60)).await?;
    }
    let mut work = store.begin().await?;
    assert_eq!(work.jobs().retain(&["purge", "sweep", "new"]).await?, 1);
    work.commit().await?;
    assert_eq!(listed(&store).await?, [job("purge", at(60)), job("sweep", at(60))]);
    Ok(())
}
