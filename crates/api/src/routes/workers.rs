//! `/admin/workers`: who does background work, for the server's admins.

use plaza_application::Operator;
use plaza_domain::SeenWorker;
use poem::web::Data;
use poem_openapi::{Object, OpenApi};
use serde::Serialize;
use uuid::Uuid;

use super::Tags;
use crate::{UtcTime, auth::Authenticated, json::Json, problem::ApiError, state::AppState};

/// A worker.
#[derive(Object, Serialize)]
pub(crate) struct WorkerView {
    /// Its id, as attempts at tasks name it.
    id: Uuid,
    /// The machine it runs on.
    host: String,
    /// Its process there.
    pid: u32,
    /// The program's version.
    version: String,
    /// The queues whose tasks it takes.
    queues: Vec<String>,
    /// How many tasks it can do at a time.
    slots: u32,
    /// How many it was doing when it was last seen.
    running: u32,
    /// When it began.
    started_at: UtcTime,
    /// When it was last seen to get around. One that is well tells every 10 to 20 seconds.
    seen_at: UtcTime,
}

impl From<SeenWorker> for WorkerView {
    fn from(SeenWorker { status, seen_at }: SeenWorker) -> Self {
        Self {
            id: status.id.uuid(),
            host: status.host,
            pid: status.pid,
            version: status.version,
            queues: status.queues,
            slots: status.slots,
            running: status.running,
            started_at: status.started_at.into(),
            seen_at: seen_at.into(),
        }
    }
}

/// Who does background work.
#[derive(Object, Serialize)]
pub(crate) struct WorkerList {
    /// The workers, the one that began first at the front; at most 1000. One that vanished stays for an hour.
    items: Vec<WorkerView>,
}

impl From<Vec<SeenWorker>> for WorkerList {
    fn from(workers: Vec<SeenWorker>) -> Self {
        Self { items: workers.into_iter().map(WorkerView::from).collect() }
    }
}

pub(crate) struct WorkersApi;

#[OpenApi(prefix_path = "/admin/workers", tag = "Tags::Admin")]
impl WorkersApi {
    /// List workers
    ///
    /// Who does background work, and when each was last seen. One that ends in order is taken off the list at once.
    #[oai(path = "/", method = "get", operation_id = "list_workers")]
    async fn list(
        &self,
        Data(state): Data<&AppState>,
        Authenticated(actor): Authenticated,
    ) -> Result<Json<WorkerList>, ApiError> {
        Ok(Json(state.services.jobs.workers(Operator::User(&actor)).await?.into()))
    }
}
