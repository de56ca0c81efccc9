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

/// The same, for what those need too who may do nothing before they have set up a second factor.
#[derive(SecurityScheme)]
#[oai(ty = "bearer", bearer_format = "JWT", rename = "access_token", checker = "authenticate_for_setup")]
pub(crate) struct AuthenticatedForSetup(pub(crate) Actor);

async fn authenticate(request: &Request, bearer: Bearer) -> poem::Result<Actor> {
    let state = state_of(request)?;
    admit(request, state, state.services.auth.authenticate(&bearer.token).await).await
}

async fn authenticate_for_setup(request: &Request, bearer: Bearer) -> poem::Result<Actor> {
    let state = state_of(request)?;
    admit(request, state, state.services.auth.authenticate_for_setup(&bearer.token).await).await
}

/// The state is added to every request; without it nobody is known.
fn state_of(request: &Request) -> Result<&AppState, ApiError> {
    request.data::<AppState>().ok_or_else(|| ApiError::from(Unauthenticated::Missing))
}

/// Counts the request, whoever makes it.
async fn admit(
    request: &Request,
    state: &AppState,
    proved: plaza_application::Result<Actor>,
) -> poem::Result<Actor> {
    match proved {
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
