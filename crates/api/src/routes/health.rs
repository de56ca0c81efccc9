//! `/healthz` and `/readyz`: for those who watch over the server.

use poem::web::Data;
use poem_openapi::{ApiResponse, Object, OpenApi};

use super::Tags;
use crate::{json::Json, problem::ApiError, state::AppState};

/// The process lives.
#[derive(Object)]
pub(crate) struct LivenessView {
    /// Always `alive`.
    status: String,
}

/// How one dependency is.
#[derive(Object)]
pub(crate) struct DependencyView {
    /// `database`, `storage` or `redis`.
    name: String,
    /// Whether it answers as it should.
    healthy: bool,
    /// Whether the server cannot serve without it.
    required: bool,
    /// What is wrong.
    #[oai(skip_serializing_if_is_none)]
    detail: Option<String>,
}

/// Whether the server can serve.
#[derive(Object)]
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
    /// Asks nothing else. Also at `/healthz`.
    #[oai(path = "/healthz", method = "get", operation_id = "get_liveness")]
    async fn alive(&self) -> Result<Json<LivenessView>, ApiError> {
        Ok(Json(LivenessView { status: "alive".to_owned() }))
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
