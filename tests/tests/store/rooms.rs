//! Rooms and their counters.

use std::sync::Arc;

use plaza_domain::repository::{Advance, Counters, HistoryRange, RoomFilter};
use plaza_domain::{Member, Room, RoomDescription, RoomId, RoomName, Seq, Store, Version};

use super::{
    Outcome,
    builders::{
        at, given_members, given_room, given_user, given_user_and_room, id, member, place, room, text,
    },
    fixture::{assert_not_found, race},
};

pub(crate) async fn a_room_is_stored_and_its_details_change(store: Arc<dyn Store>) -> Outcome {
    let (_, stored) = given_user_and_room(&store).await?;
    assert_eq!(store.read().await?.rooms().find(stored.id).await?.as_ref(), Some(&stored));
    let mut work = store.begin().await?;
    let counters = work.rooms().advance(stored.id, 0, 1).await?;
    assert_eq!(counters, Counters { last_seq: Seq::ZERO, version: Version::new(1) });
    let changed = Room {
        name: RoomName::from_stored("Salon".to_owned()),
        description: RoomDescription::from_stored("Talk.".to_owned()),
        is_private: true,
        version: counters.version,
        details_version: counters.version,
        updated_at: at(4),
        ..stored
    };
    work.rooms().update_details(&changed).await?;
    work.commit().await?;
    assert_eq!(store.read().await?.rooms().find(changed.id).await?, Some(changed));
    Ok(())
}

pub(crate) async fn a_deleted_room_is_as_good_as_absent(store: Arc<dyn Store>) -> Outcome {
    let (ada, gone) = given_user_and_room(&store).await?;
    let stays = given_room(&store, &ada).await?;
    let mut work = store.begin().await?;
    work.rooms().delete(gone.id, at(1)).await?;
    work.commit().await?;
    let mut work = store.begin().await?;
    assert_eq!(work.rooms().find(gone.id).await?, None);
    assert_eq!(work.rooms().find_with_member(gone.id, ada.id).await?, None);
    assert_not_found(work.rooms().advance(gone.id, 1, 1).await)?;
    assert_not_found(work.rooms().advance(RoomId::new(id()), 1, 1).await)?;
    assert_not_found(work.rooms().update_details(&gone).await)?;
    assert_not_found(work.rooms().delete(gone.id, at(2)).await)?;
    let versions = work.rooms().versions(&[gone.id, stays.id, RoomId::new(id())]).await?;
    assert_eq!(versions, [(stays.id, Version::ZERO)]);
    for filter in [RoomFilter::Mine, RoomFilter::Visible] {
        assert_eq!(work.rooms().list(ada.id, filter, None, 10).await?, std::slice::from_ref(&stays));
    }
    Ok(())
}

pub(crate) async fn several_rooms_advance_at_once_and_those_that_are_gone_are_left_out(
    store: Arc<dyn Store>,
) -> Outcome {
    let (ada, gone) = given_user_and_room(&store).await?;
    let (one, two) = (given_room(&store, &ada).await?, given_room(&store, &ada).await?);
    let mut work = store.begin().await?;
    work.rooms().delete(gone.id, at(1)).await?;
    work.rooms().advance(two.id, 1, 1).await?;
    let unknown = RoomId::new(id());
    let advances = [(two.id, 2, 5), (gone.id, 1, 1), (unknown, 1, 1), (one.id, 3, 3)]
        .map(|(id, messages, changes)| Advance::new(id, messages, changes));
    let mut raised = work.rooms().advance_many(&advances).await?;
    raised.sort_unstable_by_key(|(room_id, _)| *room_id);
    let counters = |seq, version| Counters { last_seq: Seq::new(seq), version: Version::new(version) };
    assert_eq!(raised, [(one.id, counters(3, 3)), (two.id, counters(3, 6))]);
    work.commit().await?;
    let stored = store.read().await?.rooms().find(two.id).await?;
    assert_eq!(stored.map(|room| (room.last_seq, room.version)), Some((Seq::new(3), Version::new(6))));
    Ok(())
}

pub(crate) async fn who_advances_the_same_rooms_in_any_order_never_waits_for_ever(
    store: Arc<dyn Store>,
) -> Outcome {
    const WRITERS: usize = 64;
    let ada = given_user(&store, "ada").await?;
    let mut rooms = Vec::new();
    for _ in 0..12 {
        rooms.push(given_room(&store, &ada).await?.id);
    }
    let written = race(WRITERS, |number| {
        let store = Arc::clone(&store);
        let mut rooms = rooms.clone();
        rooms.rotate_left(number % 12);
        if number.is_multiple_of(2) {
            rooms.reverse();
        }
        async move {
            let advances: Vec<_> = rooms.into_iter().map(|room_id| Advance::new(room_id, 1, 1)).collect();
            let mut work = store.begin().await?;
            let raised = work.rooms().advance_many(&advances).await?;
            work.commit().await?;
            Ok(raised.len() == advances.len())
        }
    });
    assert_eq!(written.await?, WRITERS);
    for room_id in rooms {
        let room = store.read().await?.rooms().find(room_id).await?;
        assert_eq!(room.map(|room| room.last_seq.get()), Some(i64::try_from(WRITERS)?));
    }
    Ok(())
}

