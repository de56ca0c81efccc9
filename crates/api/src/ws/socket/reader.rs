//! What a client sends: frames, unmasked and put together to messages (RFC 6455, sections 5 and 7).

use std::{
    cell::RefCell,
    io::{self, Cursor},
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncRead, ReadBuf};
use tokio_tungstenite::tungstenite::{
    Error, Message, Utf8Bytes,
    error::{CapacityError, ProtocolError},
    protocol::{
        CloseFrame,
        frame::{
            FrameHeader,
            coding::{Control, Data, OpCode},
        },
    },
};

use super::Received;

/// The largest message that a client may send, in one frame or in several, in bytes.
pub(in crate::ws) const MAX_FRAME_BYTES: usize = 64 * 1024;
/// The longest payload of a ping, a pong or a goodbye.
const MAX_CONTROL_BYTES: u64 = 125;
/// How much is read at once.
const READ_BYTES: usize = 16 * 1024;

thread_local! {
    /// What was just read. All connections of a thread share it: one that waits holds only what is no whole frame yet.
    static READ: RefCell<Box<[u8]>> = RefCell::new(vec![0; READ_BYTES].into_boxed_slice());
}

/// Puts messages together. Holds at most one message that is not complete, and one read.
#[derive(Default)]
pub(super) struct Reader {
    /// What was read and not told yet.
    buffer: BytesMut,
    /// The fragments so far of a message, and its kind.
    fragments: Option<(Data, BytesMut)>,
}

