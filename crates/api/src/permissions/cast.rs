//! Those who ask the policy and what they ask about, made up: nobody is there, and nothing is stored.

use plaza_application::{Acquaintance, Actor};
use plaza_domain::{
    Content, Device, DisplayName, FileId, Friendship, FriendshipState, Member, MemberRole, Message,
    MessageDraft, MessageId, Room, RoomDescription, RoomId, RoomKind, RoomName, Seq, SessionId, SystemRole,
    Timestamp, UserId, UserPair, UserSummary, Username, Version, message::Placement,
};
use uuid::Uuid;

use super::resources::{Resource, Standing};

/// Who asks.
pub(super) const ACTOR: UserId = UserId::new(Uuid::from_u128(1));
/// Who they have to do with.
pub(super) const OTHER: UserId = UserId::new(Uuid::from_u128(2));
const ROOM: RoomId = RoomId::new(Uuid::from_u128(3));
const NOW: Timestamp = Timestamp::UNIX_EPOCH;

/// What is asked about, and how who asks stands to it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cast {
    pub(super) resource: Resource,
    pub(super) standing: Standing,
}

impl Cast {
    /// Who asks, with that role on the server.
    pub(super) fn actor(role: SystemRole) -> Actor {
        let user = UserSummary {
            id: ACTOR,
            username: Username::from_stored("ada".to_owned()),
            display_name: DisplayName::from_stored("Ada".to_owned()),
        };
        let session_id = SessionId::new(Uuid::from_u128(4));
        Actor {
            user,
            role,
            must_verify_email: false,
            session_id,
            expires_at: NOW,
            must_set_up_second_factor: false,
            device: Device::default(),
        }
    }

    /// Whose the thing is.
    pub(super) fn owner_id(self) -> UserId {
        if self.standing == Standing::Owner { ACTOR } else { OTHER }
    }

    /// How who asks knows the other one.
    pub(super) fn acquaintance(self) -> Acquaintance {
        Acquaintance {
            shares_room: self.standing == Standing::Roommate,
            are_friends: self.standing == Standing::Friend,
            is_in_touch: self.standing == Standing::Asked,
        }
    }

    /// What the two are to each other; `None` would be one user.
    pub(super) fn friendship(self) -> Option<Friendship> {
        let state = match self.standing {
            Standing::Asked => FriendshipState::Requested { by: OTHER, at: NOW, is_hidden: false },
            Standing::Asking => FriendshipState::Requested { by: ACTOR, at: NOW, is_hidden: false },
            Standing::Friend => FriendshipState::Friends { since: NOW },
            _ => FriendshipState::Strangers,
        };
        UserPair::new(ACTOR, OTHER).map(|users| Friendship { state, ..Friendship::new(users) })
    }

    /// The room, or that of the message.
    pub(super) fn room(self) -> Room {
        let is_direct = matches!(self.resource, Resource::DirectRoom | Resource::DirectMessage);
        Room {
            id: ROOM,
            kind: if is_direct { RoomKind::Direct } else { RoomKind::Room },
            name: RoomName::from_stored("Lounge".to_owned()),
            description: RoomDescription::from_stored(String::new()),
            is_private: is_direct || self.resource == Resource::PrivateRoom,
            created_by: OTHER,
            last_seq: Seq::ZERO,
            version: Version::ZERO,
            details_version: Version::ZERO,
            created_at: NOW,
            updated_at: NOW,
            deleted_at: None,
        }
    }

    /// That of who asks, also one that ended.
    pub(super) fn membership(self) -> Option<Member> {
        let role = match self.standing {
            Standing::Former | Standing::Member | Standing::Author => MemberRole::Member,
            Standing::Admin => MemberRole::Admin,
            Standing::Owner => MemberRole::Owner,
            _ => return None,
        };
        Some(Member {
            room_id: ROOM,
            user_id: ACTOR,
            role,
            joined_at: NOW,
            left_at: (self.standing == Standing::Former).then_some(NOW),
            version: Version::ZERO,
            joined_version: Version::ZERO,
            delivered_seq: Seq::ZERO,
            read_seq: Seq::ZERO,
        })
    }

    /// Whether who asks is in the room now.
    pub(super) fn is_in_room(self) -> bool {
        self.membership().is_some_and(|member| member.is_present())
    }

    /// A message of the room, which says something.
    pub(super) fn message(self) -> Message {
        let draft = MessageDraft::file(FileId::new(Uuid::from_u128(5)), Content::from_stored(String::new()));
        draft.place(Placement {
            id: MessageId::new(Uuid::from_u128(6)),
            room_id: ROOM,
            seq: Seq::ZERO,
            version: Version::ZERO,
            sender_id: if self.standing == Standing::Author { ACTOR } else { OTHER },
            created_at: NOW,
        })
    }
}
