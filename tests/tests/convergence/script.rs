//! What may happen in a room.

use proptest::{collection::vec, prelude::*};

/// How many users there are; the first one owns the room and stays.
pub(crate) const USERS: usize = 4;
/// How many connections there are; the first users have two.
pub(crate) const CONNECTIONS: usize = 6;

/// Something that somebody does; users, connections and messages are told by number. Much of it is refused: that is
/// fine, as long as everybody hears of what was done.
#[derive(Clone, Debug)]
pub(crate) enum Act {
    /// Somebody posts so many messages over a connection, without waiting for an answer.
    Say(usize, u8),
    /// A message's author edits it.
    Edit(usize),
    /// The owner deletes a message.
    Delete(usize),
    /// A user reacts to a message, with one of two emoji.
    React(usize, usize, usize),
    /// A user takes a reaction back.
    Unreact(usize, usize, usize),
    /// A user joins by themselves.
    Join(usize),
    /// A user leaves by themselves.
    Leave(usize),
    /// The owner makes a user a member.
    Add(usize),
    /// The owner removes a member.
    Remove(usize),
    /// The owner makes a member an admin.
    Promote(usize),
    /// The owner makes an admin a member.
    Demote(usize),
    /// The owner gives the room one of three names.
    Rename(u8),
    /// The owner makes the room private, or public.
    Hide(bool),
}

/// A step of a story.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// All of it at once.
    Do(Vec<Act>),
    /// A connection breaks, or is closed in an orderly way.
    Disconnect { connection: usize, orderly: bool },
    /// A client comes back to an instance, with what it had or with a snapshot.
    Connect { connection: usize, instance: usize, afresh: bool },
    /// A client reads what has arrived.
    Read { connection: usize },
}

/// A story.
pub(crate) fn script() -> impl Strategy<Value = Vec<Step>> {
    vec(step(), 15..45)
}

fn step() -> impl Strategy<Value = Step> {
    let connection = 0..CONNECTIONS;
    prop_oneof![
        6 => vec(act(), 1..4).prop_map(Step::Do),
        1 => (connection.clone(), any::<bool>())
            .prop_map(|(connection, orderly)| Step::Disconnect { connection, orderly }),
        2 => (connection.clone(), 0..2_usize, any::<bool>())
            .prop_map(|(connection, instance, afresh)| Step::Connect { connection, instance, afresh }),
        1 => connection.prop_map(|connection| Step::Read { connection }),
    ]
}

fn act() -> impl Strategy<Value = Act> {
    let other = || 1..USERS;
    let message = || 0..200_usize;
    // So few messages that some get several reactions.
    let reaction = || (0..USERS, 0..8_usize, 0..2_usize);
    prop_oneof![
        8 => (0..CONNECTIONS, 1..5_u8).prop_map(|(connection, times)| Act::Say(connection, times)),
        4 => message().prop_map(Act::Edit),
        2 => message().prop_map(Act::Delete),
        4 => reaction().prop_map(|(user, message, emoji)| Act::React(user, message, emoji)),
        2 => reaction().prop_map(|(user, message, emoji)| Act::Unreact(user, message, emoji)),
        3 => other().prop_map(Act::Join),
        2 => other().prop_map(Act::Leave),
        2 => other().prop_map(Act::Add),
        2 => other().prop_map(Act::Remove),
        1 => other().prop_map(Act::Promote),
        1 => other().prop_map(Act::Demote),
        1 => (0..3_u8).prop_map(Act::Rename),
        1 => any::<bool>().prop_map(Act::Hide),
    ]
}
