//! What a request comes from, as it tells.

use plaza_domain::{Device, UserAgent};
use plaza_infrastructure::config::ServerConfig;
use poem::{FromRequest, Request, RequestBody, Result, http::header};

use crate::{client::ClientAddress, state::AppState};

/// What a request comes from.
pub(crate) struct ClientDevice(pub(crate) Device);

impl ClientDevice {
    pub(crate) fn of(request: &Request, server: &ServerConfig) -> Self {
        let user_agent = request.headers().get(header::USER_AGENT);
        let said = user_agent.map(|value| String::from_utf8_lossy(value.as_bytes()));
        let address = ClientAddress::of(request, server).ip();
        Self(Device { user_agent: said.and_then(|said| UserAgent::read(&said)), address })
    }
}

impl<'a> FromRequest<'a> for ClientDevice {
    async fn from_request(request: &'a Request, _body: &mut RequestBody) -> Result<Self> {
        let state = request.data::<AppState>();
        Ok(state.map_or(Self(Device::default()), |state| Self::of(request, &state.server)))
    }
}
