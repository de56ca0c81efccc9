//! Sending: everything that waits goes out with one flush, and never waits forever.

use std::{future::poll_fn, task::Poll, time::Duration};

use tokio::time::timeout;

use super::{Connection, End, Flow, MAX_IN_FLIGHT};
use crate::ws::{close::Close, frame::Frame, frames::ServerFrame};

/// How long a client may take to accept what waits for it.
const WRITE_TIMEOUT: Duration = Duration::from_secs(20);
/// How long messages that were taken may take to be stored when the server stops.
const SETTLE_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a goodbye may take.
const GOODBYE_TIMEOUT: Duration = Duration::from_secs(3);
/// Clients that were sent away come back within this time, spread evenly.
const RECONNECT_SPREAD_MS: u128 = 5_000;

impl Connection {
    /// Sends everything that waits.
    pub(super) async fn drain(&mut self) -> Flow {
        let close = self.outbox.take(self.socket.queue());
        self.send_queued().await?;
        close.map_or(Ok(()), |reason| Err(reason.into()))
    }

    /// Sends frames after everything that is queued.
    pub(super) async fn send_all(&mut self, frames: impl IntoIterator<Item = Frame>) -> Flow {
        self.socket.queue().extend(frames);
        self.send_queued().await
    }

    /// Sends what is queued. The clock is only asked when the client does not take it all at once, which is rare.
    pub(super) async fn send_queued(&mut self) -> Flow {
        let sent = match poll_fn(|cx| Poll::Ready(self.socket.poll_flush(cx))).await {
            Poll::Ready(sent) => Ok(sent),
            Poll::Pending => Box::pin(timeout(WRITE_TIMEOUT, poll_fn(|cx| self.socket.poll_flush(cx)))).await,
        };
        match sent {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(End::Gone),
            Err(_) => Err(Close::TooSlow.into()),
        }
    }

    /// Tells the client to come back, after everything else that waits, and the acknowledgements of what was taken.
    pub(super) async fn send_away(&mut self) -> Flow {
        if let Some(attendance) = self.attendance.take() {
            attendance.send_away();
        }
        let all = u32::try_from(MAX_IN_FLIGHT).unwrap_or(u32::MAX);
        if timeout(SETTLE_TIMEOUT, self.in_flight.acquire_many(all)).await.is_err() {
            tracing::debug!("a connection ends before all of its messages are acknowledged");
        }
        let spread = self.id.as_u128() % RECONNECT_SPREAD_MS;
        self.tell(&ServerFrame::Reconnect { after_ms: u64::try_from(spread).unwrap_or_default() });
        self.drain().await?;
        Err(Close::GoingAway.into())
    }

    /// Closes by the book (RFC 6455, section 7): says why, or agrees to the client's own goodbye, and waits a moment
    /// for the client to do the same.
    pub(super) async fn say_goodbye(&mut self, reason: Option<Close>) {
        let goodbye = self.socket.close(reason.map(Close::frame));
        if !matches!(timeout(GOODBYE_TIMEOUT, goodbye).await, Ok(Ok(()))) {
            tracing::debug!(close = ?reason, "a client was gone before the goodbye");
        }
    }
}
