//! A connection's part in its user's presence.

use std::sync::Arc;

use plaza_domain::{Availability, UserId};
use thiserror::Error;

use super::roster::{ConnectionNumber, Roster};

/// The user has as many connections as one may have.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("too many connections")]
pub struct TooManyConnections;

/// A connection that counts. Dropping it, however the connection ends, takes it out.
pub struct Attendance {
    roster: Arc<Roster>,
    user_id: UserId,
    connection: ConnectionNumber,
}

impl Attendance {
    pub(super) fn new(roster: Arc<Roster>, user_id: UserId) -> Self {
        let connection = roster.next_number();
        Self { roster, user_id, connection }
    }

    pub(super) fn number(&self) -> ConnectionNumber {
        self.connection
    }

    /// Notes what the connection says of its user.
    pub fn set(&self, availability: Availability) {
        self.roster.set(self.user_id, self.connection, availability);
    }

    /// Takes the connection out because the server sends it away. Its user comes back in a moment, perhaps elsewhere:
    /// nobody is told meanwhile that they went.
    pub fn send_away(self) {
        self.roster.remove(self.user_id, self.connection, true);
    }
}

impl Drop for Attendance {
    fn drop(&mut self) {
        self.roster.remove(self.user_id, self.connection, false);
    }
}
