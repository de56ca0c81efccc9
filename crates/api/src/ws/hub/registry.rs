//! Who is connected.

use std::{collections::HashMap, sync::Arc};

use plaza_application::ports::MAX_CONNECTIONS;
use plaza_domain::{RoomId, SessionId, UserId};

use super::ConnectionId;
use crate::ws::outbox::Outbox;

/// The most connections of one user on one instance: as many as on all of them, which may be unable to count together.
const MAX_PER_USER: usize = MAX_CONNECTIONS as usize;

/// A connection, as others reach it.
#[derive(Clone)]
pub(in crate::ws) struct ConnectionHandle {
    pub(in crate::ws) user_id: UserId,
    pub(in crate::ws) session_id: SessionId,
    /// The room that it is about, if it is about one.
    pub(in crate::ws) own_room: Option<RoomId>,
    pub(in crate::ws) outbox: Arc<Outbox>,
}

/// The connections of this instance, by user. Most users have one: a list of that length is a quarter of a map.
#[derive(Default)]
pub(in crate::ws) struct Registry {
    users: HashMap<UserId, Vec<(ConnectionId, ConnectionHandle)>>,
}

/// The user has as many connections as one may have.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::ws) struct TooMany;

impl Registry {
    /// Adds a connection, or changes by which session it was authenticated.
    pub(in crate::ws) fn insert(
        &mut self,
        id: ConnectionId,
        handle: ConnectionHandle,
    ) -> Result<(), TooMany> {
        let of_user = self.users.entry(handle.user_id).or_default();
        if let Some((_, known)) = of_user.iter_mut().find(|(known, _)| *known == id) {
            *known = handle;
            return Ok(());
        }
        if of_user.len() >= MAX_PER_USER {
            return Err(TooMany);
        }
        of_user.reserve_exact(1);
        of_user.push((id, handle));
        Ok(())
    }

    pub(in crate::ws) fn remove(&mut self, id: ConnectionId, user_id: UserId) {
        let Some(of_user) = self.users.get_mut(&user_id) else { return };
        of_user.retain(|(known, _)| *known != id);
        if of_user.is_empty() {
            self.users.remove(&user_id);
        }
    }

    pub(super) fn of_user(&self, user_id: UserId) -> Vec<(ConnectionId, ConnectionHandle)> {
        self.users.get(&user_id).cloned().unwrap_or_default()
    }

    /// Tells every connection that the server is going away.
    pub(super) fn send_away(&self) {
        self.users.values().flatten().for_each(|(_, handle)| handle.outbox.send_away());
    }

    /// Whether the user has a connection.
    pub(super) fn is_connected(&self, user_id: UserId) -> bool {
        self.users.contains_key(&user_id)
    }

    /// The users who have a connection that is about no single room.
    pub(super) fn users_of_all_rooms(&self) -> Vec<UserId> {
        let has_one = |connections: &[(ConnectionId, ConnectionHandle)]| {
            connections.iter().any(|(_, handle)| handle.own_room.is_none())
        };
        self.users.iter().filter(|(_, connections)| has_one(connections)).map(|(id, _)| *id).collect()
    }
}
