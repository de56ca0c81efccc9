//! Who sees whom, and when users were last seen.

use std::sync::Arc;

use plaza_domain::repository::{Result, SeenMember, Sighting};
use plaza_domain::{
    Block, Friendship, FriendshipState, Member, RoomId, Store, Timestamp, User, UserId, UserPair,
};

use super::{
    Outcome,
    builders::{at, given_members, given_room, given_user, given_user_and_room, id, member},
};

async fn saw(store: &Arc<dyn Store>, users: &[UserId], time: Timestamp) -> Result<()> {
    let mut work = store.begin().await?;
    work.presence().saw(users, time).await?;
    work.commit().await
}

async fn visible(store: &Arc<dyn Store>, viewer: &User, users: &[UserId]) -> Result<Vec<Sighting>> {
    let mut found = store.read().await?.presence().visible_to(viewer.id, users).await?;
    found.sort_by_key(|sighting| sighting.user_id);
    Ok(found)
}

fn sighting(user: &User, last_seen_at: Option<Timestamp>) -> Sighting {
    Sighting { user_id: user.id, last_seen_at }
}

pub(crate) async fn those_who_share_a_room_see_each_other(store: Arc<dyn Store>) -> Outcome {
    let (ada, room) = given_user_and_room(&store).await?;
    let (deleted, left) = (given_room(&store, &ada).await?, given_room(&store, &ada).await?);
    let second = given_room(&store, &ada).await?;
    let mut users = Vec::new();
    for name in ["bob", "eve", "mallory", "trent"] {
        users.push(given_user(&store, name).await?);
    }
    let [bob, eve, mallory, trent] = users.as_slice() else { return Err("four users".into()) };
    let gone = Member { left_at: Some(at(1)), ..member(&left, mallory) };
    let rows = [member(&room, bob), member(&second, bob), member(&deleted, eve), gone, member(&left, trent)];
    given_members(&store, &rows).await?;
    let mut work = store.begin().await?;
    work.rooms().delete(deleted.id, at(1)).await?;
    work.commit().await?;
    saw(&store, &[bob.id], at(5)).await?;

    let everybody = [ada.id, bob.id, eve.id, mallory.id, trent.id, bob.id, UserId::new(id())];
    let expected = [sighting(&ada, None), sighting(bob, Some(at(5))), sighting(trent, None)];
    assert_eq!(visible(&store, &ada, &everybody).await?, expected);
    assert_eq!(visible(&store, mallory, &everybody).await?, [sighting(mallory, None)]);
    assert_eq!(visible(&store, bob, &[ada.id, trent.id]).await?, [sighting(&ada, None)]);
    assert_eq!(visible(&store, &ada, &[]).await?, []);
    Ok(())
}

pub(crate) async fn friends_see_each_other_though_they_share_no_room(store: Arc<dyn Store>) -> Outcome {
    let (ada, bob) = (given_user(&store, "ada").await?, given_user(&store, "bob").await?);
    let eve = given_user(&store, "eve").await?;
    let friends = FriendshipState::Friends { since: at(1) };
    let asked = FriendshipState::Requested { by: eve.id, at: at(1), is_hidden: false };
    let mut work = store.begin().await?;
    for (one, other, state) in [(&ada, &bob, friends), (&eve, &ada, asked)] {
        let users = UserPair::new(one.id, other.id).ok_or("two users")?;
        work.friendships().claim(users).await?;
        work.friendships().update(&Friendship { state, ..Friendship::new(users) }).await?;
    }
    work.commit().await?;
    saw(&store, &[bob.id], at(5)).await?;
    let all = [ada.id, bob.id, eve.id];
    assert_eq!(visible(&store, &ada, &all).await?, [sighting(&ada, None), sighting(&bob, Some(at(5)))]);
    assert_eq!(visible(&store, &bob, &[ada.id, eve.id]).await?, [sighting(&ada, None)]);
    assert_eq!(visible(&store, &eve, &all).await?, [sighting(&eve, None)]);
    // A block hides friends, too, should there ever be one.
    let mut work = store.begin().await?;
    work.blocks().insert(&Block { blocker_id: bob.id, blocked_id: ada.id, created_at: at(6) }).await?;
    work.commit().await?;
    assert_eq!(visible(&store, &ada, &all).await?, [sighting(&ada, None)]);
    Ok(())
}

pub(crate) async fn members_are_listed_with_when_they_were_last_seen(store: Arc<dyn Store>) -> Outcome {
    let (ada, room) = given_user_and_room(&store).await?;
    let (bob, left) = (given_user(&store, "bob").await?, given_user(&store, "left").await?);
    given_members(&store, &[member(&room, &bob), Member { left_at: Some(at(1)), ..member(&room, &left) }])
        .await?;
    saw(&store, &[bob.id, left.id], at(5)).await?;
    let mut read = store.read().await?;
    let profiles = read.members().list(room.id, None, 10).await?;
    let [owner, other] = profiles.as_slice() else { return Err("two members".into()) };
    let expected = [
        SeenMember { profile: owner.clone(), last_seen_at: None, is_blocked: false },
        SeenMember { profile: other.clone(), last_seen_at: Some(at(5)), is_blocked: false },
    ];
    assert_eq!(read.presence().seen_members(room.id, ada.id, 10).await?, expected);
    assert_eq!(read.presence().seen_members(room.id, ada.id, 2).await?, expected);
    assert_eq!(read.presence().seen_members(room.id, ada.id, 1).await?, []);
    Ok(())
}

