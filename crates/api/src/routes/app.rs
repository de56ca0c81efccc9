//! All operations and pages, and what is around them.

use std::sync::Arc;

use plaza_domain::IdGenerator;
use poem::{Endpoint, EndpointExt, Response, Route, endpoint::BoxEndpoint, get, middleware::Compression};
use poem_openapi::{LicenseObject, OpenApiService, ServerObject};

use super::{
    auth::AuthApi, changes::ChangesApi, files::FilesApi, health::HealthApi, media::MediaApi,
    members::MembersApi, messages::MessagesApi, rooms::RoomsApi, users::UsersApi,
};
use crate::{
    middleware::{add_security_headers, answer_with_problems, cors, limit_body, trace_request},
    problem::problem_page,
    state::AppState,
    ws::{self, WsState},
};

const PREFIX: &str = "/api/v1";
const DESCRIPTION: &str = "Plaza: rooms, messages and files for communities.\n\n\
    Errors are problem documents (RFC 9457); their `type` leads to a page that explains them. Lists are read with \
    `limit` and the opaque `cursor` that the answer before gave as `next_cursor`; messages by `before` and `after` a \
    `seq`. Times are RFC 3339 in UTC with microseconds. Live events come over the WebSocket at `/api/v1/ws`.";

type Apis = (AuthApi, UsersApi, RoomsApi, MembersApi, MessagesApi, ChangesApi, FilesApi, MediaApi, HealthApi);

fn service() -> OpenApiService<Apis, ()> {
    let apis =
        (AuthApi, UsersApi, RoomsApi, MembersApi, MessagesApi, ChangesApi, FilesApi, MediaApi, HealthApi);
    OpenApiService::new(apis, "Plaza", env!("CARGO_PKG_VERSION"))
        .description(DESCRIPTION)
        .license(LicenseObject::new("MIT OR Apache-2.0").identifier("MIT OR Apache-2.0"))
        .server(ServerObject::new(PREFIX).description("This server"))
}

/// The OpenAPI document of all operations.
pub(crate) fn document() -> String {
    let mut document = service().spec();
    document.push('\n');
    document
}

/// Everything that the server answers.
pub(crate) fn app(state: AppState, ws: WsState, ids: Arc<dyn IdGenerator>) -> BoxEndpoint<'static, Response> {
    let service = service();
    let pages = Route::new()
        .nest("/", service.swagger_ui())
        .nest("/redoc", service.redoc())
        .nest("/scalar", service.scalar())
        .with(Compression::new());
    let document = service.spec_endpoint().with(Compression::new());
    let rest = Arc::new(service.with(Compression::new()));
    let routes = Route::new()
        .nest("/docs", pages)
        .at("/problems/:kind", get(problem_page))
        .at("/api/v1/openapi.json", document)
        .at("/api/v1/ws", ws::endpoint(ws.clone()))
        .at("/api/v1/ws/:room_id", ws::endpoint(ws))
        .nest(PREFIX, Arc::clone(&rest))
        // What simple clients and those who watch over servers look for at the top.
        .at("/healthz", Arc::clone(&rest))
        .at("/readyz", Arc::clone(&rest))
        .nest_no_strip("/media", rest);
    wrap(routes, state, ids)
}

fn wrap(
    routes: impl Endpoint + 'static,
    state: AppState,
    ids: Arc<dyn IdGenerator>,
) -> BoxEndpoint<'static, Response> {
    let cors = cors(&state.server.cors_origins);
    let answered = routes.around(limit_body).around(answer_with_problems).around(add_security_headers);
    let traced = |endpoint: BoxEndpoint<'static, Response>| {
        endpoint.around(move |next, request| trace_request(next, request, ids.next())).data(state).boxed()
    };
    match cors {
        Some(cors) => traced(answered.with(cors).map_to_response().boxed()),
        None => traced(answered.map_to_response().boxed()),
    }
}
