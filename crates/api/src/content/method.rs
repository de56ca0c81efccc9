//! Whether only the head of an answer is wanted. The router asks for everything then, and throws the bytes away: they would
//! be read for nothing, and ranges are for `GET` alone.

use std::sync::Arc;

use poem::{Endpoint, IntoResponse, Request, Response, Result, http::Method};

/// The request was a `HEAD` when it came.
#[derive(Clone, Copy, Debug)]
struct HeadOnly;

/// Remembers what the router forgets.
pub(crate) async fn remember_head<E: Endpoint>(next: Arc<E>, mut request: Request) -> Result<Response> {
    if request.method() == Method::HEAD {
        request.extensions_mut().insert(HeadOnly);
    }
    Ok(next.call(request).await?.into_response())
}

/// Whether nobody will see the body.
pub(super) fn is_head(request: &Request) -> bool {
    request.extensions().get::<HeadOnly>().is_some()
}
