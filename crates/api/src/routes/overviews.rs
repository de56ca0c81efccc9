//! A room as who asks sees it: with their own membership and the newest message.

use plaza_application::RoomSight;
use plaza_domain::{Mute, RoomOverview, SeenRoom};
use poem_openapi::Object;
use serde::Serialize;

use super::{MessageView, RoomRole, RoomView};
use crate::UtcTime;

/// What a room is to one of its members; only they see it.
#[derive(Clone, Debug, PartialEq, Eq, Object, Serialize)]
pub(crate) struct MembershipView {
    /// What they may do in the room.
    role: RoomRole,
    /// How far messages have reached one of their clients.
    delivered_seq: i64,
    /// How far they have read.
    read_seq: i64,
    /// How many messages they have not read.
    unread: i64,
    /// How many of those mention them, by name or with everybody; counted up to 1000 of each.
    mentions: i64,
    /// Whether they want to be left alone by the room.
    is_muted: bool,
    /// Until when; null while it is not muted, and when it is muted until they say otherwise.
    #[oai(nullable)]
    muted_until: Option<UtcTime>,
}

impl From<&RoomOverview> for MembershipView {
    fn from(overview: &RoomOverview) -> Self {
        let member = &overview.member;
        let muted_until = match overview.mute {
            Some(Mute::Until(moment)) => Some(moment.into()),
            Some(Mute::Indefinitely) | None => None,
        };
        Self {
            role: member.role.into(),
            delivered_seq: member.delivered_seq.get(),
            read_seq: member.read_seq.get(),
            unread: overview.unread(),
            mentions: overview.mentions,
            is_muted: overview.mute.is_some(),
            muted_until,
        }
    }
}

/// A room, and to its members what it is to them.
#[derive(Object, Serialize)]
pub(crate) struct RoomOverviewView {
    #[oai(flatten)]
    #[serde(flatten)]
    room: RoomView,
    /// One's own membership; left out for who is not in the room, and where rooms are listed for everybody.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    membership: Option<MembershipView>,
    /// The newest message, also a tombstone; left out when there is none, and wherever `membership` is.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    last_message: Option<MessageView>,
}

impl From<SeenRoom> for RoomOverviewView {
    fn from(room: SeenRoom) -> Self {
        Self { room: room.into(), membership: None, last_message: None }
    }
}

impl From<RoomOverview> for RoomOverviewView {
    fn from(overview: RoomOverview) -> Self {
        let viewer = overview.member.user_id;
        Self {
            membership: Some(MembershipView::from(&overview)),
            room: SeenRoom { room: overview.room, peer: overview.peer }.into(),
            last_message: overview.last_message.map(|sent| MessageView::seen_by(sent, viewer)),
        }
    }
}

impl From<RoomSight> for RoomOverviewView {
    fn from(sight: RoomSight) -> Self {
        match sight {
            RoomSight::Inside(overview) => (*overview).into(),
            RoomSight::Outside(room) => SeenRoom::from(*room).into(),
        }
    }
}

/// A part of the list of rooms.
#[derive(Object, Serialize)]
pub(crate) struct RoomList {
    /// The rooms.
    pub(super) items: Vec<RoomOverviewView>,
    /// Leads to the next part; null at the end.
    #[oai(nullable)]
    pub(super) next_cursor: Option<String>,
}
