//! Who read what, and when.

use std::sync::Arc;

use plaza_domain::repository::Result;
use plaza_domain::{
    Member, Message, Preferences, ReadMark, Receipt, ReceiptCounts, ReceiptScope, Room, RoomId, Seq, Store,
    Timestamp, User, UserId, Version,
};

use super::{
    Outcome,
    builders::{
        at, given_members, given_messages, given_room, given_user, given_user_and_room, id, member, place,
        text,
    },
    fixture::assert_not_found,
};

/// A room with ada, its owner, and bob and eve in it.
async fn given_three(store: &Arc<dyn Store>) -> Result<(Room, [User; 3])> {
    let (ada, room) = given_user_and_room(store).await?;
    let (bob, eve) = (given_user(store, "bob").await?, given_user(store, "eve").await?);
    given_members(store, &[member(&room, &bob), member(&room, &eve)]).await?;
    Ok((room, [ada, bob, eve]))
}

/// Moves a member's cursor, and stores when.
async fn given_read(
    store: &Arc<dyn Store>,
    room: &Room,
    user: &User,
    (after, seq): (i64, i64),
    second: i64,
) -> Result<()> {
    let mut work = store.begin().await?;
    assert!(work.members().advance_read(room.id, user.id, Seq::new(seq)).await?);
    let mark = ReadMark {
        room_id: room.id,
        user_id: user.id,
        after_seq: Seq::new(after),
        seq: Seq::new(seq),
        read_at: at(second),
    };
    work.receipts().insert_mark(&mark).await?;
    work.commit().await
}

/// Ada's message in a place, posted as that change.
fn message(room: &Room, ada: &User, seq: i64) -> Message {
    place(text("hello"), room, ada, seq)
}

async fn read_times(
    store: &Arc<dyn Store>,
    room: &Room,
    ada: &User,
    seqs: impl IntoIterator<Item = i64>,
) -> Result<Vec<Option<Timestamp>>> {
    let mut times = Vec::new();
    for seq in seqs {
        let receipts = store.read().await?.receipts().list(&message(room, ada, seq), 1).await?;
        times.extend(receipts.first().map(|receipt| receipt.read_at));
    }
    Ok(times)
}

async fn given_no_receipts(store: &Arc<dyn Store>, user: &User) -> Result<()> {
    let mut work = store.begin().await?;
    work.users().save_preferences(user.id, Preferences { shows_receipts: false }).await?;
    work.commit().await
}

pub(crate) async fn a_message_tells_with_whom_it_got_how_far(store: Arc<dyn Store>) -> Outcome {
    let (room, [ada, bob, eve]) = given_three(&store).await?;
    let message = message(&room, &ada, 5);
    given_messages(&store, std::slice::from_ref(&message)).await?;
    let mut work = store.begin().await?;
    work.members().advance_delivered(room.id, eve.id, Seq::new(5)).await?;
    work.commit().await?;
    given_read(&store, &room, &bob, (0, 6), 60).await?;

    let mut read = store.read().await?;
    let by_bob = Receipt { user: bob.summary(), is_delivered: true, is_read: true, read_at: Some(at(60)) };
    let by_eve = Receipt { user: eve.summary(), is_delivered: true, is_read: false, read_at: None };
    assert_eq!(read.receipts().list(&message, 10).await?, [by_bob.clone(), by_eve]);
    assert_eq!(read.receipts().list(&message, 1).await?, [by_bob]);
    let counts = read.receipts().counts(&message).await?;
    assert_eq!(counts, ReceiptCounts { room: 3, members: 2, delivered: 2, read: 1 });
    Ok(())
}

pub(crate) async fn a_message_is_for_those_who_were_there_and_still_are(store: Arc<dyn Store>) -> Outcome {
    let (room, [ada, bob, eve]) = given_three(&store).await?;
    let left = Member { left_at: Some(at(1)), ..member(&room, &bob) };
    let late = Member { joined_version: Version::new(6), version: Version::new(6), ..member(&room, &eve) };
    given_members(&store, &[left, late]).await?;
    let (early, later) = (message(&room, &ada, 5), message(&room, &ada, 6));
    let mut read = store.read().await?;
    assert_eq!(read.receipts().list(&early, 10).await?, []);
    let counts = ReceiptCounts { room: 2, members: 0, delivered: 0, read: 0 };
    assert_eq!(read.receipts().counts(&early).await?, counts);
    let named = read.receipts().list(&later, 10).await?;
    assert_eq!(named.iter().map(|receipt| receipt.user.id).collect::<Vec<_>>(), [eve.id]);
    assert_eq!(read.receipts().counts(&later).await?, ReceiptCounts { members: 1, ..counts });
    Ok(())
}

