//! How many requests are answered at all, and what clients are told about it.

use std::sync::Arc;

use plaza_application::Limited;
use poem::{
    Endpoint, IntoResponse, Request, Response, Result,
    web::headers::{Authorization, HeaderMapExt, authorization::Bearer},
};

use super::Secured;
use crate::{
    client::ClientAddress,
    rate_limit::{allow, told},
    state::AppState,
};

/// Those who watch over servers ask as often as they like.
const UNLIMITED: [&str; 4] = ["/healthz", "/readyz", "/api/v1/healthz", "/api/v1/readyz"];

/// Counts requests by address; those with a token, where one is asked for, are counted when it is known whose it is. A
/// header that nobody asks for is no way around.
pub(crate) async fn limit_requests<E: Endpoint>(
    next: Arc<E>,
    request: Request,
    secured: Arc<Secured>,
) -> Result<Response> {
    let path = request.original_uri().path();
    let has_token = || request.headers().typed_get::<Authorization<Bearer>>().is_some();
    let counts_itself = secured.asks_for_login(request.method(), path) && has_token();
    let asker = request
        .data::<AppState>()
        .filter(|_| !counts_itself && !UNLIMITED.contains(&path))
        .map(|state| (state.clone(), ClientAddress::of(&request, &state.server).to_string()));
    if let Some((state, address)) = asker {
        allow(&state, Limited::RequestFrom(&address)).await?;
    }
    Ok(next.call(request).await?.into_response())
}

/// Tells with every answer what is left of the limits that it was counted by.
pub(crate) async fn tell_limits<E: Endpoint>(next: Arc<E>, request: Request) -> Result<Response> {
    let answer = async { Ok(next.call(request).await?.into_response()) };
    told(answer, Response::headers_mut).await
}
