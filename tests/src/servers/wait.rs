//! Waiting for something outside this process, always with a deadline.

use std::{
    future::Future,
    hash::{BuildHasher, Hasher, RandomState},
    io,
    net::{Ipv4Addr, TcpListener},
    sync::{
        LazyLock,
        atomic::{AtomicU16, Ordering},
    },
    time::Duration,
};

use tokio::time::{Instant, interval};

const FIRST_PORT: u16 = 10_000;
const LAST_PORT: u16 = 32_000;
const POLL_EVERY: Duration = Duration::from_millis(20);

/// Asks again and again until there is an answer.
///
/// # Errors
/// The last refusal, when there is no answer in time.
pub async fn until<T, E, F>(patience: Duration, mut ask: impl FnMut() -> F) -> Result<T, E>
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
///
/// It lies below the range from which Linux takes ports for outgoing connections: a server that a test restarts finds
/// its port free again.
pub fn free_port() -> io::Result<u16> {
    static NEXT: LazyLock<AtomicU16> = LazyLock::new(|| {
        // Other test processes of this machine begin elsewhere.
        let random = RandomState::new().build_hasher().finish();
        AtomicU16::new((random % u64::from(LAST_PORT - FIRST_PORT)) as u16)
    });
    let mut failure = io::Error::other("no port was tried");
    for _ in FIRST_PORT..LAST_PORT {
        let port = FIRST_PORT + NEXT.fetch_add(1, Ordering::Relaxed) % (LAST_PORT - FIRST_PORT);
        match TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
            Ok(_) => return Ok(port),
            Err(error) => failure = error,
        }
    }
    Err(failure)
}
