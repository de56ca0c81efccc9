//! New messages at the ends of their rooms.

use std::{collections::HashMap, sync::Arc};

use futures::future::join;
use plaza_domain::repository::{Constraint, HistoryRange, Result};
use plaza_domain::{
    ClientId, Content, Message, MessageDraft, MessageId, NewMessage, Room, RoomEpoch, RoomId, SentMessage,
    Seq, Store, SystemEvent, User, Version,
};
use tokio::task::yield_now;

use super::{
    Outcome,
    builders::{at, given_room, given_user, given_user_and_room, id, text},
    files::given_file,
    fixture::{assert_conflict, race},
};

pub(super) fn new(draft: MessageDraft, room_id: RoomId, sender: &User) -> NewMessage {
    NewMessage {
        id: MessageId::new(id()),
        room_id,
        sender_id: sender.id,
        created_at: at(5),
        draft,
        epoch: RoomEpoch::new(0),
    }
}

fn named(name: &str) -> MessageDraft {
    text("hello").with_client_id(Some(ClientId::from_stored(name.to_owned())))
}

pub(super) fn places(messages: &[Message]) -> Vec<(RoomId, i64, i64)> {
    messages.iter().map(|message| (message.room_id, message.seq.get(), message.version.get())).collect()
}

async fn newest(store: &Arc<dyn Store>, room_id: RoomId) -> Result<Vec<Message>> {
    let messages = store.read().await?.messages().history(room_id, HistoryRange::Newest, 100).await?;
    Ok(messages.into_iter().map(|sent| sent.message).collect())
}

async fn counters(store: &Arc<dyn Store>, room_id: RoomId) -> Result<Option<(Seq, Version)>> {
    let room = store.read().await?.rooms().find(room_id).await?;
    Ok(room.map(|Room { last_seq, version, .. }| (last_seq, version)))
}

pub(crate) async fn messages_go_to_the_ends_of_their_rooms_in_their_order(store: Arc<dyn Store>) -> Outcome {
    let (ada, one) = given_user_and_room(&store).await?;
    let (two, gone) = (given_room(&store, &ada).await?, given_room(&store, &ada).await?);
    let mut work = store.begin().await?;
    work.rooms().advance(two.id, 3, 7).await?;
    work.rooms().delete(gone.id, at(1)).await?;
    work.commit().await?;
    let rooms = [two.id, one.id, gone.id, two.id, RoomId::new(id()), one.id, two.id];
    let said = |room_id| {
        let epoch = RoomEpoch::new(if room_id == two.id { 4 } else { 0 });
        NewMessage { epoch, ..new(text("hello"), room_id, &ada) }
    };
    let messages: Vec<_> = rooms.into_iter().map(said).collect();
    let ids: Vec<_> = messages.iter().map(|message| message.id).collect();
    let stored = store.append(messages).await?;
    let expected = [(two.id, 4, 8), (one.id, 1, 1), (two.id, 5, 9), (one.id, 2, 2), (two.id, 6, 10)];
    assert_eq!(places(&stored), expected);
    let stored_ids: Vec<_> = stored.iter().map(|message| message.id).collect();
    assert_eq!(stored_ids, [ids[0], ids[1], ids[3], ids[5], ids[6]]);
    for (room, last_seq, version) in [(&one, 2, 2), (&two, 6, 10)] {
        let said = stored.iter().filter(|message| message.room_id == room.id).cloned();
        assert_eq!(newest(&store, room.id).await?, said.collect::<Vec<_>>());
        assert_eq!(counters(&store, room.id).await?, Some((Seq::new(last_seq), Version::new(version))));
    }
    Ok(())
}

