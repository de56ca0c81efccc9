//! A WebSocket client that waits for frames, never longer than a deadline, and holds each against the document.

use std::time::Duration;

use futures::{SinkExt, StreamExt};
use reqwest::header::{AUTHORIZATION, ORIGIN};
use serde_json::Value;
use tokio::{
    net::TcpStream,
    time::{Instant, timeout_at},
};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{
        Error, Message, Utf8Bytes, client::IntoClientRequest, handshake::client::Request, http::StatusCode,
    },
};

use super::frames::faults_of_sent;

const PATIENCE: Duration = Duration::from_secs(20);

/// How a connection ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// With a close frame that has this code.
    Closed(u16),
    /// Without one.
    Broken(String),
}

/// A connection.
#[derive(Debug)]
pub struct Socket {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

impl Socket {
    /// Connects to `/api/v1/ws` and what follows it, with a token in the header, or without one when it is empty.
    pub async fn connect(base: &str, path: &str, token: &str) -> Self {
        Self::try_connect(base, path, token)
            .await
            .unwrap_or_else(|error| panic!("no WebSocket at {base}: {error}"))
    }

    /// Connects as a browser does for a page of that origin.
    pub async fn from_page(base: &str, path: &str, token: &str, origin: &str) -> Self {
        let mut request = handshake(base, path, token).expect("a request");
        let origin = origin.parse().expect("an origin is a header value");
        request.headers_mut().insert(ORIGIN, origin);
        Self::open(request).await.unwrap_or_else(|error| panic!("no WebSocket at {base}: {error}"))
    }

    /// Connects to a server that may not be there.
    ///
    /// # Errors
    /// When it is not, or refuses.
    pub async fn try_connect(base: &str, path: &str, token: &str) -> Result<Self, Error> {
        Self::open(handshake(base, path, token)?).await
    }

    async fn open(request: Request) -> Result<Self, Error> {
        let connecting = connect_async(request);
        let (stream, _) = timeout_at(Instant::now() + PATIENCE, connecting)
            .await
            .map_err(|_| Error::Io(std::io::ErrorKind::TimedOut.into()))??;
        Ok(Self { stream })
    }

    /// The status with which the server refuses a connection.
    pub async fn refused(base: &str, path: &str, token: &str) -> StatusCode {
        match Self::try_connect(base, path, token).await {
            Err(Error::Http(response)) => response.status(),
            Err(error) => panic!("a status was expected, not {error}"),
            Ok(_) => panic!("the connection should have been refused"),
        }
    }

    /// Sends a frame.
    pub async fn send(&mut self, frame: Value) {
        self.send_text(&frame.to_string()).await;
    }

    /// Sends any text.
    pub async fn send_text(&mut self, text: &str) {
        self.try_send(Message::text(text)).await.expect("the frame is sent");
    }

    /// Sends any message to a server that may be gone.
    ///
    /// # Errors
    /// When it is.
    pub async fn try_send(&mut self, message: Message) -> Result<(), Error> {
        self.stream.send(message).await
    }

    /// The next frame, or how the connection ended; `None` when neither comes before the deadline.
    pub async fn next_before(&mut self, deadline: Instant) -> Option<Result<Value, Ended>> {
        let text = self.next_text_before(deadline).await?;
        Some(text.map(|text| described(serde_json::from_str(&text).expect("every frame is JSON"))))
    }

    /// The next frame as it was sent, or how the connection ended; `None` when neither comes before the deadline.
    pub async fn next_text_before(&mut self, deadline: Instant) -> Option<Result<Utf8Bytes, Ended>> {
        loop {
            let message = timeout_at(deadline, self.stream.next()).await.ok()?;
            return Some(match message {
                Some(Ok(Message::Text(text))) => Ok(text),
                Some(Ok(Message::Close(frame))) => {
                    Err(Ended::Closed(frame.map_or(1005, |frame| frame.code.into())))
                }
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => continue,
                Some(Ok(other)) => Err(Ended::Broken(format!("every frame is text, not {other:?}"))),
                Some(Err(error)) => Err(Ended::Broken(error.to_string())),
                None => Err(Ended::Broken("end of stream".to_owned())),
            });
        }
    }

    /// The first frame that fits; those before it are dropped.
    pub async fn expect(&mut self, what: &str, fits: impl Fn(&Value) -> bool) -> Value {
        let (frame, _) = self.collect_until(what, fits).await;
        frame
    }

    /// The first frame of a type; those before it are dropped.
    pub async fn expect_type(&mut self, kind: &str) -> Value {
        self.expect(kind, |frame| frame["type"] == kind).await
    }

    /// The first frame that fits, and those before it.
    pub async fn collect_until(&mut self, what: &str, fits: impl Fn(&Value) -> bool) -> (Value, Vec<Value>) {
        let deadline = Instant::now() + PATIENCE;
        let mut before = Vec::new();
        loop {
            match self.next_before(deadline).await {
                Some(Ok(frame)) if fits(&frame) => return (frame, before),
                Some(Ok(frame)) => before.push(frame),
                Some(Err(ended)) => {
                    panic!("{what} was expected; the connection ended: {ended:?} after {before:?}")
                }
                None => panic!("{what} was expected; in time came only {before:?}"),
            }
        }
    }

    /// Reads to the end of the connection: the close code.
    pub async fn close_code(&mut self) -> u16 {
        self.ends_within(PATIENCE).await.expect("the server closes the connection")
    }

    /// Reads for so long: the close code when the connection ends meanwhile.
    pub async fn ends_within(&mut self, patience: Duration) -> Option<u16> {
        let deadline = Instant::now() + patience;
        loop {
            match self.next_before(deadline).await? {
                Ok(_) => {}
                Err(Ended::Closed(code)) => return Some(code),
                Err(Ended::Broken(error)) => panic!("the connection broke: {error}"),
            }
        }
    }

    /// Sends a heartbeat and waits for its answer: what the server sent before has arrived, and is returned.
    pub async fn settle(&mut self) -> Vec<Value> {
        self.send(serde_json::json!({ "type": "heartbeat" })).await;
        self.collect_until("heartbeat_ack", |frame| frame["type"] == "heartbeat_ack").await.1
    }

    /// Closes the connection in an orderly way.
    pub async fn close(mut self) {
        self.stream.close(None).await.ok();
    }
}

fn described(frame: Value) -> Value {
    let faults = faults_of_sent(&frame);
    assert!(faults.is_empty(), "the document does not describe {frame}: {faults:#?}");
    frame
}

fn handshake(base: &str, path: &str, token: &str) -> Result<Request, Error> {
    let url = format!("{}/api/v1/ws{path}", base.replacen("http", "ws", 1));
    let mut request = url.into_client_request()?;
    if !token.is_empty() {
        let value = format!("Bearer {token}").parse().expect("a token is a header value");
        request.headers_mut().insert(AUTHORIZATION, value);
    }
    Ok(request)
}
