//! One connection: one task that reads client frames, and sends what waits in its outbox.

mod authenticate;
mod budget;
mod commands;
mod direct;
mod replay;
mod subscriptions;
mod transmit;
mod typing;

use std::{
    collections::HashSet,
    future::poll_fn,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use plaza_application::{Actor, Attendance, Error};
use plaza_domain::{Device, RoomId, UserId};
use tokio::{
    sync::Semaphore,
    time::{Instant, Sleep, sleep_until},
};
use tokio_tungstenite::tungstenite::{self, Message as WsMessage};
use tracing::Instrument;

pub(super) use self::authenticate::Credential;
use self::budget::Budget;
use super::{
    close::Close,
    endpoint::WsState,
    frames::{BadFrame, Envelope, ServerFrame},
    hub::{ConnectionHandle, ConnectionId},
    outbox::{Calls, Outbox},
    socket::Received,
    upgrade::Socket,
};

/// How long before its end the client is told that its token expires.
const EXPIRY_NOTICE: Duration = Duration::from_secs(60);
/// How many frames that are no frames a client may send.
const MAX_BAD_FRAMES: u32 = 10;
/// How many messages of one connection may be on their way to the database.
const MAX_IN_FLIGHT: usize = 256;

/// Why a connection ends.
pub(super) enum End {
    /// For this reason, which the client is told.
    Close(Close),
    /// The client is gone or has said goodbye: there is nobody to tell.
    Gone,
}

impl From<Close> for End {
    fn from(close: Close) -> Self {
        Self::Close(close)
    }
}

/// What a connection goes on with.
struct Woken {
    calls: Option<Calls>,
    received: Option<Received>,
    is_due: bool,
}

/// What a step of a connection returns: to go on, or why not.
pub(super) type Flow<T = ()> = Result<T, End>;

/// A connection that is open.
pub(super) struct Connection {
    state: Arc<WsState>,
    socket: Socket,
    id: ConnectionId,
    /// What it comes from, until it is known who that is.
    device: Device,
    outbox: Arc<Outbox>,
    in_flight: Arc<Semaphore>,
    registered: Option<UserId>,
    attendance: Option<Attendance>,
    own_room: Option<RoomId>,
    rooms: HashSet<RoomId>,
    /// Rooms that the client has left on purpose.
    left: HashSet<RoomId>,
    bad_frames: u32,
    budget: Budget,
    typing: typing::Told,
    heard_at: Instant,
    recheck_at: Instant,
    expires_at: Instant,
    expiry_announced: bool,
    /// What the outbox had was the last thing that it looked at.
    has_told: bool,
}

impl Connection {
    pub(super) fn new(state: Arc<WsState>, socket: Socket, device: Device) -> Self {
        let (now, recheck_interval) = (Instant::now(), state.settings.recheck_interval);
        Self {
            id: state.ids.next(),
            state,
            socket,
            device,
            outbox: Arc::default(),
            in_flight: Arc::new(Semaphore::new(MAX_IN_FLIGHT)),
            registered: None,
            attendance: None,
            own_room: None,
            rooms: HashSet::new(),
            left: HashSet::new(),
            bad_frames: 0,
            budget: Budget::new(now),
            typing: typing::Told::default(),
            heard_at: now,
            recheck_at: now + recheck_interval,
            expires_at: now,
            expiry_announced: false,
            has_told: false,
        }
    }

    /// Serves the connection to its end. `room` is what the path names; `Some(None)` when that is no id.
    ///
    /// What is returned is as large as what an idle connection needs. What happens only now and then is in boxes, and
    /// no `async fn` takes the connection itself: it would have room for it twice.
    pub(super) fn run(
        mut self,
        origin_allowed: bool,
        credential: Option<Credential>,
        room: Option<Option<RoomId>>,
    ) -> impl Future<Output = ()> + Send {
        let span = tracing::debug_span!("websocket", connection.id = %self.id);
        let served = async move {
            let end = if origin_allowed {
                self.serve(credential, room).await
            } else {
                Err(Close::Forbidden.into())
            };
            let reason = if let Err(End::Close(reason)) = end { Some(reason) } else { None };
            Box::pin(self.say_goodbye(reason)).await;
        };
        served.instrument(span)
    }

    async fn serve(&mut self, credential: Option<Credential>, room: Option<Option<RoomId>>) -> Flow {
        self.own_room = room.flatten();
        let mut actor = Box::pin(self.admit(credential)).await?;
        let served = self.serve_registered(&mut actor, room).await;
        self.unregister();
        served
    }

    /// Finds out who connects, and counts the connection among those of its user.
    async fn admit(&mut self, credential: Option<Credential>) -> Flow<Actor> {
        let actor = self.authenticate_first(credential).await?;
        let attendance = self.state.services.presence.connect(actor.id()).await;
        self.attendance = Some(attendance.map_err(|_| Close::TooManyConnections)?);
        self.register(&actor)?;
        // A session that ended before the hub knew of this connection was not told to it.
        self.state.services.auth.recheck(&actor).await.map_err(|error| authenticate::refusal(&error))?;
        Ok(actor)
    }

    /// Once is enough; twice does no harm.
    fn unregister(&mut self) {
        self.attendance = None;
        for room_id in std::mem::take(&mut self.rooms) {
            self.state.hub.leave(room_id, self.id);
        }
        if let Some(user_id) = self.registered.take() {
            self.stop_typing(user_id);
            self.state.hub.registry().remove(self.id, user_id);
        }
    }

    async fn serve_registered(&mut self, actor: &mut Actor, room: Option<Option<RoomId>>) -> Flow {
        Box::pin(self.begin(actor, room)).await?;
        let mut alarm = pin!(sleep_until(self.next_deadline()));
        loop {
            let deadline = self.next_deadline();
            if alarm.deadline() != deadline {
                alarm.as_mut().reset(deadline);
            }
            let Woken { calls, received, is_due } = poll_fn(|cx| self.poll_woken(cx, alarm.as_mut())).await;
            if let Some(calls) = calls {
                self.heed(actor, calls).await?;
            }
            if let Some(received) = received {
                if let Some(envelope) = self.on_received(received)? {
                    Box::pin(self.obey(actor, envelope)).await?;
                }
                // Counted from when the server listens again: what it was told while it worked it has not read yet.
                self.heard_at = Instant::now();
            }
            if is_due {
                Box::pin(self.on_deadline(actor)).await?;
            }
        }
    }

    async fn begin(&mut self, actor: &Actor, room: Option<Option<RoomId>>) -> Flow {
        self.greet(actor).await?;
        if let Some(room) = room {
            let room_id = room.ok_or(Close::NoSuchRoom)?;
            if let Err(refused) = self.subscribe(actor, room_id, None).await? {
                return Err(refusal(&refused).into());
            }
        }
        self.heard_at = Instant::now();
        Ok(())
    }

    /// Looks for what a connection waits for. Nothing is made for a wake and dropped after it: the outbox keeps the
    /// task's waker, and the alarm is set anew only when it has to ring at another time. What the outbox has goes out
    /// before anything else is looked at, but not twice in a row: a client is heard however much it is told.
    fn poll_woken(&mut self, cx: &mut Context<'_>, alarm: Pin<&mut Sleep>) -> Poll<Woken> {
        let calls = ready_or_none(self.outbox.poll_take(cx, self.socket.queue()));
        self.has_told = calls.is_some() && !self.has_told;
        if self.has_told {
            return Poll::Ready(Woken { calls, received: None, is_due: false });
        }
        let received = ready_or_none(self.socket.poll_next(cx));
        let woken = Woken { calls, received, is_due: alarm.poll(cx).is_ready() };
        if woken.calls.is_none() && woken.received.is_none() && !woken.is_due {
            return Poll::Pending;
        }
        Poll::Ready(woken)
    }

    /// Sends the frames that were taken, and does what else the connection is called for.
    async fn heed(&mut self, actor: &mut Actor, calls: Calls) -> Flow {
        self.send_queued().await?;
        if let Some(reason) = calls.close {
            return Err(reason.into());
        }
        if calls.is_sent_away {
            return Box::pin(self.send_away()).await;
        }
        if calls.is_doubted {
            Box::pin(self.recheck(actor)).await?;
        }
        if calls.has_nudges {
            Box::pin(self.follow_direct_rooms(actor)).await?;
        }
        Ok(())
    }

    fn register(&mut self, actor: &Actor) -> Flow {
        let handle = self.handle(actor);
        self.state.hub.registry().insert(self.id, handle).map_err(|_| Close::TooManyConnections)?;
        self.registered = Some(actor.id());
        // Those who were here when the server was asked to stop are told by the hub.
        if self.state.hub.shutdown().is_cancelled() {
            self.outbox.send_away();
        }
        Ok(())
    }

    fn handle(&self, actor: &Actor) -> ConnectionHandle {
        ConnectionHandle {
            user_id: actor.id(),
            session_id: actor.session_id,
            own_room: self.own_room,
            outbox: Arc::clone(&self.outbox),
        }
    }

    /// What a client asks for, if it is something that takes time.
    fn on_received(&mut self, received: Received) -> Flow<Option<Envelope>> {
        match self.unwrap_received(received)? {
            WsMessage::Text(text) => match Envelope::parse(&text) {
                Ok(envelope) => return Ok(Some(envelope)),
                Err(bad) => self.complain(bad)?,
            },
            WsMessage::Binary(_) => self.complain(BadFrame::NotAFrame)?,
            WsMessage::Close(_) => return Err(End::Gone),
            WsMessage::Ping(_) | WsMessage::Pong(_) | WsMessage::Frame(_) => {
                if let Err(refusal) = self.count_frame() {
                    self.tell(&ServerFrame::Error(refusal));
                }
            }
        }
        Ok(None)
    }

    fn unwrap_received(&self, received: Received) -> Flow<WsMessage> {
        match received {
            Some(Ok(message)) => Ok(message),
            Some(Err(tungstenite::Error::Capacity(_))) => Err(Close::TooLarge.into()),
            Some(Err(tungstenite::Error::Utf8(_))) => Err(Close::Protocol.into()),
            Some(Err(tungstenite::Error::Protocol(_))) => Err(Close::BadWebSocket.into()),
            Some(Err(_)) | None => Err(End::Gone),
        }
    }

    fn next_deadline(&self) -> Instant {
        let notice = if self.expiry_announced { self.expires_at } else { self.expires_at - EXPIRY_NOTICE };
        notice.min(self.heard_at + self.silence_limit()).min(self.recheck_at)
    }

    async fn on_deadline(&mut self, actor: &Actor) -> Flow {
        let now = Instant::now();
        if now >= self.heard_at + self.silence_limit() {
            return Err(Close::NoHeartbeat.into());
        }
        if now >= self.expires_at {
            return Err(Close::Unauthenticated.into());
        }
        if !self.expiry_announced && now >= self.expires_at - EXPIRY_NOTICE {
            self.expiry_announced = true;
            self.tell(&ServerFrame::TokenExpiring { expires_at: actor.expires_at.into() });
        }
        if now >= self.recheck_at {
            self.recheck_at = now + self.state.settings.recheck_interval;
            self.recheck(actor).await?;
        }
        Ok(())
    }

    /// How long a client may be silent.
    fn silence_limit(&self) -> Duration {
        self.state.settings.heartbeat_interval * 2
    }

    /// Looks whether the connection may still be there. A database that does not answer is no reason to end it.
    async fn recheck(&mut self, actor: &Actor) -> Flow {
        let services = &self.state.services;
        if let Err(error @ (Error::Unauthenticated(_) | Error::SecondFactorSetupRequired)) =
            services.auth.recheck(actor).await
        {
            return Err(authenticate::refusal(&error).into());
        }
        if let Some(room_id) = self.own_room
            && let Err(error @ (Error::Forbidden(_) | Error::NotFound(_))) =
                services.changes.check(actor, room_id).await
        {
            return Err(refusal(&error).into());
        }
        self.state.hub.keep_followed(&mut self.rooms, self.id);
        Ok(())
    }

    /// Queues a frame for this connection itself.
    fn tell(&self, frame: &ServerFrame<'_>) {
        self.outbox.push(frame.encode());
    }
}

impl Drop for Connection {
    /// However the connection ends, also by a panic: nobody keeps what it had.
    fn drop(&mut self) {
        self.unregister();
    }
}

fn ready_or_none<T>(polled: Poll<T>) -> Option<T> {
    match polled {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    }
}

fn refusal(error: &Error) -> Close {
    match error {
        Error::Forbidden(_) => Close::Forbidden,
        Error::NotFound(_) => Close::NoSuchRoom,
        _ => Close::ServerError,
    }
}

#[cfg(test)]
mod tests;
