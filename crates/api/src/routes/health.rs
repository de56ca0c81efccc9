//! `/healthz` and `/readyz`: for those who watch over the server.

use poem::web::Data;
use poem_openapi::{ApiResponse, Object, OpenApi};
use serde::Serialize;

use super::Tags;
use crate::{json::Json, problem::ApiError, state::AppState};

/// Whether the process lives.
#[derive(Object, Serialize)]
pub(crate) struct LivenessView {
    /// `alive`, or `stuck` when the worker inside the server has not got around for a minute: then restarting helps.
    status: String,
    /// How many seconds ago the worker inside the server last got around, if there is one.
    #[oai(nullable)]
    worker_loop_age_seconds: Option<f64>,
}

#[derive(ApiResponse)]
pub(crate) enum Liveness {
    /// The process lives.
    #[oai(status = 200)]
    Alive(Json<LivenessView>),
    /// It is stuck, and should be restarted.
    #[oai(status = 503)]
    Stuck(Json<LivenessView>),
}

/// How one dependency is.
#[derive(Object, Serialize)]
pub(crate) struct DependencyView {
    /// `database`, `storage` or `redis`.
    name: String,
    /// Whether it answers as it should.
    healthy: bool,
    /// Whether the server cannot serve without it.
    required: bool,
    /// What is wrong.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
}

/// Whether the server can serve.
#[derive(Object, Serialize)]
pub(crate) struct ReadinessView {
    /// `ready`, `degraded` when something does not answer that is not required, or `not_ready`.
    status: String,
    /// Every dependency.
    dependencies: Vec<DependencyView>,
}

#[derive(ApiResponse)]
pub(crate) enum Readiness {
    /// The server can serve; what is degraded says so.
    #[oai(status = 200)]
    Ready(Json<ReadinessView>),
    /// Something that it cannot serve without does not answer.
    #[oai(status = 503)]
    NotReady(Json<ReadinessView>),
}

pub(crate) struct HealthApi;

#[OpenApi(tag = "Tags::Health")]
impl HealthApi {
    /// Ask whether the process lives
    ///
    /// Asks nothing else: a database that does not answer is no reason to restart the server. A worker inside it that
    /// hangs is. Also at `/healthz`.
    #[oai(path = "/healthz", method = "get", operation_id = "get_liveness")]
    async fn alive(&self, Data(state): Data<&AppState>) -> Result<Liveness, ApiError> {
        let vitals = (state.vitals)();
        let status = if vitals.is_alive { "alive" } else { "stuck" };
        let view = Json(LivenessView {
            status: status.to_owned(),
            worker_loop_age_seconds: vitals.worker_loop_age.map(|age| age.as_secs_f64()),
        });
        Ok(if vitals.is_alive { Liveness::Alive(view) } else { Liveness::Stuck(view) })
    }

    /// Ask whether the server can serve
    ///
    /// Asks every dependency, and says which one does not answer. Also at `/readyz`.
    #[oai(path = "/readyz", method = "get", operation_id = "get_readiness")]
    async fn ready(&self, Data(state): Data<&AppState>) -> Result<Readiness, ApiError> {
        let found = state.health.check().await;
        let is_ready = found.iter().all(|dependency| dependency.healthy || !dependency.required);
        let is_degraded = found.iter().any(|dependency| !dependency.healthy);
        let status = if !is_ready {
            "not_ready"
        } else if is_degraded {
            "degraded"
        } else {
            "ready"
        };
        let dependencies = found.into_iter().map(|dependency| DependencyView {
            name: dependency.name.to_owned(),
            healthy: dependency.healthy,
            required: dependency.required,
            detail: dependency.detail,
        });
        let view = Json(ReadinessView { status: status.to_owned(), dependencies: dependencies.collect() });
        Ok(if is_ready { Readiness::Ready(view) } else { Readiness::NotReady(view) })
    }
}
