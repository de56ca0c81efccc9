//! Waiting for something outside this process, always with a deadline.

use std::{
    future::Future,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    time::Duration,
};

use tokio::time::{Instant, interval};

const POLL_EVERY: Duration = Duration::from_millis(20);

/// Asks again and again until there is an answer; the last refusal when there is none in time.
pub(crate) async fn until<T, E, F>(patience: Duration, mut ask: impl FnMut() -> F) -> Result<T, E>
where
    F: Future<Output = Result<T, E>>,
{
    let deadline = Instant::now() + patience;
    let mut ticks = interval(POLL_EVERY);
    loop {
        ticks.tick().await;
        match ask().await {
            Ok(answer) => return Ok(answer),
            Err(refusal) if Instant::now() >= deadline => return Err(refusal),
            Err(_) => {}
        }
    }
}

/// A port of the loopback interface that nobody listens on at this moment.
pub(crate) fn free_port() -> std::io::Result<u16> {
    let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
    Ok(listener.local_addr()?.port())
}
