//! What a login comes from, as its request tells.

use plaza_domain::{Device, UserAgent};
use poem::{FromRequest, Request, RequestBody, Result, http::header};

use crate::client::ClientAddress;

/// What a request comes from.
pub(crate) struct ClientDevice(pub(crate) Device);

impl<'a> FromRequest<'a> for ClientDevice {
    async fn from_request(request: &'a Request, body: &mut RequestBody) -> Result<Self> {
        let user_agent = request.headers().get(header::USER_AGENT);
        let said = user_agent.map(|value| String::from_utf8_lossy(value.as_bytes()));
        let address = ClientAddress::from_request(request, body).await?;
        Ok(Self(Device { user_agent: said.and_then(|said| UserAgent::read(&said)), address: address.ip() }))
    }
}