pub(crate) async fn a_room_is_found_with_a_membership_also_one_that_ended(store: Arc<dyn Store>) -> Outcome {
    let (ada, room) = given_user_and_room(&store).await?;
    let (bob, eve) = (given_user(&store, "bob").await?, given_user(&store, "eve").await?);
    let left = Member { left_at: Some(at(1)), ..member(&room, &bob) };
    given_members(&store, &[left]).await?;
    let mut read = store.read().await?;
    for user in [&ada, &bob, &eve] {
        let membership = read.members().find(room.id, user.id).await?;
        assert_eq!(membership.is_some(), user.id != eve.id);
        let found = read.rooms().find_with_member(room.id, user.id).await?;
        assert_eq!(found, Some((room.clone(), membership)));
    }
    assert_eq!(read.rooms().find_with_member(RoomId::new(id()), ada.id).await?, None);
    Ok(())
}

pub(crate) async fn rooms_are_listed_newest_first_in_pages(store: Arc<dyn Store>) -> Outcome {
    let ada = given_user(&store, "ada").await?;
    let bob = given_user(&store, "bob").await?;
    let mut rooms = Vec::new();
    for number in 0..6 {
        rooms.push(given_room(&store, if number % 2 == 0 { &ada } else { &bob }).await?);
    }
    rooms.reverse();
    let mine: Vec<Room> = rooms.iter().filter(|room| room.created_by == ada.id).cloned().collect();
    let mut read = store.read().await?;
    for (filter, expected) in [(RoomFilter::Visible, &rooms), (RoomFilter::Mine, &mine)] {
        assert_eq!(&read.rooms().list(ada.id, filter, None, 10).await?, expected);
        assert_eq!(read.rooms().list(ada.id, filter, None, 2).await?, expected[..2]);
        let second = read.rooms().list(ada.id, filter, Some(expected[0].id), 2).await?;
        assert_eq!(second, expected[1..3]);
    }
    Ok(())
}

pub(crate) async fn a_private_room_is_listed_to_its_members_only(store: Arc<dyn Store>) -> Outcome {
    let ada = given_user(&store, "ada").await?;
    let bob = given_user(&store, "bob").await?;
    let hidden = Room { is_private: true, ..room(&ada) };
    let mut work = store.begin().await?;
    work.rooms().insert(&hidden).await?;
    work.commit().await?;
    let mut here = member(&hidden, &ada);
    given_members(&store, &[here.clone()]).await?;
    for filter in [RoomFilter::Mine, RoomFilter::Visible] {
        let mut read = store.read().await?;
        assert_eq!(read.rooms().list(ada.id, filter, None, 10).await?, std::slice::from_ref(&hidden));
        assert_eq!(read.rooms().list(bob.id, filter, None, 10).await?, []);
    }
    here.left_at = Some(at(1));
    given_members(&store, &[here]).await?;
    assert_eq!(store.read().await?.rooms().list(ada.id, RoomFilter::Visible, None, 10).await?, []);
    Ok(())
}

pub(crate) async fn sequences_have_no_gaps_though_some_writers_roll_back(store: Arc<dyn Store>) -> Outcome {
    const WRITERS: usize = 8;
    const ROUNDS: usize = 12;
    let (ada, room) = given_user_and_room(&store).await?;
    let written = race(WRITERS * ROUNDS, |number| {
        let (store, room, ada) = (Arc::clone(&store), room.clone(), ada.clone());
        async move {
            let mut work = store.begin().await?;
            let counters = work.rooms().advance(room.id, 1, 1).await?;
            let message = place(text("hello"), &room, &ada, counters.last_seq.get());
            work.messages().insert(&[message]).await?;
            if number % 3 == 0 {
                return Ok(false);
            }
            work.commit().await?;
            Ok(true)
        }
    });
    let written = i64::try_from(written.await?)?;
    let mut read = store.read().await?;
    let history = read.messages().history(room.id, HistoryRange::After(Seq::ZERO), 1000).await?;
    let seqs: Vec<i64> = history.iter().map(|sent| sent.message.seq.get()).collect();
    assert_eq!(seqs, (1..=written).collect::<Vec<_>>());
    let room = read.rooms().find(room.id).await?;
    assert_eq!(room.map(|room| room.last_seq), Some(Seq::new(written)));
    Ok(())
}
