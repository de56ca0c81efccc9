//! A room as one of its members finds it in the list of their rooms.

use chrono::{DateTime, SubsecRound};

use crate::{Member, Room, RoomId, SentMessage, Timestamp, UserSummary};

/// The most unread mentions that are counted; of more it is only known that they are many.
pub const MAX_COUNTED_MENTIONS: u64 = 1_000;

/// How long a member wants to be left alone by a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mute {
    /// Until that moment.
    Until(Timestamp),
    /// Until they say otherwise.
    Indefinitely,
}

impl Mute {
    /// How an indefinite one is stored: until the end of the last year that RFC 3339 can write.
    const END_OF_TIME: Timestamp = match DateTime::from_timestamp(253_402_300_799, 0) {
        Some(moment) => moment,
        None => DateTime::<chrono::Utc>::MAX_UTC,
    };

    /// One that ends at a moment, to the microsecond.
    pub fn until(moment: Timestamp) -> Self {
        let moment = moment.trunc_subsecs(6);
        if moment >= Self::END_OF_TIME { Self::Indefinitely } else { Self::Until(moment) }
    }

    /// The moment to store for it; [`Mute::until`] leads back.
    pub fn end(self) -> Timestamp {
        match self {
            Self::Until(moment) => moment,
            Self::Indefinitely => Self::END_OF_TIME,
        }
    }

    /// Whether it lasts at that moment.
    pub fn lasts_at(self, now: Timestamp) -> bool {
        self.end() > now
    }
}

/// A room's place in the list of rooms by activity; what was active later is greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Activity {
    /// When the newest message was posted, or else when the room was made.
    pub at: Timestamp,
    /// The room, which decides between equal moments.
    pub room_id: RoomId,
}

/// A room with what concerns one of its members.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoomOverview {
    /// The room.
    pub room: Room,
    /// Of a direct room the other one, once somebody has looked them up.
    pub peer: Option<UserSummary>,
    /// The membership of who looks.
    pub member: Member,
    /// Whether they want to be left alone.
    pub mute: Option<Mute>,
    /// How many unread messages mention them, at most [`MAX_COUNTED_MENTIONS`].
    pub mentions: i64,
    /// The newest message, also a tombstone.
    pub last_message: Option<SentMessage>,
}

impl RoomOverview {
    /// How many messages the member has not read.
    pub fn unread(&self) -> i64 {
        self.room.last_seq.ahead_of(self.member.read_seq)
    }

    /// Its place in the list.
    pub fn activity(&self) -> Activity {
        let newest = self.last_message.as_ref().map(|view| view.message.created_at);
        Activity { at: newest.unwrap_or(self.room.created_at), room_id: self.room.id }
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    #[test]
    fn a_mute_ends_at_its_moment_and_an_indefinite_one_never() {
        let noon = DateTime::UNIX_EPOCH + TimeDelta::days(20_000);
        let mute = Mute::until(noon);
        assert!(mute.lasts_at(noon - TimeDelta::microseconds(1)));
        assert!(!mute.lasts_at(noon));
        assert!(Mute::Indefinitely.lasts_at(noon + TimeDelta::days(300_000)));
    }

    #[test]
    fn what_is_stored_of_a_mute_leads_back_to_it() {
        let noon = DateTime::UNIX_EPOCH + TimeDelta::days(20_000);
        for mute in [Mute::Until(noon), Mute::Indefinitely] {
            assert_eq!(Mute::until(mute.end()), mute);
        }
    }
}
