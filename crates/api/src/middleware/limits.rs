//! How many requests are answered at all, and what clients are told about it.

use std::sync::Arc;

use plaza_application::Limited;
use poem::{Endpoint, IntoResponse, Request, Response, Result, http::header};

use crate::{
    client::ClientAddress,
    rate_limit::{allow, counted},
    state::AppState,
};

/// Those who watch over servers ask as often as they like.
const UNLIMITED: [&str; 4] = ["/healthz", "/readyz", "/api/v1/healthz", "/api/v1/readyz"];

/// Counts requests without a login by address; those with one are counted when it is known whose it is.
pub(crate) async fn limit_requests<E: Endpoint>(next: Arc<E>, request: Request) -> Result<Response> {
    let path = request.original_uri().path();
    let is_anonymous = !request.headers().contains_key(header::AUTHORIZATION) && !UNLIMITED.contains(&path);
    let asker = request
        .data::<AppState>()
        .filter(|_| is_anonymous)
        .map(|state| (state.clone(), ClientAddress::of(&request, &state.server).to_string()));
    if let Some((state, address)) = asker {
        allow(&state, Limited::RequestFrom(&address)).await?;
    }
    Ok(next.call(request).await?.into_response())
}

/// Tells with every answer what is left of the limits that it was counted by.
pub(crate) async fn tell_limits<E: Endpoint>(next: Arc<E>, request: Request) -> Result<Response> {
    let answer = async { Ok(next.call(request).await?.into_response()) };
    counted(answer, Response::headers_mut).await
}
