//! Direct rooms.

use std::sync::Arc;

use plaza_domain::repository::{Constraint, Result};
use plaza_domain::{
    Block, DirectRoom, Member, Room, RoomId, RoomKind, Seq, Store, Suspension, User, UserPair,
    repository::Counters,
};

use super::{
    Outcome,
    builders::{at, given_members, given_room, given_user, id, member, room},
    fixture::{assert_conflict, race},
};

fn pair(one: &User, other: &User) -> Result<UserPair> {
    UserPair::new(one.id, other.id)
        .ok_or(plaza_domain::RepositoryError::NotFound { entity: "two different users" })
}

/// A stored direct room with both in it.
async fn given_direct_room(store: &Arc<dyn Store>, one: &User, other: &User) -> Result<Room> {
    let room = Room { kind: RoomKind::Direct, is_private: true, ..room(one) };
    let mut work = store.begin().await?;
    work.rooms().insert(&room).await?;
    work.direct_rooms().insert(pair(one, other)?, room.id).await?;
    for user in [one, other] {
        work.members().save(&member(&room, user)).await?;
    }
    work.commit().await?;
    Ok(room)
}

pub(crate) async fn two_users_have_one_direct_room(store: Arc<dyn Store>) -> Outcome {
    let (ada, bob) = (given_user(&store, "ada").await?, given_user(&store, "bob").await?);
    assert_eq!(store.read().await?.direct_rooms().find(pair(&ada, &bob)?).await?, None);
    let made = given_direct_room(&store, &bob, &ada).await?;
    assert_eq!(store.read().await?.direct_rooms().find(pair(&ada, &bob)?).await?, Some(made.id));
    let second = room(&ada);
    let mut work = store.begin().await?;
    work.rooms().insert(&second).await?;
    let refused = work.direct_rooms().insert(pair(&ada, &bob)?, second.id).await;
    assert_conflict(refused, Constraint::DirectRoomUsers)
}

pub(crate) async fn of_twenty_openings_of_a_direct_room_one_succeeds(store: Arc<dyn Store>) -> Outcome {
    let (ada, bob) = (given_user(&store, "ada").await?, given_user(&store, "bob").await?);
    let made = race(20, |number| {
        let (store, ada, bob) = (Arc::clone(&store), ada.clone(), bob.clone());
        async move {
            let (one, other) = if number % 2 == 0 { (&ada, &bob) } else { (&bob, &ada) };
            match given_direct_room(&store, one, other).await {
                Ok(_) => Ok(true),
                refused => assert_conflict(refused, Constraint::DirectRoomUsers).map(|()| false),
            }
        }
    });
    assert_eq!(made.await?, 1);
    assert!(store.read().await?.direct_rooms().find(pair(&ada, &bob)?).await?.is_some());
    Ok(())
}

pub(crate) async fn a_direct_room_is_closed_by_a_block_and_by_a_disabled_user(
    store: Arc<dyn Store>,
) -> Outcome {
    let ada = given_user(&store, "ada").await?;
    let mut rooms = Vec::new();
    for name in ["open", "blocked", "blocker", "disabled"] {
        let other = given_user(&store, name).await?;
        rooms.push((given_direct_room(&store, &ada, &other).await?, other));
    }
    let plain = given_room(&store, &ada).await?;
    let [(open, _), (_, blocked), (_, blocker), (_, disabled)] = &rooms[..] else {
        return Err("four rooms".into());
    };
    let mut work = store.begin().await?;
    for (one, other) in [(&ada, blocked), (blocker, &ada)] {
        let block = Block { blocker_id: one.id, blocked_id: other.id, created_at: at(1) };
        work.blocks().insert(&block).await?;
    }
    work.users().update(&User { suspension: Some(Suspension::ban(at(1))), ..disabled.clone() }).await?;
    // Uncommitted, and seen by who writes it.
    let ids: Vec<RoomId> = rooms.iter().map(|(room, _)| room.id).chain([plain.id]).collect();
    let mut found = work.direct_rooms().find_many(&ids).await?;
    work.commit().await?;
    found.sort_by_key(|found| found.room_id);
    let expected = rooms.iter().map(|(room, other)| {
        let users = pair(&ada, other)?;
        Ok(DirectRoom { room_id: room.id, users, is_closed: room.id != open.id })
    });
    assert_eq!(found, expected.collect::<Result<Vec<_>>>()?);
    assert_eq!(store.read().await?.direct_rooms().find_many(&[]).await?, []);
    Ok(())
}

