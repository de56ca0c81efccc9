//! A connection that must send its request's head in time (against "slowloris"), and may not idle for ever.
//!
//! hyper can do this when it is given a timer; poem gives it none and does not let one in. So the bytes that pass are
//! watched: a head ends with an empty line (RFC 9112, section 2.1), a response that begins with status 101 ends HTTP.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Instant, Sleep, sleep},
};

/// How long a client may take for a request's head, from its first byte; for the first one from the connection on.
const HEAD_TIMEOUT: Duration = Duration::from_secs(15);
/// How long a connection may wait for its next request.
const IDLE_TIMEOUT: Duration = Duration::from_secs(75);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Between requests.
    Idle,
    /// Reading a head.
    Head(EmptyLine),
    /// Reading a body or working on the answer: others watch over that.
    Working,
    /// No longer HTTP.
    Upgraded,
}

/// Looks for the empty line that ends a head.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct EmptyLine {
    line_feeds: u8,
}

impl EmptyLine {
    /// Whether the head ends in these bytes.
    fn find(&mut self, bytes: &[u8]) -> bool {
        for byte in bytes {
            match byte {
                b'\n' if self.line_feeds == 1 => return true,
                b'\n' => self.line_feeds = 1,
                b'\r' => {}
                _ => self.line_feeds = 0,
            }
        }
        false
    }
}

/// A connection whose heads have a deadline.
pub(super) struct HeadDeadline<S> {
    stream: S,
    phase: Phase,
    /// Gone once the connection is upgraded, as it then has no use for it.
    deadline: Option<Pin<Box<Sleep>>>,
}

impl<S> HeadDeadline<S> {
    pub(super) fn new(stream: S) -> Self {
        let deadline = Some(Box::pin(sleep(HEAD_TIMEOUT)));
        Self { stream, phase: Phase::Head(EmptyLine::default()), deadline }
    }

    fn restart(&mut self, timeout: Duration) {
        if let Some(deadline) = &mut self.deadline {
            deadline.as_mut().reset(Instant::now() + timeout);
        }
    }

    fn on_read(&mut self, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        if self.phase == Phase::Idle {
            self.restart(HEAD_TIMEOUT);
            self.phase = Phase::Head(EmptyLine::default());
        }
        if let Phase::Head(mut empty_line) = self.phase {
            let is_complete = empty_line.find(bytes);
            self.phase = if is_complete { Phase::Working } else { Phase::Head(empty_line) };
        }
    }

    fn on_write(&mut self, bytes: &[u8]) {
        match self.phase {
            Phase::Working if bytes.starts_with(b"HTTP/1.1 101") => {
                self.phase = Phase::Upgraded;
                self.deadline = None;
            }
            // An interim answer: the body is still to come.
            Phase::Working if bytes.starts_with(b"HTTP/1.1 100") => {}
            Phase::Working | Phase::Idle | Phase::Head(_) => {
                self.phase = Phase::Idle;
                self.restart(IDLE_TIMEOUT);
            }
            Phase::Upgraded => {}
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for HeadDeadline<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buf.filled().len();
        match Pin::new(&mut this.stream).poll_read(cx, buf) {
            Poll::Ready(Ok(())) => {
                this.on_read(&buf.filled()[before..]);
                Poll::Ready(Ok(()))
            }
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Pending => {
                if matches!(this.phase, Phase::Idle | Phase::Head(_))
                    && let Some(deadline) = &mut this.deadline
                {
                    ready!(deadline.as_mut().poll(cx));
                    return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
                }
                Poll::Pending
            }
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for HeadDeadline<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = ready!(Pin::new(&mut this.stream).poll_write(cx, bytes));
        this.on_write(bytes);
        Poll::Ready(written)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = ready!(Pin::new(&mut this.stream).poll_write_vectored(cx, slices));
        if let Some(first) = slices.iter().find(|slice| !slice.is_empty()) {
            this.on_write(first);
        }
        Poll::Ready(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};

    use super::*;

    fn connection() -> (DuplexStream, HeadDeadline<DuplexStream>) {
        let (client, server) = duplex(1024);
        (client, HeadDeadline::new(server))
    }

    async fn read(server: &mut HeadDeadline<DuplexStream>) -> io::Result<usize> {
        server.read(&mut [0; 256]).await
    }

    #[tokio::test(start_paused = true)]
    async fn a_head_that_trickles_in_is_cut_off() -> io::Result<()> {
        let (mut client, mut server) = connection();
        let begun = Instant::now();
        let outcome = loop {
            client.write_all(b"GET / HTTP/1.1\r\nX").await?;
            if let Err(error) = read(&mut server).await {
                break error;
            }
            tokio::time::advance(Duration::from_secs(1)).await;
            if let Err(error) = tokio::time::timeout(Duration::from_secs(60), read(&mut server)).await? {
                break error;
            }
        };
        assert_eq!(outcome.kind(), io::ErrorKind::TimedOut);
        assert!(begun.elapsed() <= HEAD_TIMEOUT + Duration::from_secs(2));
        Ok(())
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_may_take_longer_than_a_head() -> io::Result<()> {
        let (mut client, mut server) = connection();
        client.write_all(b"POST / HTTP/1.1\r\nHost: x\r\n\r\n").await?;
        read(&mut server).await?;
        server.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").await?;
        let waiting = tokio::time::timeout(HEAD_TIMEOUT * 3, read(&mut server)).await;
        assert!(waiting.is_err(), "the connection ended instead of waiting: {waiting:?}");
        Ok(())
    }

    #[tokio::test(start_paused = true)]
    async fn an_idle_connection_ends_and_an_upgraded_one_does_not() -> io::Result<()> {
        for (answer, is_ended) in
            [("HTTP/1.1 200 OK\r\n\r\n", true), ("HTTP/1.1 101 Switching Protocols\r\n\r\n", false)]
        {
            let (mut client, mut server) = connection();
            client.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await?;
            read(&mut server).await?;
            server.write_all(answer.as_bytes()).await?;
            let waiting = tokio::time::timeout(IDLE_TIMEOUT * 2, read(&mut server)).await;
            assert_eq!(waiting.is_ok(), is_ended, "{answer}");
        }
        Ok(())
    }
}
