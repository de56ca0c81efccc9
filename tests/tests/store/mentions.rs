//! Who is mentioned where.

use std::sync::Arc;

use plaza_domain::repository::{Caller, Result};
use plaza_domain::{
    Member, MemberRole, Mention, Message, Room, SentMessage, Store, Suspension, User, Username,
};

use super::{
    Outcome,
    builders::{
        at, given_members, given_messages, given_room, given_user, given_user_and_room, member, place, text,
    },
};

/// Ada's room with bob in it, and ten messages of ada's.
async fn given_talk(store: &Arc<dyn Store>) -> Result<(User, User, Room, Vec<Message>)> {
    let (ada, room) = given_user_and_room(store).await?;
    let bob = given_user(store, "bob").await?;
    given_members(store, &[member(&room, &bob)]).await?;
    let messages: Vec<Message> = (1..=10).map(|seq| place(text("hello"), &room, &ada, seq)).collect();
    given_messages(store, &messages).await?;
    Ok((ada, bob, room, messages))
}

fn mention(message: &Message, user: &User) -> Mention {
    Mention { message_id: message.id, user_id: user.id, room_id: message.room_id, seq: message.seq }
}

/// Makes messages mention these users, and everybody.
async fn given_mentions(
    store: &Arc<dyn Store>,
    messages: &[(&Message, &[&User], bool)],
) -> Result<Vec<SentMessage>> {
    let mut work = store.begin().await?;
    let mut changed = Vec::new();
    for (message, users, room) in messages {
        let mut view = work.messages().find(message.id).await?.into_iter().next();
        let Some(view) = view.as_mut() else { continue };
        view.mention(users.iter().map(|user| user.summary()).collect(), *room);
        let mentions: Vec<Mention> = view.stored_mentions().collect();
        work.mentions().insert(&mentions).await?;
        work.messages().update(&view.message).await?;
        changed.push(view.clone());
    }
    work.commit().await?;
    Ok(changed)
}

pub(crate) async fn names_are_found_among_the_members_of_their_room(store: Arc<dyn Store>) -> Outcome {
    let (ada, bob, room, _) = given_talk(&store).await?;
    let other = given_room(&store, &ada).await?;
    let (left, disabled) = (given_user(&store, "left").await?, given_user(&store, "disabled").await?);
    let absent = Member { left_at: Some(at(1)), ..member(&room, &left) };
    given_members(&store, &[absent, member(&room, &disabled)]).await?;
    let mut work = store.begin().await?;
    work.users().update(&User { suspension: Some(Suspension::ban(at(1))), ..disabled.clone() }).await?;
    work.commit().await?;
    let name = |room: &Room, name: &str| (room.id, Username::from_stored(name.to_owned()));
    let names = [
        name(&room, "bob"),
        name(&other, "ada"),
        name(&other, "bob"),
        name(&room, "left"),
        name(&room, "disabled"),
        name(&room, "nobody"),
        name(&room, "bob"),
    ];
    let mut read = store.read().await?;
    let mut found = read.mentions().named(&names).await?;
    found.sort_by_key(|(room_id, _)| *room_id);
    assert_eq!(found, [(room.id, bob.summary()), (other.id, ada.summary())]);
    assert_eq!(read.mentions().named(&[name(&room, "nobody")]).await?, []);
    Ok(())
}

pub(crate) async fn callers_come_with_their_role_and_the_size_of_their_room(
    store: Arc<dyn Store>,
) -> Outcome {
    let (ada, bob, room, _) = given_talk(&store).await?;
    let other = given_room(&store, &ada).await?;
    let gone = given_user(&store, "gone").await?;
    given_members(&store, &[Member { left_at: Some(at(1)), ..member(&room, &gone) }]).await?;
    let pairs =
        [(room.id, ada.id), (room.id, bob.id), (other.id, ada.id), (other.id, bob.id), (room.id, gone.id)];
    let mut read = store.read().await?;
    let caller = |room: &Room, user: &User, role, members| Caller {
        room_id: room.id,
        user_id: user.id,
        role,
        members,
    };
    for (most, expected) in [(9, 2), (2, 2), (1, 1)] {
        let mut callers = read.mentions().callers(&pairs, most).await?;
        callers.sort_by_key(|caller| (caller.room_id, caller.user_id));
        let expected = [
            caller(&room, &ada, MemberRole::Owner, expected),
            caller(&room, &bob, MemberRole::Member, expected),
            caller(&other, &ada, MemberRole::Owner, 1),
        ];
        assert_eq!(callers, expected, "counted up to {most}");
    }
    Ok(())
}

pub(crate) async fn mentions_are_shown_with_their_message_until_they_are_replaced(
    store: Arc<dyn Store>,
) -> Outcome {
    let (ada, bob, _, messages) = given_talk(&store).await?;
    let changed = given_mentions(&store, &[(&messages[2], &[&bob, &ada], true)]).await?;
    let mut read = store.read().await?;
    let found = read.messages().find(messages[2].id).await?;
    assert_eq!(found.as_ref(), changed.first());
    let named = found.map(|view| view.mentions).unwrap_or_default();
    assert_eq!(named, [ada.summary(), bob.summary()]);

    let mut work = store.begin().await?;
    work.mentions().delete(messages[2].id).await?;
    // There is place for them again.
    work.mentions().insert(&[mention(&messages[2], &bob)]).await?;
    work.commit().await?;
    let found = read.messages().find(messages[2].id).await?;
    assert_eq!(found.map(|view| view.mentions), Some(vec![bob.summary()]));
    Ok(())
}

pub(crate) async fn a_users_mentions_are_listed_newest_first_in_pages(store: Arc<dyn Store>) -> Outcome {
    let (ada, bob, room, messages) = given_talk(&store).await?;
    let bob_only = &[&bob][..];
    let mentioning = [0, 3, 5, 9].map(|index| (&messages[index], bob_only, false));
    let mut changed = given_mentions(&store, &mentioning).await?;
    given_mentions(&store, &[(&messages[4], &[&ada], true)]).await?;
    changed.reverse();
    let mut read = store.read().await?;
    assert_eq!(read.mentions().list(bob.id, None, 10).await?, changed);
    assert_eq!(read.mentions().list(bob.id, None, 2).await?, changed[..2]);
    assert_eq!(read.mentions().list(bob.id, Some(messages[5].id), 10).await?, changed[2..]);

    given_members(&store, &[Member { left_at: Some(at(1)), ..member(&room, &bob) }]).await?;
    assert_eq!(read.mentions().list(bob.id, None, 10).await?, []);
    given_members(&store, &[member(&room, &bob)]).await?;
    let mut work = store.begin().await?;
    work.rooms().delete(room.id, at(2)).await?;
    work.commit().await?;
    assert_eq!(read.mentions().list(bob.id, None, 10).await?, []);
    Ok(())
}
