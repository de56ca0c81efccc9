//! A WebSocket on an upgraded connection (RFC 6455), at the server's end and without extensions.
//!
//! tungstenite would keep buffers for each connection, and write the head of a frame for each of its receivers. Here an
//! event is one frame for all, its head included; whatever waits is sent at once; and a connection that is idle holds no
//! buffer. Tungstenite's are the types, and the reading of heads.

mod reader;
mod writer;

use std::{
    collections::VecDeque,
    future::poll_fn,
    io,
    task::{Context, Poll, ready},
};

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio_tungstenite::tungstenite::{
    self, Message,
    protocol::{CloseFrame, frame::coding::CloseCode},
};

use self::{reader::Reader, writer::Writer};
use super::frame::Frame;

pub(super) use self::reader::MAX_FRAME_BYTES;

/// What came from a client; `None` when nothing will come any more.
pub(super) type Received = Option<Result<Message, tungstenite::Error>>;

/// How far a connection is from its end.
enum Phase {
    Open,
    /// The client has said goodbye, and waits for this answer.
    ClosedByClient(Option<CloseFrame>),
    /// What came was no WebSocket frame: nothing that follows can be read.
    Failed,
}

/// A WebSocket connection, which one task reads and writes.
pub(super) struct Socket<S> {
    stream: S,
    reader: Reader,
    writer: Writer,
    phase: Phase,
    /// The answer to the client's latest ping, if it is not on its way yet.
    pong: Option<Frame>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Socket<S> {
    /// On a connection whose handshake is done.
    pub(super) fn new(stream: S) -> Self {
        Self { stream, reader: Reader::default(), writer: Writer::default(), phase: Phase::Open, pong: None }
    }

    /// What is to be sent: frames go out in this order with the next [`Socket::poll_flush`].
    pub(super) fn queue(&mut self) -> &mut VecDeque<Frame> {
        self.writer.queue()
    }

    /// Sends everything that is queued.
    pub(super) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.writer.poll_flush(cx, &mut self.stream)
    }

    /// The next message. A ping is answered by the call after the one that returned it; while the client takes nothing,
    /// only the last one is.
    pub(super) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Received> {
        if !matches!(self.phase, Phase::Open) {
            return Poll::Ready(None);
        }
        if let Poll::Ready(Err(error)) = self.poll_pong(cx) {
            return Poll::Ready(Some(Err(error.into())));
        }
        let received = ready!(self.reader.poll_next(cx, &mut self.stream));
        match &received {
            Some(Ok(Message::Ping(payload))) => self.pong = Some(Frame::pong(payload)),
            Some(Ok(Message::Close(goodbye))) => self.phase = Phase::ClosedByClient(goodbye.clone()),
            Some(Err(_)) => self.phase = Phase::Failed,
            Some(Ok(_)) | None => {}
        }
        Poll::Ready(received)
    }

    /// The same. Cancel safe.
    pub(super) async fn next(&mut self) -> Received {
        poll_fn(|cx| self.poll_next(cx)).await
    }

    fn poll_pong(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.pong.is_none() && self.writer.is_flushed() {
            return Poll::Ready(Ok(()));
        }
        ready!(self.poll_flush(cx))?;
        let pong = self.pong.take();
        self.queue().extend(pong);
        self.poll_flush(cx)
    }

    /// Closes by the book (section 7): says why, and waits for the client to do the same; or answers the client's own
    /// goodbye. What was not sent is not sent any more.
    pub(super) async fn close(&mut self, reason: Option<CloseFrame>) -> io::Result<()> {
        self.writer.forget_unsent();
        self.pong = None;
        let reason = match &mut self.phase {
            Phase::ClosedByClient(goodbye) => goodbye.take().map(answer_to),
            Phase::Open | Phase::Failed => reason,
        };
        self.queue().push_back(Frame::close(reason.as_ref()));
        poll_fn(|cx| self.poll_flush(cx)).await?;
        while let Some(Ok(_)) = self.next().await {
            // Nothing follows a goodbye.
            self.pong = None;
        }
        self.stream.shutdown().await?;
        if matches!(self.phase, Phase::Failed) {
            // A client that is still sending would lose the goodbye together with the connection.
            poll_fn(|cx| reader::poll_discard(cx, &mut self.stream)).await?;
        }
        Ok(())
    }
}

fn answer_to(goodbye: CloseFrame) -> CloseFrame {
    if goodbye.code.is_allowed() {
        return goodbye;
    }
    CloseFrame { code: CloseCode::Protocol, reason: "no such code".into() }
}

#[cfg(test)]
mod tests;
