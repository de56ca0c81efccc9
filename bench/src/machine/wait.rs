//! Waiting for servers, always with a deadline, and ports for them.

use std::{
    hash::{BuildHasher, Hasher, RandomState},
    net::{Ipv4Addr, SocketAddr, TcpListener},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{Instant, interval, timeout},
};

use crate::Failure;

/// Below the range from which Linux takes ports for outgoing connections.
const FIRST_PORT: u16 = 10_000;
const LAST_PORT: u16 = 32_000;
const POLL_EVERY: Duration = Duration::from_millis(2);
const ANSWER: Duration = Duration::from_secs(2);

/// Asks again and again until there is an answer.
///
/// # Errors
/// The last refusal, when there is no answer in time.
pub(crate) async fn until<T, F>(patience: Duration, mut ask: impl FnMut() -> F) -> Result<T, Failure>
where
    F: Future<Output = Result<T, Failure>>,
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
pub(crate) fn free_port() -> Result<u16, Failure> {
    let random = RandomState::new().build_hasher().finish();
    let first = (random % u64::from(LAST_PORT - FIRST_PORT)) as u16;
    (0..LAST_PORT - FIRST_PORT)
        .map(|step| FIRST_PORT + (first + step) % (LAST_PORT - FIRST_PORT))
        .find(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok())
        .ok_or_else(|| "no port is free".into())
}

/// The address of a port of the loopback interface.
pub(crate) fn local(port: u16) -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, port))
}

/// Says something to a server and checks how its answer begins.
pub(crate) async fn greet(address: SocketAddr, words: &str, expected: &str) -> Result<(), Failure> {
    let exchange = async {
        let mut stream = TcpStream::connect(address).await?;
        stream.write_all(words.as_bytes()).await?;
        let mut answer = [0; 256];
        let mut length = 0;
        while length < expected.len() {
            match stream.read(&mut answer[length..]).await? {
                0 => break,
                more => length += more,
            }
        }
        Ok::<_, Failure>(String::from_utf8_lossy(&answer[..length]).into_owned())
    };
    let answer = timeout(ANSWER, exchange).await??;
    if answer.starts_with(expected) { Ok(()) } else { Err(format!("{address} answers {answer:?}").into()) }
}
