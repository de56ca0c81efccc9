//! Sending whole frames in order, many at once.

use std::{
    cell::RefCell,
    collections::VecDeque,
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use tokio::io::AsyncWrite;

use crate::ws::frame::Frame;

/// How much is gathered for one write. Copying a frame of some hundred bytes costs a hundredth of the system call that
/// it saves, and the event was just encoded or sent to somebody else: its bytes are near.
const GATHERED_BYTES: usize = 64 * 1024;

/// For how many frames a queue keeps its memory: most connections are idle most of the time, and a burst is soon over.
const KEPT_FRAMES: usize = 32;

thread_local! {
    /// What is about to be written. All connections of a thread share it: what the system does not take is gathered
    /// again from the frames, which are shared too.
    static GATHERED: RefCell<Vec<u8>> = RefCell::new(Vec::with_capacity(GATHERED_BYTES));
}

/// The frames that are to be sent, and how far the first one is.
#[derive(Default)]
pub(super) struct Writer {
    frames: VecDeque<Frame>,
    /// How many bytes of the first frame are sent.
    sent: usize,
}

impl Writer {
    pub(super) fn queue(&mut self) -> &mut VecDeque<Frame> {
        &mut self.frames
    }

    pub(super) fn is_flushed(&self) -> bool {
        self.frames.is_empty()
    }

    /// Sends everything that is queued.
    pub(super) fn poll_flush<S>(&mut self, cx: &mut Context<'_>, stream: &mut S) -> Poll<io::Result<()>>
    where
        S: AsyncWrite + Unpin,
    {
        while let Some(first) = self.frames.front() {
            let mut stream = Pin::new(&mut *stream);
            let sent = if self.frames.len() == 1 || first.bytes().len() > GATHERED_BYTES {
                ready!(stream.as_mut().poll_write(cx, &first.bytes()[self.sent..]))?
            } else {
                ready!(GATHERED.with_borrow_mut(|gathered| {
                    self.gather(gathered);
                    stream.as_mut().poll_write(cx, gathered)
                }))?
            };
            if sent == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.advance(sent);
        }
        if self.frames.capacity() > KEPT_FRAMES {
            self.frames = VecDeque::new();
        }
        Pin::new(stream).poll_flush(cx)
    }

    /// Forgets what is queued, but for a frame of which a part is sent.
    pub(super) fn forget_unsent(&mut self) {
        self.frames.truncate(usize::from(self.sent > 0));
    }

    fn gather(&self, gathered: &mut Vec<u8>) {
        gathered.clear();
        let mut skipped = self.sent;
        for frame in &self.frames {
            let bytes = &frame.bytes()[skipped..];
            if gathered.len() + bytes.len() > GATHERED_BYTES {
                break;
            }
            gathered.extend_from_slice(bytes);
            skipped = 0;
        }
    }

    fn advance(&mut self, sent: usize) {
        self.sent += sent;
        while let Some(first) = self.frames.front().map(|frame| frame.bytes().len())
            && first <= self.sent
        {
            self.sent -= first;
            self.frames.pop_front();
        }
    }
}
