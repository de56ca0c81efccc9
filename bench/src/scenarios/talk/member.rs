//! One member of a room, who listens and may be a sender.

use std::{sync::Arc, time::Duration};

use tokio::time::{Instant, interval, sleep_until};

use super::{Load, Run, Shape, Span};
use crate::{
    Failure,
    stage::Seat,
    wire::{Body, Dialect, Reader, Socket},
};

/// Well within the 25 s that Plaza asks for; once the messages begin, a run is shorter than two of those.
const BEAT: Duration = Duration::from_secs(20);

/// What a sender has posted.
#[derive(Debug)]
pub(super) struct Post {
    /// Its number among the senders.
    sender: usize,
    posted: u32,
    /// Those of them that came back.
    returned: u32,
}

impl Post {
    /// For a member that sends: the first ones of each room do.
    pub(super) fn of(number: usize, shape: Shape) -> Option<Self> {
        let (room, place) = (number / shape.members, number % shape.members);
        let sender = place * shape.rooms + room;
        (sender < shape.senders).then_some(Self { sender, posted: 0, returned: 0 })
    }

    /// When its next message is due; `None` when something has to come back first.
    fn due(&self, run: &Run, span: Span) -> Option<Instant> {
        let due = match run.shape.load {
            Load::Window(window) if self.posted - self.returned >= window => return None,
            Load::Window(_) => span.begin.max(Instant::now()),
            Load::Rate(rate) => {
                let before = f64::from(self.posted) * run.shape.senders as f64 + self.sender as f64;
                span.begin + Duration::from_secs_f64(before / rate)
            }
        };
        (due < span.end).then_some(due)
    }
}

/// A member of a room.
pub(super) struct Member {
    run: Arc<Run>,
    number: usize,
    socket: Socket,
    seat: Seat,
    dialect: &'static dyn Dialect,
    reader: Reader,
    post: Option<Post>,
}

impl Member {
    pub(super) fn new(
        run: Arc<Run>,
        number: usize,
        socket: Socket,
        seat: Seat,
        dialect: &'static dyn Dialect,
        post: Option<Post>,
    ) -> Self {
        Self { run, number, socket, seat, dialect, reader: Reader::new(), post }
    }

    /// Listens, and posts what is due, until it is ended from outside.
    pub(super) async fn talk(mut self) -> Result<(), Failure> {
        let span = self.wait().await?;
        loop {
            let due = self.post_due(span)?;
            self.socket.flush().await?;
            match due {
                Some(due) => tokio::select! {
                    received = self.socket.receive() => received?,
                    () = sleep_until(due) => continue,
                },
                None => self.socket.receive().await?,
            }
            self.take_in()?;
        }
    }

    /// Until everybody is there: what comes before is of no interest, but servers want to hear that one is there.
    async fn wait(&mut self) -> Result<Span, Failure> {
        let mut begun = self.run.begun.clone();
        let mut beats = interval(BEAT);
        loop {
            tokio::select! {
                received = self.socket.receive() => {
                    received?;
                    self.take_in()?;
                }
                _ = beats.tick() => if let Some(beat) = self.dialect.heartbeat() {
                    self.socket.say(beat)?;
                },
                changed = begun.changed() => {
                    changed?;
                    if let Some(span) = *begun.borrow() {
                        return Ok(span);
                    }
                }
            }
            self.socket.flush().await?;
        }
    }

    /// Posts, and returns when there is more to post.
    fn post_due(&mut self, span: Span) -> Result<Option<Instant>, Failure> {
        let Some(post) = &mut self.post else { return Ok(None) };
        loop {
            let due = post.due(&self.run, span);
            match due {
                Some(at) if at <= Instant::now() => {
                    post.posted += 1;
                    let stamp = self.run.micros(at);
                    let body = Body { sender: post.sender, number: post.posted, stamp };
                    let text = body.text(self.run.shape.body);
                    self.socket.say(&self.dialect.post(&self.seat, &text))?;
                    self.run.ledger().posted(post.sender);
                }
                due => return Ok(due),
            }
        }
    }

    /// Takes in everything that has arrived.
    fn take_in(&mut self) -> Result<(), Failure> {
        let now = self.run.micros(Instant::now());
        let mut ledger = self.run.ledger();
        while let Some(frame) = self.socket.next()? {
            if let Some(body) = self.reader.read(frame) {
                ledger.received(self.number, body, now)?;
                if let Some(post) = self.post.as_mut().filter(|post| post.sender == body.sender) {
                    post.returned += 1;
                }
            } else if let Some(answer) = self.dialect.answer(frame) {
                self.socket.say(answer)?;
            }
        }
        Ok(())
    }
}
