//! What a connection has told about its user's writing.

use std::{collections::HashMap, time::Duration};

use plaza_application::{Actor, Error};
use plaza_domain::{RoomId, UserId};
use tokio::time::Instant;

use super::Connection;
use crate::ws::hub::TYPING_EXPIRY;

/// What is repeated sooner is not passed on: it would tell nobody anything.
const REPEAT: Duration = Duration::from_secs(1);
/// In how many rooms at a time a connection's end is told as an end of writing; elsewhere it is noticed later.
const MAX_ROOMS: usize = 100;

/// When a connection last told that its user is writing, by room.
#[derive(Default)]
pub(super) struct Told(HashMap<RoomId, Instant>);

impl Told {
    fn is_repeated(&self, room_id: RoomId, now: Instant) -> bool {
        self.0.get(&room_id).is_some_and(|told_at| now < *told_at + REPEAT)
    }

    fn note(&mut self, room_id: RoomId, active: bool, now: Instant) {
        self.0.remove(&room_id);
        self.0.retain(|_, told_at| now < *told_at + TYPING_EXPIRY);
        if active && self.0.len() < MAX_ROOMS {
            self.0.insert(room_id, now);
        }
    }
}

impl Connection {
    /// Tells a room that the user is writing, or has stopped.
    pub(super) async fn typing(
        &mut self,
        actor: &Actor,
        room_id: Option<RoomId>,
        active: bool,
    ) -> Result<(), Error> {
        let (room_id, now) = (self.room(room_id)?, Instant::now());
        if active && self.typing.is_repeated(room_id, now) {
            return Ok(());
        }
        self.state.services.reads.typing(actor, room_id, active).await?;
        self.typing.note(room_id, active, now);
        Ok(())
    }

    /// Tells where the user was writing that they have stopped.
    pub(super) fn stop_typing(&mut self, user_id: UserId) {
        for (room_id, _) in std::mem::take(&mut self.typing).0 {
            self.state.services.reads.stopped_typing(user_id, room_id);
        }
    }
}