pub(crate) async fn a_mark_tells_of_the_places_that_it_passed(store: Arc<dyn Store>) -> Outcome {
    let (room, [ada, bob, _]) = given_three(&store).await?;
    given_read(&store, &room, &bob, (2, 4), 40).await?;
    given_read(&store, &room, &bob, (4, 7), 70).await?;
    given_read(&store, &room, &bob, (9, 12), 120).await?;
    let known = |seconds: [i64; 13]| seconds.map(|second| (second > 0).then(|| at(second)));
    // Of places 1, 2, 8 and 9 nobody wrote down when they were read; 13 was not.
    let times = read_times(&store, &room, &ada, 1..=13).await?;
    assert_eq!(times, known([0, 0, 40, 40, 70, 70, 70, 0, 0, 120, 120, 120, 0]));

    let mut work = store.begin().await?;
    work.receipts().delete_marks(room.id, bob.id, Seq::new(4)).await?;
    work.commit().await?;
    let times = read_times(&store, &room, &ada, 1..=13).await?;
    assert_eq!(times, known([0, 0, 0, 0, 70, 70, 70, 0, 0, 120, 120, 120, 0]));
    Ok(())
}

pub(crate) async fn marks_of_others_and_of_other_rooms_stay(store: Arc<dyn Store>) -> Outcome {
    let (room, [ada, bob, eve]) = given_three(&store).await?;
    let elsewhere = given_room(&store, &ada).await?;
    given_members(&store, &[member(&elsewhere, &eve)]).await?;
    given_read(&store, &room, &bob, (0, 4), 40).await?;
    given_read(&store, &elsewhere, &eve, (0, 4), 50).await?;
    let mut work = store.begin().await?;
    work.receipts().delete_marks(room.id, eve.id, Seq::new(9)).await?;
    work.commit().await?;
    assert_eq!(read_times(&store, &room, &ada, [4]).await?, [Some(at(40))]);
    assert_eq!(read_times(&store, &elsewhere, &ada, [4]).await?, [Some(at(50))]);
    Ok(())
}

pub(crate) async fn who_shows_no_receipts_is_in_no_list(store: Arc<dyn Store>) -> Outcome {
    let (room, [ada, bob, eve]) = given_three(&store).await?;
    given_read(&store, &room, &bob, (0, 6), 60).await?;
    assert_eq!(showing(&store, &room).await?, [ada.id, bob.id, eve.id]);
    given_no_receipts(&store, &bob).await?;
    assert_eq!(showing(&store, &room).await?, [ada.id, eve.id]);

    let message = message(&room, &ada, 5);
    let mut read = store.read().await?;
    let named = read.receipts().list(&message, 10).await?;
    assert_eq!(named.iter().map(|receipt| receipt.user.id).collect::<Vec<_>>(), [eve.id]);
    let counts = read.receipts().counts(&message).await?;
    assert_eq!(counts, ReceiptCounts { room: 3, members: 2, delivered: 0, read: 0 });
    Ok(())
}

/// The members whose cursors may be shown.
async fn showing(store: &Arc<dyn Store>, room: &Room) -> Result<Vec<UserId>> {
    let members = store.read().await?.members().list(room.id, None, 10).await?;
    let showing = members.into_iter().filter(|profile| profile.shows_receipts);
    Ok(showing.map(|profile| profile.user.id).collect())
}

pub(crate) async fn preferences_are_stored_beside_the_profile(store: Arc<dyn Store>) -> Outcome {
    let ada = given_user(&store, "ada").await?;
    assert_eq!(store.read().await?.users().preferences(ada.id).await?, Some(Preferences::default()));
    given_no_receipts(&store, &ada).await?;
    let mut work = store.begin().await?;
    work.users().update(&ada).await?;
    work.commit().await?;
    let kept = store.read().await?.users().preferences(ada.id).await?;
    assert_eq!(kept, Some(Preferences { shows_receipts: false }));
    assert_eq!(store.read().await?.users().preferences(UserId::new(id())).await?, None);
    let mut work = store.begin().await?;
    assert_not_found(work.users().save_preferences(UserId::new(id()), Preferences::default()).await)
}

pub(crate) async fn the_members_of_a_room_are_counted_up_to_a_limit(store: Arc<dyn Store>) -> Outcome {
    let (room, [ada, bob, eve]) = given_three(&store).await?;
    given_members(&store, &[Member { left_at: Some(at(1)), ..member(&room, &eve) }]).await?;
    given_no_receipts(&store, &bob).await?;
    let mut read = store.read().await?;
    for (user, limit, scope) in [
        (&ada, 10, ReceiptScope { shows_receipts: true, members: 2 }),
        (&ada, 1, ReceiptScope { shows_receipts: true, members: 1 }),
        (&bob, 10, ReceiptScope { shows_receipts: false, members: 2 }),
    ] {
        assert_eq!(read.receipts().scope(room.id, user.id, limit).await?, scope);
    }
    let nowhere = read.receipts().scope(RoomId::new(id()), ada.id, 10).await?;
    assert_eq!(nowhere.members, 0);
    assert_not_found(read.receipts().scope(room.id, UserId::new(id()), 10).await)
}
