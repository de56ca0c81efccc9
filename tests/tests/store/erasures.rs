//! What an account leaves behind when it is erased.

use std::sync::Arc;

use plaza_domain::{Blob, FriendshipState};
use plaza_domain::{
    Block, Device, DueErasure, File, Friendship, Member, MemberRole, ReadMark, Room, RoomKind, Seq, Session,
    SessionId, Sha256, Store, Suspension, SystemRole, User, UserPair, Username, UsernameChange,
    UsernameChangeId,
};

use super::{
    Outcome,
    builders::{at, file, given_members, given_room, given_user, id, member, room, task},
};

async fn given_changed(store: &Arc<dyn Store>, user: &User) -> Outcome {
    let mut work = store.begin().await?;
    work.users().update(user).await?;
    Ok(work.commit().await?)
}

pub(crate) async fn accounts_are_due_when_their_time_has_come(store: Arc<dyn Store>) -> Outcome {
    let (ada, bob) = (given_user(&store, "ada").await?, given_user(&store, "bob").await?);
    given_user(&store, "eve").await?;
    given_changed(&store, &User { erase_at: Some(at(20)), ..ada.clone() }).await?;
    given_changed(&store, &User { erase_at: Some(at(10)), erased_at: Some(at(11)), ..bob.clone() }).await?;
    let zoe = given_user(&store, "zoe").await?;
    given_changed(&store, &User { erase_at: Some(at(10)), ..zoe.clone() }).await?;
    let mut read = store.read().await?;
    let place = |user: &User, time| DueErasure { erase_at: at(time), user_id: user.id };
    let (first, second, third) = (place(&bob, 10), place(&zoe, 10), place(&ada, 20));
    assert_eq!(read.erasures().due(at(9), None, 50).await?, []);
    assert_eq!(read.erasures().due(at(10), None, 50).await?, [first, second]);
    assert_eq!(read.erasures().due(at(20), None, 50).await?, [first, second, third]);
    assert_eq!(read.erasures().due(at(20), None, 1).await?, [first]);
    assert_eq!(read.erasures().due(at(20), Some(first), 1).await?, [second]);
    assert_eq!(read.erasures().due(at(20), Some(second), 50).await?, [third]);
    assert_eq!(read.erasures().due(at(20), Some(third), 50).await?, []);
    Ok(())
}

pub(crate) async fn admins_are_those_who_may_act_and_stay(store: Arc<dyn Store>) -> Outcome {
    let mut admins = Vec::new();
    for name in ["ada", "bob", "eve", "zoe"] {
        let admin = User { role: SystemRole::Admin, ..given_user(&store, name).await? };
        given_changed(&store, &admin).await?;
        admins.push(admin);
    }
    given_user(&store, "guest").await?;
    given_changed(&store, &User { suspension: Some(Suspension::ban(at(1))), ..admins[1].clone() }).await?;
    given_changed(&store, &User { erase_at: Some(at(1)), ..admins[2].clone() }).await?;
    let mut work = store.begin().await?;
    assert_eq!(work.erasures().lock_admins(admins[1].id).await?, [admins[0].id, admins[3].id]);
    Ok(())
}

pub(crate) async fn rooms_to_leave_are_those_one_is_in_but_direct_ones(store: Arc<dyn Store>) -> Outcome {
    let (ada, bob) = (given_user(&store, "ada").await?, given_user(&store, "bob").await?);
    let here = given_room(&store, &ada).await?;
    let elsewhere = given_room(&store, &bob).await?;
    let left = given_room(&store, &bob).await?;
    let gone = given_room(&store, &ada).await?;
    let direct = Room { kind: RoomKind::Direct, ..room(&ada) };
    let mut work = store.begin().await?;
    work.rooms().insert(&direct).await?;
    work.members().save(&member(&direct, &ada)).await?;
    work.members().save(&Member { left_at: Some(at(1)), ..member(&left, &ada) }).await?;
    work.rooms().delete(gone.id, at(1)).await?;
    work.commit().await?;
    let mut read = store.read().await?;
    assert_eq!(read.erasures().rooms(ada.id, None, 50).await?, [here.id]);
    assert_eq!(read.erasures().rooms(bob.id, None, 50).await?, [elsewhere.id, left.id]);
    assert_eq!(read.erasures().rooms(bob.id, None, 1).await?, [elsewhere.id]);
    assert_eq!(read.erasures().rooms(bob.id, Some(elsewhere.id), 50).await?, [left.id]);
    assert_eq!(read.erasures().rooms(bob.id, Some(left.id), 50).await?, []);
    Ok(())
}

