//! A WebSocket (RFC 6455) of the load generator's.
//!
//! tungstenite reads and writes the heads of frames; the bytes stay in one buffer a connection, and a frame is looked at
//! where it arrived. Its own reader makes a message of each frame, which would cost more than what servers spend on
//! sending it.

use std::{io::Cursor, net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};
use tokio_tungstenite::tungstenite::{
    handshake::client::generate_key,
    protocol::frame::{
        FrameHeader,
        coding::{Control, Data, OpCode},
    },
};

use super::Dialect;
use crate::{Failure, stage::Seat};

const HANDSHAKE: Duration = Duration::from_secs(30);
/// Who is not in their room by then begins anew, as clients do, but for the last try: of some thousands of handshakes
/// ejabberd leaves one without an answer.
const UNANSWERED: Duration = Duration::from_secs(5);
const TRIES: u32 = 3;
const LARGEST_HEAD: usize = 16 * 1024;
/// Masks keep proxies from taking frames for something else; there is none, and this one changes nothing.
const MASK: [u8; 4] = [0; 4];

/// A connection.
#[derive(Debug)]
pub(crate) struct Socket {
    stream: TcpStream,
    input: Vec<u8>,
    /// Where what was received and not looked at begins and ends.
    from: usize,
    to: usize,
    output: Vec<u8>,
    begun_anew: u32,
}

impl Socket {
    /// How many handshakes before this one had no answer.
    pub(crate) fn begun_anew(&self) -> u32 {
        self.begun_anew
    }

    /// Waits until something has arrived. Cancel safe.
    pub(crate) async fn receive(&mut self) -> Result<(), Failure> {
        if self.from == self.to {
            (self.from, self.to) = (0, 0);
        } else if self.to == self.input.len() {
            self.input.copy_within(self.from..self.to, 0);
            (self.from, self.to) = (0, self.to - self.from);
            if self.to * 2 > self.input.len() {
                self.input.resize(self.input.len() * 2, 0);
            }
        }
        match self.stream.read(&mut self.input[self.to..]).await? {
            0 => Err("the server has closed a connection".into()),
            length => {
                self.to += length;
                Ok(())
            }
        }
    }

    /// The next text that has arrived whole. Pings are answered with the next [`flush`](Self::flush).
    pub(crate) fn next(&mut self) -> Result<Option<&[u8]>, Failure> {
        loop {
            let mut cursor = Cursor::new(&self.input[self.from..self.to]);
            let Some((head, length)) = FrameHeader::parse(&mut cursor)? else { return Ok(None) };
            let begin = self.from + usize::try_from(cursor.position())?;
            let end = begin + usize::try_from(length)?;
            if end > self.to {
                return Ok(None);
            }
            self.from = end;
            match head.opcode {
                OpCode::Data(Data::Text) if head.is_final => return Ok(Some(&self.input[begin..end])),
                OpCode::Control(Control::Ping) => {
                    let payload = self.input[begin..end].to_vec();
                    self.push(OpCode::Control(Control::Pong), &payload)?;
                }
                OpCode::Control(Control::Pong) => {}
                OpCode::Control(Control::Close) => {
                    let said = String::from_utf8_lossy(&self.input[begin..end]);
                    return Err(format!("the server closes a connection: {said:?}").into());
                }
                _ => return Err(format!("a frame of another kind: {head:?}").into()),
            }
        }
    }

    /// Puts a text with what the next [`flush`](Self::flush) sends.
    pub(crate) fn say(&mut self, text: &str) -> Result<(), Failure> {
        self.push(OpCode::Data(Data::Text), text.as_bytes())
    }

    fn push(&mut self, opcode: OpCode, payload: &[u8]) -> Result<(), Failure> {
        let head = FrameHeader { opcode, mask: Some(MASK), ..FrameHeader::default() };
        head.format(payload.len() as u64, &mut self.output)?;
        self.output.extend_from_slice(payload);
        Ok(())
    }

    /// Sends what was said.
    pub(crate) async fn flush(&mut self) -> Result<(), Failure> {
        if !self.output.is_empty() {
            self.stream.write_all(&self.output).await?;
            self.output.clear();
        }
        Ok(())
    }

    /// Reads on until a text contains `words`; those before it are dropped.
    pub(crate) async fn wait_for(&mut self, words: &str) -> Result<(), Failure> {
        let mut last = String::new();
        let reading = async {
            loop {
                while let Some(text) = self.next()? {
                    if memchr::memmem::find(text, words.as_bytes()).is_some() {
                        return Ok(());
                    }
                    last = String::from_utf8_lossy(text).into_owned();
                }
                self.flush().await?;
                self.receive().await?;
            }
        };
        let waited = timeout(HANDSHAKE, reading).await;
        waited.map_err(|_| format!("{words:?} was expected of a server, which said last: {last:?}"))?
    }
}

/// Connects somebody and waits until the server has them in their room.
pub(crate) async fn connect(
    address: SocketAddr,
    dialect: &dyn Dialect,
    seat: &Seat,
    buffer: usize,
) -> Result<Socket, Failure> {
    for begun_anew in 0..TRIES - 1 {
        if let Ok(entered) = timeout(UNANSWERED, enter(address, dialect, seat, buffer)).await {
            return Ok(Socket { begun_anew, ..entered? });
        }
    }
    Ok(Socket { begun_anew: TRIES - 1, ..enter(address, dialect, seat, buffer).await? })
}

async fn enter(
    address: SocketAddr,
    dialect: &dyn Dialect,
    seat: &Seat,
    buffer: usize,
) -> Result<Socket, Failure> {
    let mut socket =
        timeout(HANDSHAKE, shake_hands(address, &dialect.path(seat), dialect.subprotocol(), seat, buffer))
            .await??;
    dialect.enter(&mut socket, seat).await?;
    Ok(socket)
}

/// Connects somebody to Plaza's socket of all rooms.
pub(crate) async fn connect_to_all(
    address: SocketAddr,
    seat: &Seat,
    buffer: usize,
) -> Result<Socket, Failure> {
    timeout(HANDSHAKE, shake_hands(address, "/api/v1/ws", None, seat, buffer)).await?
}

async fn shake_hands(
    address: SocketAddr,
    path: &str,
    subprotocol: Option<&str>,
    seat: &Seat,
    buffer: usize,
) -> Result<Socket, Failure> {
    let mut stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let (token, key) = (&seat.token, generate_key());
    let subprotocol =
        subprotocol.map(|name| format!("Sec-WebSocket-Protocol: {name}\r\n")).unwrap_or_default();
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\nAuthorization: Bearer {token}\r\n{subprotocol}\r\n"
    );
    stream.write_all(request.as_bytes()).await?;
    let mut input = vec![0; buffer.max(1_024)];
    let mut length = 0;
    // What follows the head of the answer is frames.
    let end = loop {
        if length == input.len() {
            if length >= LARGEST_HEAD {
                return Err("the answer to a handshake has no end".into());
            }
            input.resize(length * 2, 0);
        }
        match stream.read(&mut input[length..]).await? {
            0 => return Err("the server hangs up during a handshake".into()),
            more => length += more,
        }
        if let Some(end) = memchr::memmem::find(&input[..length], b"\r\n\r\n") {
            break end + 4;
        }
    };
    if !input.starts_with(b"HTTP/1.1 101") {
        let answer = String::from_utf8_lossy(&input[..length]).into_owned();
        return Err(format!("the server refuses a handshake: {answer}").into());
    }
    Ok(Socket { stream, input, from: end, to: length, output: Vec::new(), begun_anew: 0 })
}
