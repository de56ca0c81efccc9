//! Accepts connections: bounded in number, without Nagle's delay, and calm when the process runs out of descriptors.

use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use poem::{
    http::uri::Scheme,
    listener::Acceptor,
    web::{LocalAddr, RemoteAddr},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpSocket, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
};

use super::head_deadline::HeadDeadline;

/// How long to wait when a connection could not be accepted: its cause (no descriptors, no memory) takes a while to go.
const PAUSE: Duration = Duration::from_millis(200);

/// How many connections may wait in the kernel's queue to be accepted: after a restart thousands of clients come back
/// within a second, and those that find the queue full try again only after seconds. The kernel may allow fewer
/// (`net.core.somaxconn`).
const BACKLOG: u32 = 4096;

/// Accepts at most so many connections at a time; more wait in the kernel's queue.
pub(super) struct PlazaAcceptor {
    listener: TcpListener,
    address: SocketAddr,
    places: Arc<Semaphore>,
}

impl PlazaAcceptor {
    /// Listens on an address.
    pub(super) fn bind(address: SocketAddr, max_connections: usize) -> io::Result<Self> {
        let listener = listen(address)?;
        let address = listener.local_addr()?;
        let places = max_connections.min(Semaphore::MAX_PERMITS);
        Ok(Self { listener, address, places: Arc::new(Semaphore::new(places)) })
    }

    /// Where it listens.
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }
}

/// As [`TcpListener::bind`] does it, which lets 128 connections wait.
fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // A server that is started again takes the address although connections of its predecessor are still closing.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

impl Acceptor for PlazaAcceptor {
    type Io = AcceptedStream;

    fn local_addr(&self) -> Vec<LocalAddr> {
        vec![LocalAddr(self.address.into())]
    }

    async fn accept(&mut self) -> io::Result<(AcceptedStream, LocalAddr, RemoteAddr, Scheme)> {
        let place = Arc::clone(&self.places).acquire_owned().await.map_err(io::Error::other)?;
        loop {
            match self.listener.accept().await {
                Ok((stream, peer)) => {
                    if let Err(error) = stream.set_nodelay(true) {
                        tracing::debug!(error = %error, "a client went away before it was served");
                        continue;
                    }
                    let stream = AcceptedStream { stream: HeadDeadline::new(stream), _place: place };
                    return Ok((
                        stream,
                        LocalAddr(self.address.into()),
                        RemoteAddr(peer.into()),
                        Scheme::HTTP,
                    ));
                }
                Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {
                    tracing::debug!(error = %error, "a client went away before it was accepted");
                }
                Err(error) => {
                    tracing::warn!(error = %error, "a connection could not be accepted; pausing");
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    }
}

/// A connection, and its place among those that are allowed.
pub(super) struct AcceptedStream {
    stream: HeadDeadline<TcpStream>,
    _place: OwnedSemaphorePermit,
}

impl AsyncRead for AcceptedStream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for AcceptedStream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write_vectored(cx, slices)
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
