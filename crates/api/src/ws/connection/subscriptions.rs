//! Following rooms: what was missed, in order, and then live.

use std::sync::Arc;

use plaza_application::{Actor, Error, Subscription};
use plaza_domain::{ChangePage, Member, RoomId, Version};

use super::{Connection, Flow, replay::Replay};
use crate::ws::{
    close::Close,
    frames::{Cursor, ServerFrame, encode_for},
    hub::Activation,
};

/// The most rooms that one connection may follow.
const MAX_ROOMS: usize = 1_000;
/// How many changes are replayed with one read.
const REPLAY_PAGE: u64 = 200;

impl Connection {
    /// Follows a room from `since`, or from what was not delivered yet. The inner error is the client's to read.
    pub(super) async fn subscribe(
        &mut self,
        actor: &Actor,
        room_id: RoomId,
        since: Option<Version>,
    ) -> Flow<Result<(), Error>> {
        self.subscribe_from(actor, room_id, since, None).await
    }

    /// The same, but in any case from `at_most` on.
    pub(super) async fn subscribe_from(
        &mut self,
        actor: &Actor,
        room_id: RoomId,
        since: Option<Version>,
        at_most: Option<Version>,
    ) -> Flow<Result<(), Error>> {
        if self.rooms.len() >= MAX_ROOMS {
            self.state.hub.keep_followed(&mut self.rooms, self.id);
        }
        if self.rooms.len() >= MAX_ROOMS && !self.rooms.contains(&room_id) {
            return Ok(Err(Error::Conflict(format!("a connection follows at most {MAX_ROOMS} rooms"))));
        }
        let hold = self.state.hub.hold(room_id, self.id);
        let subscription = match self.state.services.changes.subscribe(actor, room_id, since).await {
            Ok(subscription) => subscription,
            Err(refused) => return Ok(Err(refused)),
        };
        // A repeated subscription begins anew: the client may have thrown away what it had.
        let handle = self.handle(actor);
        let is_whole = self.state.hub.open(room_id, self.id, &handle);
        drop(hold);
        self.rooms.insert(room_id);
        self.left.remove(&room_id);
        let since = at_most.map_or(subscription.since, |at_most| at_most.min(subscription.since));
        let presence = match &subscription.seen {
            Some(seen) => Some(self.state.services.presence.of_members(seen).await),
            None => None,
        };
        let (room, member) = (&subscription.room, &subscription.member);
        self.tell(&ServerFrame::Subscribed {
            room_id,
            version: room.version,
            last_seq: room.last_seq,
            read_seq: member.read_seq,
            unread: room.last_seq.ahead_of(member.read_seq),
            cursors: subscription.members.as_ref().map(|members| {
                let cursor = |member: &Member| Cursor { user_id: member.user_id, read_seq: member.read_seq };
                members.iter().map(cursor).collect()
            }),
            presence: presence.map(|presence| presence.into_iter().map(Into::into).collect()),
        });
        // What was read is enough to begin with when every event since is kept.
        let known = is_whole.then_some(&subscription);
        let followed = self.follow(actor, room_id, since, known).await?;
        if followed.is_err() {
            self.unsubscribe(room_id);
        }
        Ok(followed)
    }

    /// Ends following a room; false when it was not followed.
    pub(super) fn unsubscribe(&mut self, room_id: RoomId) -> bool {
        let left = self.state.hub.leave(room_id, self.id);
        self.rooms.remove(&room_id) || left
    }

    async fn follow(
        &mut self,
        actor: &Actor,
        room_id: RoomId,
        mut since: Version,
        mut known: Option<&Subscription>,
    ) -> Flow<Result<(), Error>> {
        let mut replay = Replay::new(room_id, since);
        loop {
            since = match self.replay(actor, room_id, since, known.take(), &mut replay).await? {
                Ok(version) => version,
                Err(error) => return Ok(Err(error)),
            };
            let handle = self.handle(actor);
            match self.state.hub.activate(room_id, since, self.id, &handle) {
                Activation::Behind => {}
                Activation::Gone => return Ok(Err(Error::NotFound("room"))),
                Activation::Live => break,
            }
        }
        // A membership that ended while the past was read: the hub has kept the event, and has told it now.
        self.drain().await?;
        Ok(Ok(()))
    }

    /// Sends what changed after `since`, page by page, straight to the client: reading goes as fast as it takes it.
    /// Who is removed meanwhile gets no further page.
    async fn replay(
        &mut self,
        actor: &Actor,
        room_id: RoomId,
        mut since: Version,
        mut known: Option<&Subscription>,
        replay: &mut Replay,
    ) -> Flow<Result<Version, Error>> {
        let state = Arc::clone(&self.state);
        let changes = &state.services.changes;
        loop {
            let page = match known.take() {
                Some(known) => changes.missed_by(actor, known, since, REPLAY_PAGE).await,
                None => changes.missed(actor, room_id, since, REPLAY_PAGE).await,
            };
            let page = match page {
                Ok(page) => page,
                Err(error) => return Ok(Err(error)),
            };
            self.drain().await?;
            if page.reset {
                replay.reset(page.version);
                self.tell(&ServerFrame::Reset { room_id, version: page.version, last_seq: page.last_seq });
                return Ok(Ok(page.version));
            }
            let ChangePage { changes, version, has_more, .. } = page;
            let viewer = actor.id();
            let frame = |change| encode_for(&replay.event(change, since), viewer);
            let frames = changes.into_iter().map(frame);
            self.send_all(frames).await?;
            since = version;
            if !has_more {
                return Ok(Ok(since));
            }
            if self.state.hub.shutdown().is_cancelled() {
                return Err(Close::GoingAway.into());
            }
        }
    }
}
