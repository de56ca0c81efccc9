//! Memberships.

use std::sync::Arc;

use plaza_domain::repository::{Result, Sender};
use plaza_domain::{
    Member, MemberProfile, MemberRole, Message, Room, RoomId, Seq, Store, Suspension, User, UserId, Version,
};

use super::{
    Outcome,
    builders::{
        at, given_members, given_messages, given_room, given_user, given_user_and_room, id, member, place,
        text,
    },
};

/// Users in a room, in the order of their ids, at rising versions.
async fn given_crowd(store: &Arc<dyn Store>) -> Result<(Room, Vec<User>, Vec<MemberProfile>)> {
    let (ada, room) = given_user_and_room(store).await?;
    let mut users = vec![ada];
    for name in ["bob", "eve", "mallory"] {
        users.push(given_user(store, name).await?);
    }
    let members: Vec<Member> = (1_i64..)
        .zip(&users)
        .map(|(version, user)| Member { version: Version::new(version), ..member(&room, user) })
        .collect();
    given_members(store, &members).await?;
    let profile = |(member, user): (&Member, &User)| MemberProfile {
        member: member.clone(),
        user: user.summary(),
        shows_receipts: true,
    };
    let profiles = members.iter().zip(&users).map(profile).collect();
    Ok((room, users, profiles))
}

pub(crate) async fn saving_a_member_again_keeps_the_cursors(store: Arc<dyn Store>) -> Outcome {
    let (_, room) = given_user_and_room(&store).await?;
    let bob = given_user(&store, "bob").await?;
    let joined = Member { delivered_seq: Seq::new(5), read_seq: Seq::new(4), ..member(&room, &bob) };
    given_members(&store, std::slice::from_ref(&joined)).await?;
    assert_eq!(store.read().await?.members().find(room.id, bob.id).await?.as_ref(), Some(&joined));
    let again = Member {
        role: MemberRole::Admin,
        joined_at: at(7),
        left_at: Some(at(8)),
        version: Version::new(9),
        joined_version: Version::new(8),
        delivered_seq: Seq::ZERO,
        read_seq: Seq::ZERO,
        ..joined.clone()
    };
    given_members(&store, std::slice::from_ref(&again)).await?;
    let kept = Member { delivered_seq: joined.delivered_seq, read_seq: joined.read_seq, ..again };
    let mut read = store.read().await?;
    assert_eq!(read.members().find(room.id, bob.id).await?.as_ref(), Some(&kept));
    let profile = MemberProfile { member: kept, user: bob.summary(), shows_receipts: true };
    assert_eq!(read.members().find_profile(room.id, bob.id).await?, Some(profile));
    assert_eq!(read.members().find(room.id, UserId::new(id())).await?, None);
    Ok(())
}

pub(crate) async fn cursors_move_forward_only(store: Arc<dyn Store>) -> Outcome {
    let (ada, room) = given_user_and_room(&store).await?;
    let mut work = store.begin().await?;
    assert!(work.members().advance_delivered(room.id, ada.id, Seq::new(7)).await?);
    assert!(!work.members().advance_delivered(room.id, ada.id, Seq::new(7)).await?);
    assert!(work.members().advance_read(room.id, ada.id, Seq::new(5)).await?);
    assert!(!work.members().advance_read(room.id, ada.id, Seq::new(4)).await?);
    let cursors = |member: Option<Member>| member.map(|it| (it.delivered_seq.get(), it.read_seq.get()));
    assert_eq!(cursors(work.members().find(room.id, ada.id).await?), Some((7, 5)));
    assert!(work.members().advance_read(room.id, ada.id, Seq::new(9)).await?);
    assert_eq!(cursors(work.members().find(room.id, ada.id).await?), Some((9, 9)));
    assert!(!work.members().advance_read(room.id, UserId::new(id()), Seq::new(9)).await?);
    Ok(())
}

pub(crate) async fn members_are_listed_by_user_in_pages(store: Arc<dyn Store>) -> Outcome {
    let (room, users, mut profiles) = given_crowd(&store).await?;
    let gone = Member { left_at: Some(at(1)), ..profiles.remove(2).member };
    given_members(&store, &[gone]).await?;
    let mut read = store.read().await?;
    assert_eq!(read.members().list(room.id, None, 10).await?, profiles);
    assert_eq!(read.members().list(room.id, None, 2).await?, profiles[..2]);
    assert_eq!(read.members().list(room.id, Some(users[0].id), 1).await?, profiles[1..2]);
    Ok(())
}

pub(crate) async fn changed_members_come_by_version_with_those_who_left(store: Arc<dyn Store>) -> Outcome {
    let (room, _, mut profiles) = given_crowd(&store).await?;
    let mut first = profiles.remove(0);
    first.member.version = Version::new(20);
    first.member.left_at = Some(at(2));
    given_members(&store, &[first.member.clone()]).await?;
    profiles.push(first);
    let mut read = store.read().await?;
    assert_eq!(read.members().changed_since(room.id, Version::ZERO, 10).await?, profiles);
    assert_eq!(read.members().changed_since(room.id, Version::new(2), 2).await?, profiles[1..3]);
    assert_eq!(read.members().changed_since(room.id, Version::new(20), 2).await?, []);
    Ok(())
}

