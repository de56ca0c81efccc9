//! The policy as a table: every action, every role, public and private.

use plaza_application::{
    Acquaintance, Actor, Error, FileAction, FriendAction, MessageAction, Result, RoomAction, UserAction,
    authorize_file, authorize_friendship, authorize_message, authorize_own, authorize_post, authorize_room,
    authorize_room_creation, authorize_task, authorize_user, shown_rooms,
};
use plaza_domain::{
    Friendship, FriendshipState, Member, MemberRole, Message, MessageKind, Room, RoomKind, SystemRole,
    UserPair, repository::RoomFilter,
};

use crate::world::World;

const ACTIONS: [RoomAction; 12] = [
    RoomAction::View,
    RoomAction::Join,
    RoomAction::Read,
    RoomAction::Write,
    RoomAction::Edit,
    RoomAction::AddMember,
    RoomAction::RemoveMember(MemberRole::Member),
    RoomAction::RemoveMember(MemberRole::Admin),
    RoomAction::RemoveMember(MemberRole::Owner),
    RoomAction::ChangeRole,
    RoomAction::Delete,
    RoomAction::Leave,
];

/// Who asks: their role on the server, their role in the room, and whether they have left it.
type Asker = (SystemRole, Option<(MemberRole, bool)>);

const fn stranger(role: SystemRole) -> Asker {
    (role, None)
}

const fn in_room(role: SystemRole, member: MemberRole) -> Asker {
    (role, Some((member, false)))
}

const fn has_left(role: SystemRole, member: MemberRole) -> Asker {
    (role, Some((member, true)))
}

/// Who asks, and the answers in a public and in a private room: one letter an action, in their order above, for yes,
/// no (forbidden), or hidden (not found).
const TABLE: [(Asker, &str, &str); 12] = [
    (stranger(SystemRole::Guest), "hhhhhhhhhhhh", "hhhhhhhhhhhh"),
    (stranger(SystemRole::Member), "yynnnnnnnnnh", "hhhhhhhhhhhh"),
    (stranger(SystemRole::Admin), "yynnyyyyyyyh", "hhhhhhhhhhhh"),
    (has_left(SystemRole::Member, MemberRole::Owner), "yynnnnnnnnnh", "hhhhhhhhhhhh"),
    (has_left(SystemRole::Guest, MemberRole::Member), "hhhhhhhhhhhh", "hhhhhhhhhhhh"),
    (in_room(SystemRole::Guest, MemberRole::Member), "yyyynnnnnnny", "yyyynnnnnnny"),
    (in_room(SystemRole::Member, MemberRole::Member), "yyyynnnnnnny", "yyyynnnnnnny"),
    (in_room(SystemRole::Member, MemberRole::Admin), "yyyyyyynnnny", "yyyyyyynnnny"),
    (in_room(SystemRole::Member, MemberRole::Owner), "yyyyyyyyyyyy", "yyyyyyyyyyyy"),
    (in_room(SystemRole::Admin, MemberRole::Member), "yyyyyyyyyyyy", "yyyynnnnnnny"),
    (in_room(SystemRole::Admin, MemberRole::Admin), "yyyyyyyyyyyy", "yyyyyyynnnny"),
    (in_room(SystemRole::Admin, MemberRole::Owner), "yyyyyyyyyyyy", "yyyyyyyyyyyy"),
];

#[derive(Clone)]
struct Cast {
    actor: Actor,
    member: Member,
    room: Room,
    message: Message,
}

/// A real room with a real message, to vary.
async fn cast() -> Result<Cast> {
    let world = World::new();
    let (ada, grace) = world.people().await?;
    let room = world.shared_room(&ada, &grace).await?;
    let message = world.say(&ada, room.id, "hello").await?.view.message;
    let member = world.ports.store.read().await?.members().find(room.id, grace.id()).await?;
    Ok(Cast { actor: grace, member: member.ok_or(Error::NotFound("member"))?, room, message })
}

impl Cast {
    fn membership(&self, role: MemberRole, has_left: bool) -> Member {
        Member { role, left_at: has_left.then_some(self.member.joined_at), ..self.member.clone() }
    }

    fn answers(&self, (role, membership): Asker, is_private: bool) -> String {
        let actor = Actor { role, ..self.actor.clone() };
        let room = Room { is_private, ..self.room.clone() };
        let member = membership.map(|(role, has_left)| self.membership(role, has_left));
        let answer = |action| letter(&authorize_room(&actor, action, &room, member.as_ref()));
        ACTIONS.into_iter().map(answer).collect()
    }
}

fn letter(answer: &Result<()>) -> char {
    match answer {
        Ok(()) => 'y',
        Err(Error::Forbidden(_)) => 'n',
        Err(Error::NotFound(_)) => 'h',
        Err(Error::Conflict(_)) => 'c',
        Err(_) => '?',
    }
}

