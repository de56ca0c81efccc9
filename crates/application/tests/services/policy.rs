//! The policy as a table: every action, every role, public and private.

use plaza_application::{Actor, Error, MessageAction, Result, RoomAction, authorize_message, authorize_room};
use plaza_domain::{Member, MemberRole, Message, MessageKind, Room, RoomKind, SystemRole};

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