pub(crate) async fn those_between_whom_a_block_stands_do_not_see_each_other(
    store: Arc<dyn Store>,
) -> Outcome {
    let (ada, room) = given_user_and_room(&store).await?;
    let (bob, eve) = (given_user(&store, "bob").await?, given_user(&store, "eve").await?);
    given_members(&store, &[member(&room, &bob), member(&room, &eve)]).await?;
    let mut work = store.begin().await?;
    work.blocks().insert(&Block { blocker_id: bob.id, blocked_id: ada.id, created_at: at(1) }).await?;
    work.commit().await?;
    let all = [ada.id, bob.id, eve.id];
    let seen = async |viewer: &User| -> Result<Vec<UserId>> {
        Ok(visible(&store, viewer, &all).await?.into_iter().map(|sighting| sighting.user_id).collect())
    };
    assert_eq!(seen(&ada).await?, [ada.id, eve.id]);
    assert_eq!(seen(&bob).await?, [bob.id, eve.id]);
    assert_eq!(seen(&eve).await?, all);
    let mut read = store.read().await?;
    for (viewer, expected) in [(&ada, [false, true, false]), (&bob, [true, false, false]), (&eve, [false; 3])]
    {
        let members = read.presence().seen_members(room.id, viewer.id, 10).await?;
        assert_eq!(members.iter().map(|member| member.is_blocked).collect::<Vec<_>>(), expected);
    }
    let pair = UserPair::new(ada.id, bob.id).ok_or("two users")?;
    for users in [&[ada.id][..], &[bob.id], &all] {
        assert_eq!(read.blocks().around(users, 10).await?, [pair]);
    }
    assert_eq!(read.blocks().around(&[eve.id], 10).await?, []);
    assert_eq!(read.blocks().around(&[], 10).await?, []);
    Ok(())
}

pub(crate) async fn rooms_are_small_up_to_a_number_of_members(store: Arc<dyn Store>) -> Outcome {
    let (ada, small) = given_user_and_room(&store).await?;
    let (large, deleted) = (given_room(&store, &ada).await?, given_room(&store, &ada).await?);
    let mut others = Vec::new();
    for name in ["bob", "eve", "mallory"] {
        others.push(given_user(&store, name).await?);
    }
    let bob = &others[0];
    let mut rows: Vec<Member> = others.iter().map(|user| member(&large, user)).collect();
    rows.push(member(&small, bob));
    // Who left does not count.
    rows.push(Member { left_at: Some(at(1)), ..member(&small, &others[1]) });
    given_members(&store, &rows).await?;
    let mut work = store.begin().await?;
    work.rooms().delete(deleted.id, at(1)).await?;
    work.commit().await?;

    let asked = [ada.id, bob.id, others[1].id, bob.id];
    let rooms = async |most: u64, limit: u64| -> Result<Vec<(UserId, RoomId)>> {
        let mut found = store.read().await?.presence().small_rooms(&asked, most, limit).await?;
        found.sort_unstable();
        Ok(found)
    };
    let in_small = [(ada.id, small.id), (bob.id, small.id)];
    assert_eq!(rooms(2, 10).await?, in_small);
    assert_eq!(rooms(3, 10).await?, in_small);
    let mut everywhere =
        [&in_small[..], &[(ada.id, large.id), (bob.id, large.id), (others[1].id, large.id)]].concat();
    everywhere.sort_unstable();
    assert_eq!(rooms(4, 10).await?, everywhere);
    assert_eq!(rooms(4, 3).await?.len(), 3);
    assert_eq!(rooms(1, 10).await?, []);
    assert_eq!(store.read().await?.presence().small_rooms(&[], 9, 9).await?, []);
    Ok(())
}

pub(crate) async fn a_user_was_last_seen_at_the_latest_time(store: Arc<dyn Store>) -> Outcome {
    let (ada, bob) = (given_user(&store, "ada").await?, given_user(&store, "bob").await?);
    let last_seen = async |user: &User| -> Result<Option<Timestamp>> {
        Ok(visible(&store, user, &[user.id]).await?.first().and_then(|sighting| sighting.last_seen_at))
    };
    saw(&store, &[ada.id, UserId::new(id())], at(5)).await?;
    assert_eq!((last_seen(&ada).await?, last_seen(&bob).await?), (Some(at(5)), None));
    saw(&store, &[ada.id, bob.id], at(3)).await?;
    assert_eq!((last_seen(&ada).await?, last_seen(&bob).await?), (Some(at(5)), Some(at(3))));
    saw(&store, &[], at(9)).await?;
    // An account that is changed keeps it.
    let mut work = store.begin().await?;
    work.users().update(&User { updated_at: at(9), ..bob.clone() }).await?;
    work.commit().await?;
    assert_eq!(last_seen(&bob).await?, Some(at(3)));
    Ok(())
}