#[tokio::test]
async fn rooms_answer_as_the_table_says() -> Result<()> {
    let cast = cast().await?;
    for (asker, public, private) in TABLE {
        assert_eq!(cast.answers(asker, false), public, "{asker:?}, public");
        assert_eq!(cast.answers(asker, true), private, "{asker:?}, private");
    }
    Ok(())
}

#[tokio::test]
async fn a_direct_room_is_for_its_two_users_and_stays_as_it_is() -> Result<()> {
    let cast = cast().await?;
    // Whatever the room says of its privacy.
    for is_private in [false, true] {
        let direct = Cast { room: Room { kind: RoomKind::Direct, ..cast.room.clone() }, ..cast.clone() };
        for role in [SystemRole::Guest, SystemRole::Member, SystemRole::Admin] {
            assert_eq!(direct.answers(stranger(role), is_private), "hhhhhhhhhhhh", "{role:?}");
            let member = in_room(role, MemberRole::Member);
            assert_eq!(direct.answers(member, is_private), "ynyynnnnnnnn", "{role:?}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn authors_edit_and_delete_and_room_admins_delete() -> Result<()> {
    let cast = cast().await?;
    let of_others = cast.message.clone();
    let own = Message { sender_id: cast.actor.id(), ..of_others.clone() };
    let deleted = Message { deleted_at: Some(own.created_at), ..own.clone() };
    for (role, message, edit, delete) in [
        (MemberRole::Member, &own, 'y', 'y'),
        (MemberRole::Member, &of_others, 'n', 'n'),
        (MemberRole::Admin, &of_others, 'n', 'y'),
        (MemberRole::Owner, &of_others, 'n', 'y'),
        (MemberRole::Member, &deleted, 'c', 'y'),
    ] {
        let member = cast.membership(role, false);
        let ask =
            |action| letter(&authorize_message(&cast.actor, action, message, &cast.room, Some(&member)));
        assert_eq!(ask(MessageAction::Edit), edit, "{role:?} edits {message:?}");
        assert_eq!(ask(MessageAction::Delete), delete, "{role:?} deletes {message:?}");
    }
    Ok(())
}

#[tokio::test]
async fn members_react_admins_pin_and_both_with_the_author_read_edits() -> Result<()> {
    let cast = cast().await?;
    let of_others = cast.message.clone();
    let own = Message { sender_id: cast.actor.id(), ..of_others.clone() };
    let deleted = Message { deleted_at: Some(own.created_at), ..own.clone() };
    let system = Message { kind: MessageKind::System, ..own.clone() };
    let direct = Room { kind: RoomKind::Direct, is_private: true, ..cast.room.clone() };
    for (role, room, message, react, pin, read_edits) in [
        (MemberRole::Member, &cast.room, &own, 'y', 'n', 'y'),
        (MemberRole::Member, &cast.room, &of_others, 'y', 'n', 'n'),
        (MemberRole::Admin, &cast.room, &of_others, 'y', 'y', 'y'),
        (MemberRole::Owner, &cast.room, &deleted, 'c', 'c', 'y'),
        (MemberRole::Owner, &cast.room, &system, 'n', 'n', 'y'),
        (MemberRole::Member, &direct, &of_others, 'y', 'y', 'n'),
    ] {
        let member = cast.membership(role, false);
        let ask = |action| letter(&authorize_message(&cast.actor, action, message, room, Some(&member)));
        assert_eq!(ask(MessageAction::React), react, "{role:?} reacts to {message:?}");
        assert_eq!(ask(MessageAction::Pin), pin, "{role:?} pins {message:?}");
        assert_eq!(ask(MessageAction::ReadEdits), read_edits, "{role:?} reads the edits of {message:?}");
    }
    Ok(())
}

#[tokio::test]
async fn an_author_who_left_changes_nothing_any_more() -> Result<()> {
    let cast = cast().await?;
    let own = Message { sender_id: cast.actor.id(), ..cast.message.clone() };
    let left = cast.membership(MemberRole::Owner, true);
    for action in [
        MessageAction::Edit,
        MessageAction::Delete,
        MessageAction::React,
        MessageAction::Pin,
        MessageAction::ReadEdits,
    ] {
        let answer = authorize_message(&cast.actor, action, &own, &cast.room, Some(&left));
        assert_eq!(letter(&answer), 'h', "{action:?}");
    }
    Ok(())
}

#[tokio::test]
async fn what_belongs_to_one_user_and_what_others_see_of_it() -> Result<()> {
    let cast = cast().await?;
    let (actor, other) = (&cast.actor, cast.message.sender_id);
    for (role, is_owner, is_shared, read, delete, task) in [
        (SystemRole::Guest, true, false, 'y', 'y', 'y'),
        (SystemRole::Guest, false, true, 'y', 'n', 'h'),
        (SystemRole::Guest, false, false, 'h', 'h', 'h'),
        (SystemRole::Member, false, true, 'y', 'n', 'h'),
        (SystemRole::Member, false, false, 'h', 'h', 'h'),
        (SystemRole::Admin, false, false, 'h', 'y', 'y'),
    ] {
        let asker = Actor { role, ..actor.clone() };
        let owner_id = if is_owner { asker.id() } else { other };
        let file = |action| letter(&authorize_file(&asker, action, owner_id, is_shared));
        assert_eq!(file(FileAction::Read), read, "{role:?} reads, shared: {is_shared}");
        assert_eq!(file(FileAction::Delete), delete, "{role:?} deletes, shared: {is_shared}");
        assert_eq!(letter(&authorize_task(&asker, Some(owner_id))), task, "{role:?} asks for a task");
        let own = authorize_own(asker.id(), owner_id, "session");
        assert_eq!(letter(&own), if is_owner { 'y' } else { 'h' }, "{role:?} uses it");
    }
    assert_eq!(letter(&authorize_task(actor, None)), 'h', "a task of nobody's");
    Ok(())
}

#[tokio::test]
async fn members_turn_to_everybody_and_guests_to_those_they_know() -> Result<()> {
    let cast = cast().await?;
    let other = cast.message.sender_id;
    let unknown = Acquaintance::default();
    let in_touch = Acquaintance { is_in_touch: true, ..unknown };
    let roommate = Acquaintance { shares_room: true, ..unknown };
    let friend = Acquaintance { are_friends: true, ..unknown };
    for (role, acquaintance, answers) in [
        (SystemRole::Guest, unknown, "hhh"),
        (SystemRole::Guest, in_touch, "ynn"),
        (SystemRole::Guest, roommate, "yyy"),
        (SystemRole::Guest, friend, "yyy"),
        (SystemRole::Member, unknown, "yyy"),
        (SystemRole::Admin, unknown, "yyy"),
    ] {
        let actor = Actor { role, ..cast.actor.clone() };
        let ask = |action| letter(&authorize_user(&actor, action, other, acquaintance));
        let found: String =
            [UserAction::See, UserAction::Write, UserAction::Befriend].into_iter().map(ask).collect();
        assert_eq!(found, answers, "{role:?}, {acquaintance:?}");
        let own = authorize_user(&actor, UserAction::See, actor.id(), acquaintance);
        assert_eq!(letter(&own), 'y', "{role:?} sees themselves");
    }
    Ok(())
}

#[tokio::test]
async fn friendships_change_as_they_stand_whoever_the_two_are() -> Result<()> {
    let cast = cast().await?;
    let (own, other) = (cast.actor.id(), cast.message.sender_id);
    let users = UserPair::new(own, other).ok_or(Error::NotFound("user"))?;
    let at = cast.message.created_at;
    let asked = |by, is_hidden| FriendshipState::Requested { by, at, is_hidden };
    // Accept, decline, take back, end.
    for (state, answers) in [
        (FriendshipState::Strangers, "hhhh"),
        (asked(other, false), "yyhh"),
        (asked(other, true), "hhhh"),
        (asked(own, false), "hhyh"),
        (asked(own, true), "hhyh"),
        (FriendshipState::Friends { since: at }, "hhhy"),
    ] {
        let friendship = Friendship { state, ..Friendship::new(users) };
        for role in [SystemRole::Guest, SystemRole::Member, SystemRole::Admin] {
            let actor = Actor { role, ..cast.actor.clone() };
            let ask = |action| letter(&authorize_friendship(&actor, action, &friendship));
            let actions =
                [FriendAction::Accept, FriendAction::Decline, FriendAction::Cancel, FriendAction::Remove];
            let found: String = actions.into_iter().map(ask).collect();
            assert_eq!(found, answers, "{role:?}, {state:?}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn guests_open_no_rooms_and_are_shown_their_own() -> Result<()> {
    let cast = cast().await?;
    for (role, creation, shown) in [
        (SystemRole::Guest, 'n', RoomFilter::Mine),
        (SystemRole::Member, 'y', RoomFilter::Visible),
        (SystemRole::Admin, 'y', RoomFilter::Visible),
    ] {
        let actor = Actor { role, ..cast.actor.clone() };
        assert_eq!(letter(&authorize_room_creation(&actor)), creation, "{role:?}");
        assert_eq!(shown_rooms(&actor, RoomFilter::Visible), shown, "{role:?}");
        assert_eq!(shown_rooms(&actor, RoomFilter::Mine), RoomFilter::Mine, "{role:?}");
    }
    assert_eq!(letter(&authorize_post(true)), 'y');
    assert_eq!(letter(&authorize_post(false)), 'h');
    Ok(())
}
