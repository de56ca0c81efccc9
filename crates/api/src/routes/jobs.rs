//! `/admin/jobs`: what is done again and again, for the server's admins: when, and starting it by hand.

use plaza_application::{JobReport, Operator};
use poem::web::Data;
use poem_openapi::{ApiResponse, Object, OpenApi, param::Path};
use serde::Serialize;
use uuid::Uuid;

use super::{AdminTaskView, Tags, tasks::TaskStateName};
use crate::{UtcTime, auth::Authenticated, json::Json, problem::ApiError, state::AppState};

/// A recurring job.
#[derive(Object, Serialize)]
pub(crate) struct JobView {
    /// Its name.
    name: String,
    /// When it is due: a cron expression in UTC, minute first.
    schedule: String,
    /// When it is due next; null until a worker has begun that knows it.
    #[oai(nullable)]
    next_run_at: Option<UtcTime>,
    /// When it was started last.
    #[oai(nullable)]
    last_run_at: Option<UtcTime>,
    /// The task that was made then.
    #[oai(nullable)]
    last_task_id: Option<Uuid>,
    /// Where that task is in its life; null when there is none, or none any more.
    #[oai(nullable)]
    last_task_state: Option<TaskStateName>,
}

impl From<JobReport> for JobView {
    fn from(JobReport { job, timing, last_task }: JobReport) -> Self {
        let last = timing.as_ref();
        Self {
            name: job.name.to_owned(),
            schedule: job.schedule.to_owned(),
            next_run_at: last.map(|timing| timing.next_run_at.into()),
            last_run_at: last.and_then(|timing| timing.last_run_at).map(UtcTime::from),
            last_task_id: last.and_then(|timing| timing.last_task_id).map(|id| id.uuid()),
            last_task_state: last_task.map(|task| task.state.into()),
        }
    }
}

/// Every recurring job.
#[derive(Object, Serialize)]
pub(crate) struct JobList {
    /// The jobs, by name.
    items: Vec<JobView>,
}

impl From<Vec<JobReport>> for JobList {
    fn from(reports: Vec<JobReport>) -> Self {
        Self { items: reports.into_iter().map(JobView::from).collect() }
    }
}

#[derive(ApiResponse)]
pub(crate) enum Started {
    /// The job was started: its task tells what becomes of it.
    #[oai(status = 202)]
    Accepted(
        Json<AdminTaskView>,
        /// Where to ask what became of it
        #[oai(header = "Location")]
        String,
    ),
}

pub(crate) struct JobsApi;

#[OpenApi(prefix_path = "/admin/jobs", tag = "Tags::Admin")]
impl JobsApi {
    /// List recurring jobs
    ///
    /// When each is due, when it was started last, and what became of it.
    #[oai(path = "/", method = "get", operation_id = "list_jobs")]
    async fn list(
        &self,
        Data(state): Data<&AppState>,
        Authenticated(actor): Authenticated,
    ) -> Result<Json<JobList>, ApiError> {
        Ok(Json(state.services.jobs.list(Operator::User(&actor)).await?.into()))
    }

    /// Start a recurring job
    ///
    /// Now, whenever it is due. A job whose last task waits or runs is not started again.
    #[oai(path = "/:name/run", method = "post", operation_id = "run_job")]
    async fn run(
        &self,
        Data(state): Data<&AppState>,
        Authenticated(actor): Authenticated,
        /// The job
        #[oai(validator(max_length = 64))]
        name: Path<String>,
    ) -> Result<Started, ApiError> {
        let task = state.services.jobs.run(Operator::User(&actor), &name.0).await?;
        let location = format!("/api/v1/admin/tasks/{}", task.id);
        Ok(Started::Accepted(Json(task.into()), location))
    }
}
