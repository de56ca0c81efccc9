//! `/metrics` and `/healthz` on a port of their own, for those who watch over a process: not for users, and not to be
//! reached from outside.

use std::{
    convert::Infallible,
    future::ready,
    io,
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use hyper::{
    Method, Request, Response, StatusCode,
    body::{Body, Frame, Incoming, SizeHint},
    header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use metrics_exporter_prometheus::{BuildError, PrometheusHandle};
use thiserror::Error;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    time::{sleep, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::metrics;

/// How many ask at a time; others wait to be accepted.
const MAX_CONNECTIONS: usize = 32;
/// How long one connection is served, all of its requests together.
const CONNECTION_DEADLINE: Duration = Duration::from_secs(60);
/// How long a request's head may take.
const HEAD_DEADLINE: Duration = Duration::from_secs(5);
/// After the system could not accept: it is out of files, and will be for a moment.
const ACCEPT_PAUSE: Duration = Duration::from_millis(500);

/// How a process is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vitals {
    /// Whether it does what it is there for; if not, restarting it is what helps.
    pub is_alive: bool,
    /// How long ago the worker inside it last got around, if there is one.
    pub worker_loop_age: Option<Duration>,
}

/// Asks how the process is. Asked before metrics are read, too: what is an age is measured then.
pub type AskVitals = Arc<dyn Fn() -> Vitals + Send + Sync>;

/// A port that answers.
pub struct Monitor {
    listener: TcpListener,
    address: SocketAddr,
    metrics: PrometheusHandle,
}

/// Why a process cannot be watched over.
#[derive(Debug, Error)]
pub enum MonitorError {
    /// The address cannot be listened on.
    #[error("cannot listen on {address} ({key}): {source}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The key that it was set by.
        key: &'static str,
        /// Why not.
        source: io::Error,
    },
    /// What is measured cannot be gathered.
    #[error("metrics cannot be gathered: {0}")]
    Gather(#[from] BuildError),
}

impl Monitor {
    /// Listens on the address that was set by `key`, and begins to gather metrics. Once in a process, before anything
    /// is measured.
    ///
    /// # Errors
    /// When the address cannot be listened on, or metrics are gathered already.
    pub async fn start(key: &'static str, address: SocketAddr) -> Result<Self, MonitorError> {
        let failed = |source| MonitorError::Listen { address, key, source };
        let listener = TcpListener::bind(address).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        Ok(Self { listener, address, metrics: metrics::gather()? })
    }

    /// Answers on `tracker` until `shutdown` is cancelled.
    pub fn spawn(self, vitals: AskVitals, tracker: &TaskTracker, shutdown: CancellationToken) {
        tracing::info!(metrics.address = %self.address, "metrics can be read");
        let connections = tracker.clone();
        tracker.spawn(async move {
            let accepting = self.accept(&vitals, &connections, &shutdown);
            shutdown.run_until_cancelled(accepting).await;
        });
    }

    async fn accept(&self, vitals: &AskVitals, tracker: &TaskTracker, shutdown: &CancellationToken) {
        let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
        while let Ok(place) = Arc::clone(&places).acquire_owned().await {
            let Ok((stream, _)) = self.listener.accept().await else {
                sleep(ACCEPT_PAUSE).await;
                continue;
            };
            let (metrics, vitals) = (self.metrics.clone(), Arc::clone(vitals));
            let shutdown = shutdown.clone();
            tracker.spawn(async move {
                let _place = place;
                let serving = timeout(CONNECTION_DEADLINE, serve(stream, metrics, vitals));
                shutdown.run_until_cancelled(serving).await;
            });
        }
    }
}

async fn serve(stream: TcpStream, metrics: PrometheusHandle, vitals: AskVitals) {
    let service = service_fn(|request: Request<Incoming>| {
        ready(Ok::<_, Infallible>(answer(request.method(), request.uri().path(), &metrics, &vitals)))
    });
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_DEADLINE)
        .serve_connection(TokioIo::new(stream), service)
        .await;
    if let Err(error) = served {
        tracing::debug!(error = ?error, "a monitoring connection broke off");
    }
}

fn answer(method: &Method, path: &str, metrics: &PrometheusHandle, vitals: &AskVitals) -> Response<Text> {
    if method != Method::GET {
        return text(StatusCode::METHOD_NOT_ALLOWED, "text/plain", String::new());
    }
    match path {
        "/metrics" => {
            vitals();
            metrics.run_upkeep();
            text(StatusCode::OK, "text/plain; version=0.0.4; charset=utf-8", metrics.render())
        }
        "/healthz" => {
            let vitals = vitals();
            let age = vitals.worker_loop_age.map(|age| age.as_secs_f64());
            let status = if vitals.is_alive { "alive" } else { "stuck" };
            let body = serde_json::json!({ "status": status, "worker_loop_age_seconds": age });
            let code = if vitals.is_alive { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
            text(code, "application/json", body.to_string())
        }
        _ => text(StatusCode::NOT_FOUND, "text/plain", String::new()),
    }
}

fn text(status: StatusCode, media_type: &'static str, body: String) -> Response<Text> {
    let mut response = Response::new(Text(Some(body.into())));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// A body of one piece.
struct Text(Option<Bytes>);

impl Body for Text {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.0.take().map(|bytes| Ok(Frame::data(bytes))))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.0.as_ref().map_or(0, |bytes| bytes.len() as u64))
    }
}

#[cfg(test)]
mod tests;
