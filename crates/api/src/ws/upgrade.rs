//! From an HTTP request to a WebSocket (RFC 6455, section 4.2).
//!
//! poem has an extractor for this, but its frames own their text, and each connection its buffers: sending one event to a
//! thousand connections would encode and copy it a thousand times.

use poem::{
    Request, Response, Upgraded,
    http::{Method, StatusCode, header},
};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_util::task::TaskTracker;

use super::socket;

/// A connection.
pub(super) type Socket = socket::Socket<Upgraded>;

/// The answer to a request that is no WebSocket handshake.
pub(super) struct NoHandshake;

/// Answers a handshake; `serve` runs on `tracker` with the connection.
pub(super) fn upgrade<F>(
    request: &Request,
    tracker: &TaskTracker,
    serve: impl FnOnce(Socket) -> F + Send + 'static,
) -> Result<Response, NoHandshake>
where
    F: Future<Output = ()> + Send + 'static,
{
    let key = handshake_key(request).ok_or(NoHandshake)?;
    let accept = derive_accept_key(key);
    let upgraded = request.take_upgrade().map_err(|_| NoHandshake)?;
    tracker.spawn(async move {
        match upgraded.await {
            Ok(stream) => serve(Socket::new(stream)).await,
            Err(error) => {
                tracing::debug!(error = ?error, "a client went away while its connection was upgraded")
            }
        }
    });
    Ok(Response::builder()
        .status(StatusCode::SWITCHING_PROTOCOLS)
        .header(header::CONNECTION, "upgrade")
        .header(header::UPGRADE, "websocket")
        .header(header::SEC_WEBSOCKET_ACCEPT, accept)
        .finish())
}

fn handshake_key(request: &Request) -> Option<&[u8]> {
    let lists = |name, word: &str| {
        let values = request.headers().get_all(name).iter().filter_map(|value| value.to_str().ok());
        values.flat_map(|value| value.split(',')).any(|item| item.trim().eq_ignore_ascii_case(word))
    };
    let is_handshake = request.method() == Method::GET
        && lists(header::CONNECTION, "upgrade")
        && lists(header::UPGRADE, "websocket")
        && lists(header::SEC_WEBSOCKET_VERSION, "13");
    if is_handshake {
        request.headers().get(header::SEC_WEBSOCKET_KEY).map(|key| key.as_bytes())
    } else {
        None
    }
}
