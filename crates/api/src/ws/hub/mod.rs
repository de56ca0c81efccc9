//! The hub of one instance: who is connected, who follows which room, and what they have been told.

mod direct;
mod heal;
mod hold;
mod presence;
mod registry;
mod room;
mod rooms;
mod run;
mod typing;

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use plaza_application::{
    AuthService, ChangeService, DirectService, PresenceService, Services, events::RoomEvent, ports::EventBus,
};
use plaza_domain::{RoomId, UserId, Version};
use tokio::{sync::Notify, time::Instant};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use uuid::Uuid;

use self::{
    hold::Hold,
    presence::Gathering,
    registry::Registry,
    room::{Progress, RoomChannel, Subscriber},
    rooms::Rooms,
    typing::Typing,
};
pub(super) use self::{registry::ConnectionHandle, room::Activation, typing::EXPIRY as TYPING_EXPIRY};

/// One connection of this process.
pub(super) type ConnectionId = Uuid;

/// Knows who is connected to this instance, and hands them what happens. Rooms that nobody here follows cost nothing.
///
/// Per room, events are handed out in the order of versions: a repeated one is dropped; a hole waits briefly, then is
/// filled from the database. After a gap in the bus, and now and then, versions are compared with the database, so a
/// bus that loses events costs latency, and no event.
pub(crate) struct Hub {
    rooms: Rooms,
    connections: Mutex<Registry>,
    typing: Mutex<Typing>,
    /// Somebody began to write.
    typing_heard: Notify,
    /// The bus may have lost something.
    gap: Notify,
    gathering: Gathering,
    changes: Arc<ChangeService>,
    auth: Arc<AuthService>,
    presence: Arc<PresenceService>,
    compare_interval: Duration,
    direct: Arc<DirectService>,
    tracker: TaskTracker,
    shutdown: CancellationToken,
}

impl Hub {
    /// Starts a hub that follows `bus`, and compares with the database every `compare_interval`; its tasks belong to
    /// `tracker` and end on `shutdown`.
    pub(crate) fn start(
        services: &Services,
        bus: &dyn EventBus,
        compare_interval: Duration,
        tracker: &TaskTracker,
        shutdown: CancellationToken,
    ) -> Arc<Self> {
        let hub = Arc::new(Self {
            rooms: Rooms::default(),
            connections: Mutex::default(),
            typing: Mutex::default(),
            typing_heard: Notify::new(),
            gap: Notify::new(),
            gathering: Gathering::default(),
            changes: Arc::clone(&services.changes),
            auth: Arc::clone(&services.auth),
            presence: Arc::clone(&services.presence),
            direct: Arc::clone(&services.direct),
            compare_interval,
            tracker: tracker.clone(),
            shutdown,
        });
        tracker.spawn(run::follow(Arc::clone(&hub), bus.subscribe()));
        tracker.spawn(run::compare_periodically(Arc::clone(&hub)));
        tracker.spawn(run::send_away(Arc::clone(&hub)));
        tracker.spawn(typing::expire_typing(Arc::clone(&hub)));
        tracker.spawn(presence::tell(Arc::clone(&hub)));
        hub
    }

    /// The token that ends every connection; those that are registered need not watch it.
    pub(super) fn shutdown(&self) -> &CancellationToken {
        &self.shutdown
    }

    /// The tracker that connections run on.
    pub(super) fn tracker(&self) -> &TaskTracker {
        &self.tracker
    }

    pub(super) fn registry(&self) -> MutexGuard<'_, Registry> {
        // All maps are changed by single calls that cannot panic half way.
        self.connections.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn typing(&self) -> MutexGuard<'_, Typing> {
        self.typing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins to keep a room's events, before it is found out whether a connection may follow it: what happens in between
    /// is not lost, and nobody is told of it.
    pub(super) fn hold(self: &Arc<Self>, room_id: RoomId, connection: ConnectionId) -> Hold {
        Hold::new(Arc::clone(self), room_id, connection)
    }

    /// A connection that may follow a room begins to read what it missed, anew if it followed it before. Tells whether all
    /// events were kept since the room was held for it.
    pub(super) fn open(&self, room_id: RoomId, connection: ConnectionId, handle: &ConnectionHandle) -> bool {
        self.rooms.open(room_id, |channel| channel.expect(connection, handle.user_id, &handle.outbox))
    }

    /// Puts a connection that holds everything up to `since` on the room's live events. `Behind` when more happened
    /// than is remembered: read from the database again, and come back.
    pub(super) fn activate(
        self: &Arc<Self>,
        room_id: RoomId,
        since: Version,
        connection: ConnectionId,
        handle: &ConnectionHandle,
    ) -> Activation {
        let subscriber = Subscriber {
            user_id: handle.user_id,
            outbox: Arc::clone(&handle.outbox),
            after: since,
            is_own_room: handle.own_room == Some(room_id),
        };
        let activate = |channel: &mut RoomChannel| channel.activate(room_id, connection, subscriber, since);
        let Some((activation, progress)) = self.rooms.with(room_id, activate) else {
            return Activation::Gone;
        };
        self.settle(room_id, progress);
        activation
    }

    /// Ends a connection's interest in a room; false when there was none.
    pub(super) fn leave(&self, room_id: RoomId, connection: ConnectionId) -> bool {
        self.rooms.with(room_id, |channel| channel.remove(connection)).unwrap_or(false)
    }

    /// Leaves those of a connection's rooms that it follows, which its user was not removed from.
    pub(super) fn keep_followed(&self, rooms: &mut HashSet<RoomId>, connection: ConnectionId) {
        rooms.retain(|room_id| self.is_followed(*room_id, connection));
    }

    /// Whether the others in a room are to be told that somebody is writing, or has stopped.
    fn hear_typing(&self, room_id: RoomId, user_id: UserId, active: bool) -> bool {
        let is_news = self.typing().hear((room_id, user_id), active, Instant::now());
        if is_news && active {
            self.typing_heard.notify_one();
        }
        is_news
    }

    fn on_room_event(self: &Arc<Self>, event: &RoomEvent) {
        if let Some(progress) = self.rooms.with(event.room_id, |channel| channel.receive(event)) {
            self.settle(event.room_id, progress);
        }
    }

    /// Does what a channel asks for after it changed.
    fn settle(self: &Arc<Self>, room_id: RoomId, progress: Progress) {
        match progress {
            Progress::Complete | Progress::Closed => {}
            Progress::Hole => drop(self.tracker.spawn(heal::heal(Arc::clone(self), room_id, Version::ZERO))),
        }
    }

    /// Whether the room is behind `head` (`None`: behind anything) and nobody heals it yet; the caller must then.
    fn suspect(&self, room_id: RoomId, head: Option<Version>) -> bool {
        let suspected = self.rooms.with(room_id, |channel| {
            let is_behind = channel.last().is_some_and(|last| head.is_none_or(|head| last < head));
            is_behind && channel.suspect() == Progress::Hole
        });
        suspected.unwrap_or(false)
    }

    fn is_followed(&self, room_id: RoomId, connection: ConnectionId) -> bool {
        self.rooms.with(room_id, |channel| channel.is_followed_by(connection)).unwrap_or(false)
    }

    /// Every connection of a user.
    fn handles_of(&self, user_id: UserId) -> Vec<ConnectionHandle> {
        self.registry().of_user(user_id).into_iter().map(|(_, handle)| handle).collect()
    }
}
