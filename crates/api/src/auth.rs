//! Who asks: a bearer token becomes an actor.

use plaza_application::{Actor, Limited, Unauthenticated};
use poem::Request;
use poem_openapi::{SecurityScheme, auth::Bearer};

use crate::{
    client::ClientAddress, device::ClientDevice, problem::ApiError, rate_limit::allow, state::AppState,
};

/// An access token, as `/auth/login` gives it.
#[derive(SecurityScheme)]
#[oai(ty = "bearer", bearer_format = "JWT", rename = "access_token", checker = "authenticate")]
pub(crate) struct Authenticated(pub(crate) Actor);

async fn authenticate(request: &Request, bearer: Bearer) -> poem::Result<Actor> {
    // The state is added to every request; without it nobody is known.
    let state = request.data::<AppState>().ok_or_else(|| ApiError::from(Unauthenticated::Missing))?;
    match state.services.auth.authenticate(&bearer.token).await {
        Ok(actor) => {
            allow(state, Limited::RequestBy(actor.id())).await?;
            let ClientDevice(device) = ClientDevice::of(request, &state.server);
            Ok(Actor { device, ..actor })
        }
        Err(error) => {
            let address = ClientAddress::of(request, &state.server).to_string();
            allow(state, Limited::RequestFrom(&address)).await?;
            Err(ApiError::from(error).into())
        }
    }
}
