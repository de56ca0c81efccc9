//! Who asks: a bearer token becomes an actor.

use plaza_application::{Actor, Unauthenticated};
use poem::Request;
use poem_openapi::{SecurityScheme, auth::Bearer};

use crate::{device::ClientDevice, problem::ApiError, state::AppState};

/// An access token, as `/auth/login` gives it.
#[derive(SecurityScheme)]
#[oai(ty = "bearer", bearer_format = "JWT", rename = "access_token", checker = "authenticate")]
pub(crate) struct Authenticated(pub(crate) Actor);

async fn authenticate(request: &Request, bearer: Bearer) -> poem::Result<Actor> {
    // The state is added to every request; without it nobody is known.
    let state = request.data::<AppState>().ok_or_else(|| ApiError::from(Unauthenticated::Missing))?;
    let actor = state.services.auth.authenticate(&bearer.token).await.map_err(ApiError::from)?;
    let ClientDevice(device) = ClientDevice::of(request, &state.server);
    Ok(Actor { device, ..actor })
}