impl Reader {
    /// The next message.
    pub(super) fn poll_next<S>(&mut self, cx: &mut Context<'_>, stream: &mut S) -> Poll<Received>
    where
        S: AsyncRead + Unpin,
    {
        loop {
            if let Some(message) = self.next().transpose() {
                return Poll::Ready(Some(message));
            }
            let read = poll_read(cx, stream, |bytes| {
                self.buffer.extend_from_slice(bytes);
                bytes.len()
            });
            match ready!(read) {
                Ok(0) => return Poll::Ready(None),
                Ok(_) => {}
                Err(error) => return Poll::Ready(Some(Err(error.into()))),
            }
        }
    }

    /// The next message in what was read.
    fn next(&mut self) -> Result<Option<Message>, Error> {
        if self.buffer.is_empty() {
            return Ok(None);
        }
        while let Some((header, payload)) = self.next_frame()? {
            if let Some(message) = self.message(&header, payload)? {
                return Ok(Some(message));
            }
        }
        Ok(None)
    }

    fn next_frame(&mut self) -> Result<Option<(FrameHeader, BytesMut)>, Error> {
        let mut cursor = Cursor::new(&self.buffer);
        let Some((header, length)) = FrameHeader::parse(&mut cursor)? else { return Ok(None) };
        let start = usize::try_from(cursor.position()).unwrap_or(usize::MAX);
        let length = self.check(&header, length)?;
        let end = start.saturating_add(length);
        if self.buffer.len() < end {
            return Ok(None);
        }
        // What is taken whole leaves nothing behind.
        let mut payload = if self.buffer.len() == end {
            std::mem::take(&mut self.buffer)
        } else {
            self.buffer.split_to(end)
        };
        payload.advance(start);
        unmask(&mut payload, header.mask.unwrap_or_default());
        Ok(Some((header, payload)))
    }

    /// The length of a frame's payload, if the frame is allowed here.
    fn check(&self, header: &FrameHeader, length: u64) -> Result<usize, Error> {
        if header.rsv1 || header.rsv2 || header.rsv3 {
            return Err(ProtocolError::NonZeroReservedBits.into());
        }
        if header.mask.is_none() {
            return Err(ProtocolError::UnmaskedFrameFromClient.into());
        }
        let fragments = match header.opcode {
            OpCode::Control(_) if !header.is_final => {
                return Err(ProtocolError::FragmentedControlFrame.into());
            }
            OpCode::Control(_) if length > MAX_CONTROL_BYTES => {
                return Err(ProtocolError::ControlFrameTooBig.into());
            }
            OpCode::Control(_) => 0,
            OpCode::Data(_) => self.fragments.as_ref().map_or(0, |(_, fragments)| fragments.len()),
        };
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        let size = fragments.saturating_add(length);
        if size > MAX_FRAME_BYTES {
            return Err(CapacityError::MessageTooLong { size, max_size: MAX_FRAME_BYTES }.into());
        }
        Ok(length)
    }

    /// What a frame tells; nothing yet when there is more of its message to come.
    fn message(&mut self, header: &FrameHeader, payload: BytesMut) -> Result<Option<Message>, Error> {
        let (kind, whole) = match (header.opcode, self.fragments.take()) {
            (OpCode::Control(control), fragments) => {
                self.fragments = fragments;
                return control_message(control, payload).map(Some);
            }
            (OpCode::Data(Data::Continue), None) => {
                return Err(ProtocolError::UnexpectedContinueFrame.into());
            }
            (OpCode::Data(Data::Continue), Some((kind, mut whole))) => {
                whole.extend_from_slice(&payload);
                (kind, whole)
            }
            (OpCode::Data(kind), None) => (kind, payload),
            (OpCode::Data(kind), Some(_)) => return Err(ProtocolError::ExpectedFragment(kind).into()),
        };
        if !header.is_final {
            self.fragments = Some((kind, whole));
            return Ok(None);
        }
        match kind {
            Data::Text => Ok(Some(Message::Text(whole.try_into()?))),
            Data::Binary => Ok(Some(Message::Binary(whole.freeze()))),
            Data::Continue => Err(ProtocolError::UnexpectedContinueFrame.into()),
            Data::Reserved(opcode) => Err(ProtocolError::UnknownDataFrameType(opcode).into()),
        }
    }
}

fn control_message(control: Control, payload: BytesMut) -> Result<Message, Error> {
    match control {
        Control::Ping => Ok(Message::Ping(payload.freeze())),
        Control::Pong => Ok(Message::Pong(payload.freeze())),
        Control::Close => Ok(Message::Close(close_frame(payload)?)),
        Control::Reserved(opcode) => Err(ProtocolError::UnknownControlFrameType(opcode).into()),
    }
}

fn close_frame(mut payload: BytesMut) -> Result<Option<CloseFrame>, Error> {
    match payload.len() {
        0 => Ok(None),
        1 => Err(ProtocolError::InvalidCloseSequence.into()),
        _ => {
            let code = payload.get_u16().into();
            let reason: Utf8Bytes = payload.try_into()?;
            Ok(Some(CloseFrame { code, reason }))
        }
    }
}

fn unmask(payload: &mut [u8], mask: [u8; 4]) {
    let (blocks, rest) = payload.as_chunks_mut();
    for block in blocks {
        *block = (u32::from_ne_bytes(*block) ^ u32::from_ne_bytes(mask)).to_ne_bytes();
    }
    rest.iter_mut().zip(mask).for_each(|(byte, key)| *byte ^= key);
}

/// Reads, and throws away, until the other end has sent everything.
pub(super) fn poll_discard<S>(cx: &mut Context<'_>, stream: &mut S) -> Poll<io::Result<()>>
where
    S: AsyncRead + Unpin,
{
    while ready!(poll_read(cx, stream, <[u8]>::len))? > 0 {}
    Poll::Ready(Ok(()))
}

/// Reads what is there, into memory that is read again as soon as `take` returns.
fn poll_read<S, T>(cx: &mut Context<'_>, stream: &mut S, take: impl FnOnce(&[u8]) -> T) -> Poll<io::Result<T>>
where
    S: AsyncRead + Unpin,
{
    READ.with_borrow_mut(|memory| {
        let mut read = ReadBuf::new(memory);
        ready!(Pin::new(stream).poll_read(cx, &mut read))?;
        Poll::Ready(Ok(take(read.filled())))
    })
}
