//! What became of tasks, and how the queues are doing.

use std::time::Duration;

use chrono::TimeDelta;
use plaza_domain::{QueueFigures, Task, TaskAttempt, TaskId, repository::TaskFilter};

use super::TaskService;
use crate::{
    Actor, Error, Operator, Page, PageRequest, Result,
    commands::{DEFAULT_QUEUE, EXPORT_QUEUE, MAIL_QUEUE, MEDIA_QUEUE},
    policy::{authorize_operation, authorize_task},
};

/// How many attempts at a task are shown, the latest.
const SHOWN_ATTEMPTS: u64 = 50;
/// Attempts that ended longer ago are not counted.
const RECENT: TimeDelta = TimeDelta::hours(1);
/// How many tasks of a state, and attempts, are counted.
const COUNTED: u64 = 100_000;

/// A task, and what was done for it.
#[derive(Clone, Debug, PartialEq)]
pub struct TaskDetails {
    /// The task.
    pub task: Task,
    /// The attempts at it, the latest first, and only the latest of many.
    pub attempts: Vec<TaskAttempt>,
}

/// How a queue is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueReport {
    /// In numbers; attempts of the last hour.
    pub figures: QueueFigures,
    /// How long the one has been waiting for a worker that waits longest.
    pub oldest_wait: Option<Duration>,
}

impl QueueReport {
    /// What part of the attempts of the last hour failed, 0 to 1; `None` when there was none.
    pub fn failure_rate(&self) -> Option<f64> {
        let QueueFigures { succeeded, failed, .. } = self.figures;
        let ended = u32::try_from(succeeded + failed).ok().filter(|ended| *ended > 0)?;
        Some(f64::from(u32::try_from(failed).ok()?) / f64::from(ended))
    }
}

/// How the queues are doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueReports {
    /// Each, by name; those that the program knows also when they are empty.
    pub queues: Vec<QueueReport>,
    /// Whether everything was counted; where there was too much, the numbers say "at least".
    pub is_complete: bool,
}

impl TaskService {
    /// A task that is done for the actor; any, for the server's admins.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn get(&self, actor: &Actor, id: TaskId) -> Result<TaskDetails> {
        let details = self.details(id).await?;
        authorize_task(actor, details.task.owner_id)?;
        Ok(details)
    }

    /// Any task.
    ///
    /// # Errors
    /// `Forbidden`, `NotFound`.
    pub async fn inspect(&self, by: Operator<'_>, id: TaskId) -> Result<TaskDetails> {
        authorize_operation(by)?;
        self.details(id).await
    }

    /// Tasks that fit, the newest first.
    ///
    /// # Errors
    /// `Forbidden`.
    pub async fn list(
        &self,
        by: Operator<'_>,
        filter: &TaskFilter,
        page: PageRequest<TaskId>,
    ) -> Result<Page<Task, TaskId>> {
        authorize_operation(by)?;
        let mut read = self.store.read().await?;
        let tasks = read.tasks().list(filter, page.cursor, page.fetch()).await?;
        Ok(page.cut(tasks, |task| task.id))
    }

    /// How the queues are doing.
    ///
    /// # Errors
    /// `Forbidden`.
    pub async fn queues(&self, by: Operator<'_>) -> Result<QueueReports> {
        authorize_operation(by)?;
        let survey = self.store.read().await?.tasks().queue_stats(RECENT, COUNTED).await?;
        let mut queues = survey.queues;
        for known in [DEFAULT_QUEUE, MEDIA_QUEUE, MAIL_QUEUE, EXPORT_QUEUE] {
            if !queues.iter().any(|figures| figures.queue == known) {
                queues.push(QueueFigures::idle(known.to_owned()));
            }
        }
        queues.sort_by(|a, b| a.queue.cmp(&b.queue));
        let now = self.clock.now();
        let report = |figures: QueueFigures| QueueReport {
            // The database's clock may be a little ahead of this one.
            oldest_wait: figures.oldest_ready_at.map(|since| (now - since).to_std().unwrap_or_default()),
            figures,
        };
        Ok(QueueReports { queues: queues.into_iter().map(report).collect(), is_complete: survey.is_complete })
    }

    async fn details(&self, id: TaskId) -> Result<TaskDetails> {
        let mut read = self.store.read().await?;
        let task = read.tasks().find(id).await?.ok_or(Error::NotFound("task"))?;
        let attempts = read.tasks().attempts(id, SHOWN_ATTEMPTS).await?;
        Ok(TaskDetails { task, attempts })
    }
}
