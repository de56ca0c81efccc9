//! `/admin/queues`: how background work is keeping up.

use plaza_application::{Operator, QueueReport, QueueReports};
use poem::web::Data;
use poem_openapi::{Object, OpenApi};
use serde::Serialize;

use super::Tags;
use crate::{auth::Authenticated, json::Json, problem::ApiError, state::AppState};

/// How a queue is doing.
#[derive(Object, Serialize)]
pub(crate) struct QueueView {
    /// Its name.
    name: String,
    /// How many of its tasks wait for their time.
    scheduled: u64,
    /// How many wait for a worker.
    ready: u64,
    /// How many a worker is at.
    running: u64,
    /// How many were given up and are kept.
    dead: u64,
    /// For how many seconds the one has been waiting for a worker that waits longest; null when none waits.
    #[oai(nullable)]
    oldest_ready_seconds: Option<u64>,
    /// How many attempts succeeded in the last hour.
    succeeded_last_hour: u64,
    /// How many attempts failed in the last hour, also by the loss of their worker.
    failed_last_hour: u64,
    /// What part of both failed, 0 to 1; null when there was none.
    #[oai(nullable)]
    failure_rate: Option<f64>,
}

impl From<QueueReport> for QueueView {
    fn from(report: QueueReport) -> Self {
        let failure_rate = report.failure_rate();
        let figures = report.figures;
        Self {
            name: figures.queue,
            scheduled: figures.scheduled,
            ready: figures.ready,
            running: figures.running,
            dead: figures.dead,
            oldest_ready_seconds: report.oldest_wait.map(|wait| wait.as_secs()),
            succeeded_last_hour: figures.succeeded,
            failed_last_hour: figures.failed,
            failure_rate,
        }
    }
}

/// How all queues are doing.
#[derive(Object, Serialize)]
pub(crate) struct QueueList {
    /// The queues, by name.
    items: Vec<QueueView>,
    /// Whether everything was counted. At most 100,000 tasks of a state and 100,000 attempts are, and where there are
    /// more the numbers say "at least".
    is_complete: bool,
}

impl From<QueueReports> for QueueList {
    fn from(reports: QueueReports) -> Self {
        Self {
            items: reports.queues.into_iter().map(QueueView::from).collect(),
            is_complete: reports.is_complete,
        }
    }
}

pub(crate) struct QueuesApi;

#[OpenApi(prefix_path = "/admin/queues", tag = "Tags::Admin")]
impl QueuesApi {
    /// Show how the queues are doing
    ///
    /// How much waits in each, for how long, and how many attempts succeeded and failed in the last hour.
    #[oai(path = "/", method = "get", operation_id = "list_queues")]
    async fn list(
        &self,
        Data(state): Data<&AppState>,
        Authenticated(actor): Authenticated,
    ) -> Result<Json<QueueList>, ApiError> {
        Ok(Json(state.services.tasks.queues(Operator::User(&actor)).await?.into()))
    }
}