pub(crate) async fn owners_are_counted_while_they_are_there(store: Arc<dyn Store>) -> Outcome {
    let (_, room) = given_user_and_room(&store).await?;
    let bob = given_user(&store, "bob").await?;
    let mut owner = Member { role: MemberRole::Owner, ..member(&room, &bob) };
    given_members(&store, &[owner.clone()]).await?;
    assert_eq!(store.read().await?.members().count_owners(room.id).await?, 2);
    owner.left_at = Some(at(1));
    given_members(&store, &[owner]).await?;
    assert_eq!(store.read().await?.members().count_owners(room.id).await?, 1);
    assert_eq!(store.read().await?.members().count_owners(RoomId::new(id())).await?, 0);
    Ok(())
}

pub(crate) async fn senders_are_present_in_a_room_that_exists_and_not_disabled(
    store: Arc<dyn Store>,
) -> Outcome {
    let (ada, room) = given_user_and_room(&store).await?;
    let gone = given_room(&store, &ada).await?;
    let (left, disabled) = (given_user(&store, "left").await?, given_user(&store, "disabled").await?);
    let absent = Member { left_at: Some(at(1)), ..member(&room, &left) };
    given_members(&store, &[absent, member(&room, &disabled)]).await?;
    let mut work = store.begin().await?;
    work.rooms().delete(gone.id, at(1)).await?;
    work.users().update(&User { suspension: Some(Suspension::ban(at(1))), ..disabled.clone() }).await?;
    work.commit().await?;
    let pairs = [
        (room.id, ada.id),
        (room.id, left.id),
        (room.id, disabled.id),
        (gone.id, ada.id),
        (room.id, UserId::new(id())),
        (room.id, ada.id),
    ];
    let mut read = store.read().await?;
    let expected = Sender { room_id: room.id, kind: room.kind, user: ada.summary(), epoch: room.epoch() };
    assert_eq!(read.members().senders(&pairs).await?, [expected]);
    assert_eq!(read.members().senders(&[]).await?, []);
    Ok(())
}

pub(crate) async fn a_users_rooms_are_those_they_are_in_now(store: Arc<dyn Store>) -> Outcome {
    let (ada, stays) = given_user_and_room(&store).await?;
    let left = given_room(&store, &ada).await?;
    given_members(&store, &[Member { left_at: Some(at(1)), ..member(&left, &ada) }]).await?;
    let mut read = store.read().await?;
    assert_eq!(read.members().rooms_of(ada.id, 10).await?, [stays.id]);
    assert_eq!(read.members().rooms_of(UserId::new(id()), 10).await?, []);
    Ok(())
}

pub(crate) async fn what_is_not_delivered_yet_is_found_for_many_rooms(store: Arc<dyn Store>) -> Outcome {
    let (ada, busy) = given_user_and_room(&store).await?;
    let bob = given_user(&store, "bob").await?;
    let (quiet, left, foreign) =
        (given_room(&store, &bob).await?, given_room(&store, &bob).await?, given_room(&store, &bob).await?);
    let delivered = Member { delivered_seq: Seq::new(2), ..member(&busy, &bob) };
    let gone = Member { left_at: Some(at(1)), ..member(&left, &ada) };
    given_members(&store, &[member(&quiet, &ada), gone, delivered]).await?;
    for room in [&busy, &left, &foreign] {
        let mut messages = Vec::new();
        for (seq, version) in [(1, 3), (2, 4), (3, 9)] {
            let placed = place(text("hello"), room, &bob, seq);
            let version = Version::new(version);
            messages.push(Message { version, created_version: version, ..placed });
        }
        // An edit does not change when it was posted.
        messages[0].version = Version::new(10);
        given_messages(&store, &messages).await?;
    }
    let mut read = store.read().await?;
    for (version, seq) in [(0, None), (2, None), (3, Some(1)), (4, Some(2)), (8, Some(2)), (99, Some(3))] {
        let rooms = [&busy, &quiet, &left, &foreign];
        let seen: Vec<_> = rooms.iter().map(|room| (room.id, Version::new(version))).collect();
        let found = read.members().undelivered(ada.id, &seen).await?;
        let expected: Vec<_> = seq.map(|seq| (busy.id, Seq::new(seq))).into_iter().collect();
        assert_eq!(found, expected, "at version {version}");
    }
    for (version, found) in [(4, vec![]), (9, vec![(busy.id, Seq::new(3))])] {
        assert_eq!(read.members().undelivered(bob.id, &[(busy.id, Version::new(version))]).await?, found);
    }
    Ok(())
}