pub(crate) async fn rooms_that_have_changed_since_the_look_get_nothing(store: Arc<dyn Store>) -> Outcome {
    let (ada, changed) = given_user_and_room(&store).await?;
    let same = given_room(&store, &ada).await?;
    store.append(vec![new(text("before"), changed.id, &ada), new(text("before"), same.id, &ada)]).await?;
    let mut work = store.begin().await?;
    work.rooms().advance(changed.id, 1, 2).await?;
    let messages = vec![new(text("after"), changed.id, &ada), new(text("after"), same.id, &ada)];
    // Waits for the change, on all databases, if it is asked before that is committed.
    let appending = store.append(messages.clone());
    let changing = async {
        yield_now().await;
        work.commit().await
    };
    let (stored, committed) = join(appending, changing).await;
    committed?;
    assert_eq!(places(&stored?), [(same.id, 2, 2)]);
    assert_eq!(counters(&store, changed.id).await?, Some((Seq::new(2), Version::new(3))));
    let looked_again: Vec<_> = messages[..1]
        .iter()
        .map(|message| NewMessage { epoch: RoomEpoch::new(1), ..message.clone() })
        .collect();
    assert_eq!(places(&store.append(looked_again).await?), [(changed.id, 3, 4)]);
    Ok(())
}

pub(crate) async fn a_message_that_is_appended_keeps_every_field(store: Arc<dyn Store>) -> Outcome {
    let (ada, room) = given_user_and_room(&store).await?;
    let file = given_file(&store, &ada).await?;
    let told = MessageDraft::system(SystemEvent::MemberJoined, "ada joined");
    let parent = new(told, room.id, &ada);
    let caption = Content::from_stored("look: 🦀".to_owned());
    let draft = MessageDraft::image(file.id, Some("/media/x.png".to_owned()), caption)
        .reply_to(Some(parent.id))
        .with_client_id(Some(ClientId::from_stored("c-1".to_owned())))
        .rendered("<p>look: 🦀</p>".to_owned());
    for new in [parent, new(draft, room.id, &ada)] {
        let stored = store.append(vec![new.clone()]).await?;
        let last = Seq::new(i64::try_from(newest(&store, room.id).await?.len())?);
        assert_eq!(stored, [new.place(last, Version::new(last.get()))]);
        let found = store.read().await?.messages().find(stored[0].id).await?;
        assert_eq!(found, Some(SentMessage::new(stored[0].clone(), ada.summary())));
    }
    Ok(())
}

pub(crate) async fn a_client_id_that_was_used_stops_all_that_is_appended(store: Arc<dyn Store>) -> Outcome {
    let (ada, room) = given_user_and_room(&store).await?;
    let other = given_room(&store, &ada).await?;
    store.append(vec![new(named("c-1"), room.id, &ada)]).await?;
    let again = vec![new(text("first"), other.id, &ada), new(named("c-1"), room.id, &ada)];
    assert_conflict(store.append(again).await, Constraint::MessageClientId)?;
    assert_eq!(counters(&store, room.id).await?, Some((Seq::new(1), Version::new(1))));
    assert_eq!(counters(&store, other.id).await?, Some((Seq::ZERO, Version::ZERO)));
    assert_eq!(newest(&store, other.id).await?, []);
    assert_eq!(store.append(Vec::new()).await?, []);
    Ok(())
}

pub(crate) async fn who_appends_at_the_same_time_leaves_no_gap(store: Arc<dyn Store>) -> Outcome {
    const WRITERS: usize = 32;
    let ada = given_user(&store, "ada").await?;
    let mut rooms = Vec::new();
    for _ in 0..6 {
        rooms.push(given_room(&store, &ada).await?.id);
    }
    let written = race(WRITERS, |number| {
        let store = Arc::clone(&store);
        let ada = ada.clone();
        let mut rooms = rooms.clone();
        rooms.rotate_left(number % 6);
        async move {
            let messages: Vec<_> =
                rooms.iter().chain(&rooms).map(|room_id| new(text("hello"), *room_id, &ada)).collect();
            Ok(store.append(messages).await?.len() == 12)
        }
    });
    assert_eq!(written.await?, WRITERS);
    let expected: Vec<i64> = (1..=2 * i64::try_from(WRITERS)?).collect();
    let mut seen: HashMap<RoomId, Vec<i64>> = HashMap::new();
    for room_id in rooms {
        for (room_id, seq, version) in places(&newest(&store, room_id).await?) {
            assert_eq!(seq, version);
            seen.entry(room_id).or_default().push(seq);
        }
    }
    assert_eq!(seen.len(), 6);
    seen.into_values().for_each(|places| assert_eq!(places, expected));
    Ok(())
}
