//! Calling tasks off, and giving them another chance.

use plaza_domain::{AuditAction, Task, TaskId, TaskState, UnitOfWork, repository::TaskFilter};

use super::{TaskService, file_state};
use crate::{Error, Operator, PageRequest, Result, audit, events::Event, policy::authorize_operation};

/// What came of giving many tasks another chance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Replayed {
    /// How many are ready again.
    pub retried: u64,
    /// How many were left as they are, because another task with the same key waits or runs, or because somebody else
    /// was faster.
    pub skipped: u64,
    /// Where to go on; `None` when these were the last.
    pub next: Option<TaskId>,
}

impl TaskService {
    /// Calls a task off: one that waits is cancelled at once, and one that runs is asked to end. Returns it as it is
    /// then.
    ///
    /// # Errors
    /// `Forbidden`, `NotFound`; `Conflict` when it has ended.
    pub async fn cancel(&self, by: Operator<'_>, id: TaskId) -> Result<Task> {
        authorize_operation(by)?;
        let mut work = self.store.begin().await?;
        let Some(task) = work.tasks().cancel(id).await? else {
            return Err(refusal(&mut *work, id, "only tasks that wait or run can be cancelled").await);
        };
        let event = match task.state {
            TaskState::Cancelled => file_state::cancel(&mut *work, &task, self.clock.now()).await?,
            _ => None,
        };
        let entry = audit::by_operator(by, AuditAction::TaskCancelled).about(id);
        work.audit().append(&entry.with("kind", task.kind.clone())).await?;
        work.commit().await?;
        tracing::info!(task.id = %id, task.kind, task.state = task.state.as_str(), %by, "a task was called off");
        self.tell(event);
        Ok(task)
    }

    /// Gives a task another chance that was given up or called off. Returns it as it is then.
    ///
    /// # Errors
    /// `Forbidden`, `NotFound`; `Conflict` when it is in another state, or another task with the same key waits or runs.
    pub async fn retry(&self, by: Operator<'_>, id: TaskId) -> Result<Task> {
        authorize_operation(by)?;
        let mut work = self.store.begin().await?;
        let Some(task) = work.tasks().retry(id).await? else {
            return Err(refusal(&mut *work, id, "only dead and cancelled tasks can be tried again").await);
        };
        let event = file_state::reopen(&mut *work, &task, self.clock.now()).await?;
        let entry = audit::by_operator(by, AuditAction::TaskRetried).about(id);
        work.audit().append(&entry.with("kind", task.kind.clone())).await?;
        work.commit().await?;
        tracing::info!(task.id = %id, task.kind, %by, "a task was given another chance");
        self.tell(event);
        if let Err(error) = self.queue.push(&task.queue, &[id]).await {
            // The row is the truth: the relay pushes it again.
            tracing::warn!(task.id = %id, error = ?error, "a task is ready again but no worker was woken");
        }
        Ok(task)
    }

    /// Gives dead tasks another chance, the newest first: those of a queue or kind, where one is given.
    ///
    /// # Errors
    /// `Forbidden`; `Unavailable`, when perhaps some of them are ready already.
    pub async fn retry_dead(
        &self,
        by: Operator<'_>,
        queue: Option<String>,
        kind: Option<String>,
        page: PageRequest<TaskId>,
    ) -> Result<Replayed> {
        let dead = TaskFilter { state: Some(TaskState::Dead), queue, kind, owner_id: None };
        let page = self.list(by, &dead, page).await?;
        let mut replayed = Replayed { retried: 0, skipped: 0, next: page.next };
        // Each in a transaction of its own: a key that is taken stands in the way of its own task only.
        for task in page.items {
            match self.retry(by, task.id).await {
                Ok(_) => replayed.retried += 1,
                Err(Error::Conflict(_) | Error::NotFound(_)) => replayed.skipped += 1,
                Err(error) => return Err(error),
            }
        }
        Ok(replayed)
    }

    fn tell(&self, event: Option<Event>) {
        if let Some(event) = event {
            self.bus.publish(event);
        }
    }
}

/// Why a task was not changed.
async fn refusal(work: &mut dyn UnitOfWork, id: TaskId, rule: &str) -> Error {
    match work.tasks().find(id).await {
        Ok(Some(task)) => Error::Conflict(format!("the task is {}: {rule}", task.state.as_str())),
        Ok(None) => Error::NotFound("task"),
        Err(error) => error.into(),
    }
}