pub(crate) async fn the_other_one_of_a_direct_room_is_who_the_viewer_is_not(
    store: Arc<dyn Store>,
) -> Outcome {
    let (ada, bob) = (given_user(&store, "ada").await?, given_user(&store, "bob").await?);
    let eve = given_user(&store, "eve").await?;
    let with_bob = given_direct_room(&store, &ada, &bob).await?.id;
    let with_eve = given_direct_room(&store, &eve, &ada).await?.id;
    let plain = given_room(&store, &ada).await?.id;
    let rooms = [with_bob, with_eve, plain, RoomId::new(id())];
    let mut read = store.read().await?;
    let mut peers = read.direct_rooms().peers(ada.id, &rooms).await?;
    peers.sort_by_key(|(room_id, _)| *room_id);
    assert_eq!(peers, [(with_bob, bob.summary()), (with_eve, eve.summary())]);
    assert_eq!(read.direct_rooms().peers(eve.id, &rooms).await?, [(with_eve, ada.summary())]);
    assert_eq!(read.direct_rooms().peers(eve.id, &[]).await?, []);
    Ok(())
}

pub(crate) async fn what_was_not_delivered_in_direct_rooms_is_found_for_many_users(
    store: Arc<dyn Store>,
) -> Outcome {
    let (ada, bob) = (given_user(&store, "ada").await?, given_user(&store, "bob").await?);
    let eve = given_user(&store, "eve").await?;
    let with_bob = given_direct_room(&store, &ada, &bob).await?;
    given_direct_room(&store, &ada, &eve).await?;
    let plain = given_room(&store, &ada).await?;
    let mut work = store.begin().await?;
    for room in [&with_bob, &plain] {
        let counters = work.rooms().advance(room.id, 2, 2).await?;
        assert!(matches!(counters, Counters { last_seq, .. } if last_seq == Seq::new(2)));
    }
    work.members().advance_delivered(with_bob.id, bob.id, Seq::new(2)).await?;
    work.commit().await?;
    let mut read = store.read().await?;
    let all = [ada.id, bob.id, eve.id];
    assert_eq!(read.direct_rooms().undelivered(&all, 10).await?, [(ada.id, with_bob.id)]);
    assert_eq!(read.direct_rooms().undelivered(&[bob.id], 10).await?, []);
    assert_eq!(read.direct_rooms().undelivered(&all, 0).await?, []);
    Ok(())
}

pub(crate) async fn two_users_share_a_room_while_both_are_in_it(store: Arc<dyn Store>) -> Outcome {
    let (ada, bob) = (given_user(&store, "ada").await?, given_user(&store, "bob").await?);
    let room = given_room(&store, &ada).await?;
    let shares = async |member: &[Member]| -> Result<bool> {
        given_members(&store, member).await?;
        store.read().await?.members().share_room(pair(&ada, &bob)?).await
    };
    assert!(!shares(&[]).await?);
    assert!(shares(&[member(&room, &bob)]).await?);
    assert!(!shares(&[Member { left_at: Some(at(1)), ..member(&room, &bob) }]).await?);
    assert!(shares(&[member(&room, &bob)]).await?);
    let mut work = store.begin().await?;
    work.rooms().delete(room.id, at(1)).await?;
    work.commit().await?;
    assert!(!shares(&[]).await?);
    Ok(())
}