pub(crate) async fn a_room_goes_to_who_has_the_highest_role_and_was_there_first(
    store: Arc<dyn Store>,
) -> Outcome {
    let ada = given_user(&store, "ada").await?;
    let lobby = given_room(&store, &ada).await?;
    assert_eq!(store.read().await?.erasures().heir(lobby.id, ada.id).await?, None);
    let mut expected = Vec::new();
    // In this order, though those who come first joined last.
    for (name, role, joined) in [
        ("gone", MemberRole::Owner, 0),
        ("late", MemberRole::Member, 9),
        ("early", MemberRole::Member, 8),
        ("admin", MemberRole::Admin, 10),
    ] {
        let user = given_user(&store, name).await?;
        let left_at = (name == "gone").then(|| at(1));
        let joined = Member { role, joined_at: at(joined), left_at, ..member(&lobby, &user) };
        given_members(&store, &[joined]).await?;
        if name != "gone" {
            expected.push(user.id);
        }
        let first = if name == "early" { Some(user.id) } else { None };
        let heir = store.read().await?.erasures().heir(lobby.id, ada.id).await?;
        assert_eq!(heir, first.or_else(|| expected.last().copied()), "after {name}");
    }
    Ok(())
}

pub(crate) async fn a_room_goes_to_who_can_use_their_account_before_others(store: Arc<dyn Store>) -> Outcome {
    let ada = given_user(&store, "ada").await?;
    let lobby = given_room(&store, &ada).await?;
    let mut expected = None;
    // Each comes before those who were there already, though all of those have a higher role.
    for (name, role, change) in [
        ("banned", MemberRole::Owner, Some((Some(Suspension::ban(at(1))), None))),
        ("leaving", MemberRole::Admin, Some((None, Some(at(9))))),
        ("active", MemberRole::Member, None),
    ] {
        let user = given_user(&store, name).await?;
        if let Some((suspension, erase_at)) = change {
            given_changed(&store, &User { suspension, erase_at, ..user.clone() }).await?;
        }
        given_members(&store, &[Member { role, ..member(&lobby, &user) }]).await?;
        // Of those who cannot, the highest role.
        expected = if name == "leaving" { expected } else { Some(user.id) };
        let heir = store.read().await?.erasures().heir(lobby.id, ada.id).await?;
        assert_eq!(heir, expected, "after {name}");
    }
    Ok(())
}

pub(crate) async fn the_files_of_a_user_are_found_in_pages(store: Arc<dyn Store>) -> Outcome {
    let (ada, bob) = (given_user(&store, "ada").await?, given_user(&store, "bob").await?);
    let content = Sha256([7; 32]);
    let mut files: Vec<File> = Vec::new();
    let mut work = store.begin().await?;
    for owner in [&ada, &bob, &ada, &ada] {
        let work_order = task("media");
        work.tasks().insert(&work_order).await?;
        let blob = Blob { sha256: content, storage_key: "a".to_owned(), size: 1, created_at: at(0) };
        work.blobs().acquire(&blob).await?;
        let stored = file(owner, content, &work_order);
        work.files().insert(&stored).await?;
        files.push(stored);
    }
    work.files().delete(files[2].id, at(1)).await?;
    work.commit().await?;
    let mut read = store.read().await?;
    assert_eq!(read.erasures().files(ada.id, None, 50).await?, [files[0].id, files[3].id]);
    assert_eq!(read.erasures().files(ada.id, None, 1).await?, [files[0].id]);
    assert_eq!(read.erasures().files(ada.id, Some(files[0].id), 50).await?, [files[3].id]);
    Ok(())
}

