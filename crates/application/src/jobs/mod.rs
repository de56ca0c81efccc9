//! Recurring jobs: when they are due is in the database, so that any number of schedulers may run; what they do are
//! tasks like others. And the workers that schedule and do them.

mod cleanup;
mod table;

use std::sync::Arc;

use plaza_domain::{
    AuditAction, Clock, IdGenerator, RecurringJob, SeenWorker, Store, Task, TaskId, Timestamp, UnitOfWork,
};

pub use cleanup::CleanupService;
pub use table::{JOBS, Job};

use crate::{
    Error, Operator, Ports, Result, audit, commands::DEFAULT_QUEUE, policy::authorize_operation,
    ports::TaskQueue,
};

/// How many workers are listed.
const MAX_WORKERS: u64 = 1000;

/// How a job is doing.
#[derive(Debug)]
pub struct JobReport {
    /// The job.
    pub job: &'static Job,
    /// When it is due; `None` until the first worker has begun that knows it.
    pub timing: Option<RecurringJob>,
    /// Its last task, while that is kept.
    pub last_task: Option<Task>,
}

/// Recurring jobs, and who does them.
pub struct JobService {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdGenerator>,
    queue: Arc<dyn TaskQueue>,
}

impl JobService {
    /// On these ports.
    pub fn new(ports: &Ports) -> Self {
        Self {
            store: Arc::clone(&ports.store),
            clock: Arc::clone(&ports.clock),
            ids: Arc::clone(&ports.ids),
            queue: Arc::clone(&ports.queue),
        }
    }

    /// Every job and how it is doing, by name.
    ///
    /// # Errors
    /// `Forbidden`.
    pub async fn list(&self, by: Operator<'_>) -> Result<Vec<JobReport>> {
        authorize_operation(by)?;
        let mut read = self.store.read().await?;
        let mut timings = read.jobs().list().await?;
        let mut reports = Vec::with_capacity(JOBS.len());
        for job in &JOBS {
            let place = timings.iter().position(|timing| timing.name == job.name);
            let timing = place.map(|place| timings.swap_remove(place));
            let last_task = match timing.as_ref().and_then(|timing| timing.last_task_id) {
                Some(id) => read.tasks().find(id).await?,
                None => None,
            };
            reports.push(JobReport { job, timing, last_task });
        }
        Ok(reports)
    }

    /// Who does background work, those that began first at the front; at most 1000.
    ///
    /// # Errors
    /// `Forbidden`.
    pub async fn workers(&self, by: Operator<'_>) -> Result<Vec<SeenWorker>> {
        authorize_operation(by)?;
        Ok(self.store.read().await?.workers().list(MAX_WORKERS).await?)
    }

    /// Makes a task for a job now, whenever it is due, and returns it.
    ///
    /// # Errors
    /// `Forbidden`; `NotFound`; `Conflict` when its last task waits or runs.
    pub async fn run(&self, by: Operator<'_>, name: &str) -> Result<Task> {
        authorize_operation(by)?;
        let job = JOBS.iter().find(|job| job.name == name).ok_or(Error::NotFound("job"))?;
        let mut work = self.store.begin().await?;
        let Some(id) = self.order(&mut *work, job).await? else {
            return Err(Error::Conflict("the last task of the job waits or runs".to_owned()));
        };
        let task = work.tasks().find(id).await?.ok_or(Error::NotFound("task"))?;
        let entry = audit::by_operator(by, AuditAction::JobStarted).about(id).with("job", name);
        work.audit().append(&entry).await?;
        work.commit().await?;
        tracing::info!(job.name = name, task.id = %id, %by, "a job was started by hand");
        self.wake(id).await;
        Ok(task)
    }

    /// Makes jobs known that are due at these times, each no later than before, and forgets all others.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn know(&self, due: &[(&'static Job, Timestamp)]) -> Result<()> {
        let mut work = self.store.begin().await?;
        for (job, next_run_at) in due {
            work.jobs().ensure(job.name, *next_run_at).await?;
        }
        let names: Vec<_> = due.iter().map(|(job, _)| job.name).collect();
        work.jobs().retain(&names).await?;
        Ok(work.commit().await?)
    }

    /// The jobs that are due, each with when it was.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn due(&self) -> Result<Vec<(&'static Job, Timestamp)>> {
        let now = self.clock.now();
        let timings = self.store.read().await?.jobs().list().await?;
        let due = timings.into_iter().filter(|timing| timing.next_run_at <= now);
        let known = due.filter_map(|timing| {
            let job = JOBS.iter().find(|job| job.name == timing.name)?;
            Some((job, timing.next_run_at))
        });
        Ok(known.collect())
    }

    /// Makes the task of a job that was due at `due`, and plans the next one for `next`; false when another scheduler
    /// was faster. However many runs were missed, it is one task; and none while the last one is not done.
    ///
    /// # Errors
    /// `Unavailable`; then nothing has changed, and the job is still due.
    pub async fn run_due(&self, job: &'static Job, due: Timestamp, next: Timestamp) -> Result<bool> {
        let mut work = self.store.begin().await?;
        if !work.jobs().advance(job.name, due, next).await? {
            return Ok(false);
        }
        let made = self.order(&mut *work, job).await?;
        work.commit().await?;
        match made {
            Some(id) => self.wake(id).await,
            None => tracing::warn!(job.name, "a job was due while its last task is not done: it is left out"),
        }
        Ok(true)
    }

    /// `None` when a task of the job waits or runs.
    async fn order(&self, work: &mut dyn UnitOfWork, job: &Job) -> Result<Option<TaskId>> {
        let id = TaskId::new(self.ids.next());
        let mut task =
            job.command.clone().into_task(id, None).map_err(|error| Error::Internal(error.into()))?;
        task.unique_key = Some(job.unique_key());
        if !work.tasks().insert(&task).await? {
            return Ok(None);
        }
        work.jobs().record(job.name, self.clock.now(), id).await?;
        Ok(Some(id))
    }

    async fn wake(&self, id: TaskId) {
        if let Err(error) = self.queue.push(DEFAULT_QUEUE, &[id]).await {
            // The row is the truth: the relay pushes it again.
            tracing::debug!(task.id = %id, error = ?error, "no worker was woken for a job");
        }
    }
}
