//! From an HTTP request to a WebSocket (RFC 6455, section 4.2).
//!
//! poem has an extractor for this, but its frames own their text: sending one event to a thousand connections would
//! copy it a thousand times. Here tungstenite runs on the upgraded connection and shares the bytes.

use poem::{
    Request, Response, Upgraded,
    http::{Method, StatusCode, header},
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        handshake::derive_accept_key,
        protocol::{Role, WebSocketConfig},
    },
};
use tokio_util::task::TaskTracker;

/// The largest frame that a client may send, in bytes.
pub(super) const MAX_FRAME_BYTES: usize = 64 * 1024;
/// Most connections are idle most of the time: their buffers are what they cost.
const READ_BUFFER_BYTES: usize = 2 * 1024;
const WRITE_BUFFER_BYTES: usize = 4 * 1024;
/// Bounds what a write that does not get through holds in memory: one frame, as the server's own are not larger.
const MAX_WRITE_BUFFER_BYTES: usize = 512 * 1024;

/// A connection.
pub(super) type Socket = WebSocketStream<Upgraded>;

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
            Ok(stream) => {
                serve(Box::pin(Socket::from_raw_socket(stream, Role::Server, Some(config()))).await).await
            }
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

fn config() -> WebSocketConfig {
    WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER_BYTES)
        .write_buffer_size(WRITE_BUFFER_BYTES)
        .max_write_buffer_size(MAX_WRITE_BUFFER_BYTES)
        .max_message_size(Some(MAX_FRAME_BYTES))
        .max_frame_size(Some(MAX_FRAME_BYTES))
}