pub(crate) async fn what_is_a_users_alone_is_forgotten_and_what_is_others_stays(
    store: Arc<dyn Store>,
) -> Outcome {
    let (ada, bob, eve) = (
        given_user(&store, "ada").await?,
        given_user(&store, "bob").await?,
        given_user(&store, "eve").await?,
    );
    let lobby = given_room(&store, &ada).await?;
    let pair = |one: &User, other: &User| UserPair::new(one.id, other.id).ok_or("two users");
    let mut work = store.begin().await?;
    work.members().save(&member(&lobby, &bob)).await?;
    for user in [&ada, &bob] {
        for _ in 0..3 {
            let session = Session {
                id: SessionId::new(id()),
                user_id: user.id,
                created_at: at(0),
                refreshed_at: at(0),
                last_used_at: at(0),
                expires_at: at(9),
                device: Device::default(),
                revoked_at: None,
            };
            work.sessions().insert(&session).await?;
        }
        let (from, through) = (Seq::ZERO, Seq::new(1));
        let mark =
            ReadMark { room_id: lobby.id, user_id: user.id, after_seq: from, seq: through, read_at: at(1) };
        work.receipts().insert_mark(&mark).await?;
        let change = UsernameChange {
            id: UsernameChangeId::new(id()),
            user_id: user.id,
            old_username: Username::from_stored(format!("old-{}", user.username)),
            new_username: user.username.clone(),
            changed_at: at(1),
        };
        work.username_changes().insert(&change).await?;
    }
    for (one, other) in [(&ada, &bob), (&eve, &ada), (&bob, &eve)] {
        work.blocks().insert(&Block { blocker_id: one.id, blocked_id: other.id, created_at: at(1) }).await?;
        let mut friendship: Friendship = work.friendships().claim(pair(one, other)?).await?;
        friendship.state = FriendshipState::Friends { since: at(1) };
        work.friendships().update(&friendship).await?;
    }
    work.commit().await?;

    let mut work = store.begin().await?;
    let mut forgotten = Vec::new();
    while forgotten.last() != Some(&0) && forgotten.len() < 10 {
        forgotten.push(work.erasures().forget(ada.id, 2).await?);
    }
    work.commit().await?;
    assert_eq!(forgotten.iter().sum::<u64>(), 3 + 1 + 1 + 2 + 2, "{forgotten:?}");
    assert!(forgotten.len() > 2, "no more than 2 of each at a time: {forgotten:?}");

    let mut read = store.read().await?;
    assert_eq!(read.sessions().list(ada.id, at(0), None, 50).await?.len(), 0);
    assert_eq!(read.sessions().list(bob.id, at(0), None, 50).await?.len(), 3);
    assert_eq!(read.username_changes().list(ada.id, None, 50).await?.len(), 0);
    assert_eq!(read.username_changes().list(bob.id, None, 50).await?.len(), 1);
    assert_eq!(read.friendships().count(ada.id, 9).await?, 0);
    assert_eq!(read.friendships().count(eve.id, 9).await?, 1);
    assert!(!read.blocks().exists_between(pair(&ada, &bob)?).await?);
    assert!(!read.blocks().exists_between(pair(&ada, &eve)?).await?);
    assert!(read.blocks().exists_between(pair(&bob, &eve)?).await?);
    assert_eq!(read.users().preferences(ada.id).await?.map(|it| it.shows_receipts), Some(false));
    assert_eq!(read.users().preferences(bob.id).await?.map(|it| it.shows_receipts), Some(true));
    drop(read);
    let mut work = store.begin().await?;
    let old = Username::from_stored("old-ada".to_owned());
    assert!(work.username_changes().claim(&old, eve.id, at(0)).await?, "the handle is free again");
    Ok(())
}
