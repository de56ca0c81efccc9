//! `GET /ws` and `GET /ws/{room_id}`: who connects, and from where.

use std::{sync::Arc, time::Duration};

use plaza_application::Services;
use plaza_domain::{Clock, IdGenerator, RoomId};
use poem::{Endpoint, Request, Response, get, http::header};
use serde::Deserialize;

use super::{
    connection::{Connection, Credential},
    hub::Hub,
    upgrade::upgrade,
};
use crate::{
    device::ClientDevice,
    origin::is_known,
    problem::{ApiError, ProblemKind},
    state::AppState,
};

/// What an operator can set about connections.
#[derive(Clone, Debug)]
pub(crate) struct WsSettings {
    /// Whether `?token=` is taken: simple for clients, but addresses are written down in many places.
    pub allow_query_token: bool,
    /// How often a client tells that it is there; one that is silent for two of these is gone.
    pub heartbeat_interval: Duration,
    /// How often a connection looks whether it may still be there: the bus may have lost the news.
    pub recheck_interval: Duration,
}

/// What the endpoints and all connections need; they share one.
pub(crate) struct WsState {
    /// The services.
    pub services: Arc<Services>,
    /// The hub.
    pub hub: Arc<Hub>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Ids of connections.
    pub ids: Arc<dyn IdGenerator>,
    /// What is set.
    pub settings: WsSettings,
}

/// Answers `GET /ws` and `GET /ws/:room_id`.
pub(crate) fn endpoint(state: Arc<WsState>) -> impl Endpoint<Output = Response> {
    get(WsEndpoint { state })
}

struct WsEndpoint {
    state: Arc<WsState>,
}

#[derive(Default, Deserialize)]
struct Query {
    ticket: Option<String>,
    token: Option<String>,
}

impl Endpoint for WsEndpoint {
    type Output = Response;

    async fn call(&self, request: Request) -> poem::Result<Response> {
        let room = request.raw_path_param("room_id").map(|text| text.parse::<RoomId>().ok());
        let origin_allowed = is_origin_allowed(&request);
        let credential = self.credential(&request);
        let device = request.data().map(|state: &AppState| ClientDevice::of(&request, &state.server).0);
        let device = device.unwrap_or_default();
        let state = Arc::clone(&self.state);
        upgrade(&request, self.state.hub.tracker(), move |socket| {
            let connection = Connection::new(state, socket, device);
            Box::pin(connection.run(origin_allowed, credential, room))
        })
        .map_err(|_| {
            ApiError::new(ProblemKind::BadRequest, "this address speaks WebSocket (RFC 6455)").into()
        })
    }
}

impl WsEndpoint {
    fn credential(&self, request: &Request) -> Option<Credential> {
        let header = request.header(header::AUTHORIZATION).and_then(|value| value.split_once(' '));
        if let Some((scheme, token)) = header
            && scheme.eq_ignore_ascii_case("bearer")
        {
            return Some(Credential::Token(token.trim().to_owned()));
        }
        let query: Query = request.params().unwrap_or_default();
        if let Some(ticket) = query.ticket {
            return Some(Credential::Ticket(ticket));
        }
        query.token.filter(|_| self.state.settings.allow_query_token).map(Credential::Token)
    }
}

/// Clients that are no browsers send no origin. Pages may connect that may use this server's cookies.
fn is_origin_allowed(request: &Request) -> bool {
    let Some(origin) = request.header(header::ORIGIN) else { return true };
    request.data().is_some_and(|state: &AppState| is_known(origin, request, &state.server))
}
