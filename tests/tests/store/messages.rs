//! Messages.

use std::sync::Arc;

use plaza_domain::repository::{Constraint, HistoryRange, Result};
use plaza_domain::{
    ClientId, Content, Message, MessageDraft, MessageId, Room, RoomId, SentMessage, Seq, Store, SystemEvent,
    User, Version,
};

use super::{
    Outcome,
    builders::{at, given_messages, given_room, given_user, given_user_and_room, id, place, text},
    files::given_file,
    fixture::{assert_conflict, assert_not_found},
};

fn named(name: &str) -> MessageDraft {
    text("hello").with_client_id(Some(ClientId::from_stored(name.to_owned())))
}

fn sent(message: &Message, sender: &User) -> SentMessage {
    SentMessage::new(message.clone(), sender.summary())
}

/// Ten messages in a room, and five in another that must never show up.
pub(super) async fn given_talk(store: &Arc<dyn Store>) -> Result<(User, Room, Vec<SentMessage>)> {
    let (ada, room) = given_user_and_room(store).await?;
    let other = given_room(store, &ada).await?;
    let messages: Vec<Message> = (1..=10).map(|seq| place(text("hello"), &room, &ada, seq)).collect();
    let noise: Vec<Message> = (1..=5).map(|seq| place(text("noise"), &other, &ada, seq)).collect();
    given_messages(store, &noise).await?;
    given_messages(store, &messages).await?;
    let talk = messages.iter().map(|message| sent(message, &ada)).collect();
    Ok((ada, room, talk))
}

pub(crate) async fn a_message_keeps_every_field(store: Arc<dyn Store>) -> Outcome {
    let (ada, room) = given_user_and_room(&store).await?;
    let file = given_file(&store, &ada).await?;
    let parent = place(MessageDraft::system(SystemEvent::MemberJoined, "ada joined"), &room, &ada, 1);
    let caption = Content::from_stored("look: 🦀".to_owned());
    let draft = MessageDraft::image(file.id, Some("/media/x.png".to_owned()), caption)
        .reply_to(Some(parent.id))
        .with_client_id(Some(ClientId::from_stored("c-1".to_owned())))
        .rendered("<p>look: 🦀</p>".to_owned());
    let image = place(draft, &room, &ada, 2);
    given_messages(&store, &[parent.clone(), image.clone()]).await?;
    let mut read = store.read().await?;
    for message in [parent, image] {
        assert_eq!(read.messages().find(message.id).await?, Some(sent(&message, &ada)));
    }
    assert_eq!(read.messages().find(MessageId::new(id())).await?, None);
    Ok(())
}

pub(crate) async fn a_senders_client_id_is_used_once(store: Arc<dyn Store>) -> Outcome {
    let (ada, room) = given_user_and_room(&store).await?;
    let bob = given_user(&store, "bob").await?;
    let other = given_room(&store, &ada).await?;
    given_messages(&store, &[place(named("c-1"), &room, &ada, 1)]).await?;
    let mut work = store.begin().await?;
    let again = [place(text("first"), &other, &ada, 1), place(named("c-1"), &other, &ada, 2)];
    assert_conflict(work.messages().insert(&again).await, Constraint::MessageClientId)?;
    drop(work);
    // Another's name for a send is another name, and many sends have none.
    let fine = [
        place(named("c-1"), &room, &bob, 2),
        place(text("a"), &room, &ada, 3),
        place(text("b"), &room, &ada, 4),
    ];
    Ok(given_messages(&store, &fine).await?)
}

pub(crate) async fn messages_are_found_by_their_client_ids(store: Arc<dyn Store>) -> Outcome {
    let (ada, room) = given_user_and_room(&store).await?;
    let bob = given_user(&store, "bob").await?;
    let first = place(named("c-1"), &room, &ada, 1);
    let second = place(named("c-2"), &room, &bob, 2);
    let third = place(named("c-2"), &room, &ada, 3);
    given_messages(&store, &[first.clone(), second.clone(), third]).await?;
    let key = |user: &User, name: &str| (user.id, ClientId::from_stored(name.to_owned()));
    let keys = [key(&ada, "c-1"), key(&bob, "c-1"), key(&bob, "c-2")];
    let mut read = store.read().await?;
    let mut found = read.messages().find_by_client_ids(&keys).await?;
    found.sort_by_key(|sent| sent.message.seq);
    assert_eq!(found, [sent(&first, &ada), sent(&second, &bob)]);
    assert_eq!(read.messages().find_by_client_ids(&[]).await?, []);
    Ok(())
}

pub(crate) async fn a_place_in_a_room_is_taken_once(store: Arc<dyn Store>) -> Outcome {
    let (ada, room, _) = given_talk(&store).await?;
    let mut work = store.begin().await?;
    let late = place(text("mine!"), &room, &ada, 10);
    assert_conflict(work.messages().insert(&[late]).await, Constraint::MessageSeq)
}

pub(crate) async fn history_pages_from_the_end_and_from_any_place(store: Arc<dyn Store>) -> Outcome {
    let (_, room, talk) = given_talk(&store).await?;
    let cases = [
        (HistoryRange::Newest, 3, 7..10),
        (HistoryRange::Newest, 100, 0..10),
        (HistoryRange::Before(Seq::new(5)), 2, 2..4),
        (HistoryRange::Before(Seq::new(3)), 9, 0..2),
        (HistoryRange::Before(Seq::new(1)), 9, 0..0),
        (HistoryRange::After(Seq::new(5)), 2, 5..7),
        (HistoryRange::After(Seq::new(8)), 9, 8..10),
        (HistoryRange::After(Seq::new(10)), 9, 0..0),
    ];
    let mut read = store.read().await?;
    for (range, limit, expected) in cases {
        let page = read.messages().history(room.id, range, limit).await?;
        assert_eq!(page, talk[expected], "{range:?}, at most {limit}");
    }
    assert_eq!(read.messages().history(RoomId::new(id()), HistoryRange::Newest, 9).await?, []);
    Ok(())
}

pub(crate) async fn changed_messages_come_by_version(store: Arc<dyn Store>) -> Outcome {
    let (ada, room, talk) = given_talk(&store).await?;
    let mut edited = talk[1].message.clone();
    let content = Content::from_stored("hello, world".to_owned());
    edited.edit(content, "<p>hello, world</p>".to_owned(), Version::new(11), at(20));
    let mut work = store.begin().await?;
    work.messages().update(&edited).await?;
    work.commit().await?;
    let mut changed = talk.clone();
    changed.remove(1);
    changed.push(sent(&edited, &ada));
    let mut read = store.read().await?;
    assert_eq!(read.messages().changed_since(room.id, Version::ZERO, 100).await?, changed);
    assert_eq!(read.messages().changed_since(room.id, Version::new(8), 2).await?, changed[7..9]);
    assert_eq!(read.messages().changed_since(room.id, Version::new(10), 9).await?, changed[9..]);
    assert_eq!(read.messages().changed_since(room.id, Version::new(11), 9).await?, []);
    Ok(())
}

pub(crate) async fn a_tombstone_keeps_its_place(store: Arc<dyn Store>) -> Outcome {
    let (ada, room) = given_user_and_room(&store).await?;
    let file = given_file(&store, &ada).await?;
    let mut message = place(MessageDraft::file(file.id, Content::from_stored(String::new())), &room, &ada, 1);
    given_messages(&store, &[message.clone()]).await?;
    message.delete(Version::new(2), at(3));
    let mut work = store.begin().await?;
    work.messages().update(&message).await?;
    assert_not_found(work.messages().update(&place(text("x"), &room, &ada, 9)).await)?;
    work.commit().await?;
    let history = store.read().await?.messages().history(room.id, HistoryRange::Newest, 9).await?;
    assert_eq!(history, [sent(&message, &ada)]);
    Ok(())
}

pub(crate) async fn a_batch_of_thousands_is_stored_at_once(store: Arc<dyn Store>) -> Outcome {
    let (ada, room) = given_user_and_room(&store).await?;
    let messages: Vec<Message> = (1..=2_500).map(|seq| place(text("hello"), &room, &ada, seq)).collect();
    given_messages(&store, &messages).await?;
    let mut read = store.read().await?;
    let history = read.messages().history(room.id, HistoryRange::Newest, 10_000).await?;
    assert!(history.iter().map(|sent| &sent.message).eq(&messages));
    Ok(())
}

pub(crate) async fn a_places_version_is_the_one_it_was_posted_at(store: Arc<dyn Store>) -> Outcome {
    let (ada, room) = given_user_and_room(&store).await?;
    let mut messages = Vec::new();
    for (seq, version) in [(1, 3), (2, 4), (3, 9)] {
        let mut message = place(text("hello"), &room, &ada, seq);
        message.version = Version::new(version);
        message.created_version = Version::new(version);
        messages.push(message);
    }
    // An edit does not change when it was posted.
    messages[0].version = Version::new(10);
    given_messages(&store, &messages).await?;
    let mut read = store.read().await?;
    for (seq, version) in [(0, 0), (1, 3), (2, 4), (3, 9), (4, 0)] {
        let found = read.messages().version_at(room.id, Seq::new(seq)).await?;
        assert_eq!(found, Version::new(version), "at place {seq}");
    }
    Ok(())
}

pub(crate) async fn rooms_of_messages_are_found(store: Arc<dyn Store>) -> Outcome {
    let (_, room, talk) = given_talk(&store).await?;
    let ids = [talk[0].message.id, MessageId::new(id()), talk[3].message.id];
    let mut found = store.read().await?.messages().rooms_of(&ids).await?;
    found.sort_unstable();
    assert_eq!(found, [(ids[0], room.id), (ids[2], room.id)]);
    Ok(())
}
