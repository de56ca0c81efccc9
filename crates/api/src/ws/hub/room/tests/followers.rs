//! Who comes, comes back, and leaves.

use super::*;

#[test]
fn who_has_come_back_before_the_hub_hears_that_they_left_is_told_on() {
    let mut channel = RoomChannel::default();
    let (_first, _) = follow(&mut channel, 1, 0);
    // User 2 left with version 1, came back with version 2, and has read that from the database.
    let (back, _) = follow(&mut channel, 2, 2);
    channel.receive(&left(2, 1));
    for version in [2, 3] {
        channel.receive(&event(version));
    }
    assert_eq!(told(&back), [3]);
}

#[test]
fn who_has_left_is_told_nothing_more() {
    let mut channel = RoomChannel::default();
    let (_first, _) = follow(&mut channel, 1, 0);
    let (gone, _) = follow(&mut channel, 2, 0);
    channel.receive(&left(2, 1));
    channel.receive(&event(2));
    assert_eq!(told(&gone), [0; 0]);
}

#[test]
fn who_left_while_they_read_the_database_is_not_told_from_memory_what_came_after() {
    let mut channel = RoomChannel::default();
    let (_first, _) = follow(&mut channel, 1, 0);
    channel.receive(&left(2, 1));
    channel.receive(&event(2));
    let (gone, activation) = follow(&mut channel, 2, 0);
    assert_eq!((activation, told(&gone)), (Activation::Behind, Vec::new()));
    let (back, activation) = follow(&mut channel, 2, 1);
    assert_eq!((activation, told(&back)), (Activation::Live, vec![2]));
}

#[test]
fn a_healer_that_comes_before_the_first_follower_leaves_the_room_to_the_next_one() {
    let mut channel = RoomChannel::default();
    channel.expect(Uuid::from_u128(1), UserId::new(Uuid::from_u128(1)), &Arc::default());
    channel.receive(&event(4));
    assert_eq!(channel.hole_after(Version::new(9)), None);
    let (outbox, _) = follow(&mut channel, 1, 3);
    assert_eq!(told(&outbox), [4]);
    assert_eq!(channel.receive(&event(6)), Progress::Hole);
}

#[test]
fn who_comes_back_soon_is_told_from_memory_and_who_comes_late_reads_the_database() {
    let mut channel = RoomChannel::default();
    let (_first, _) = follow(&mut channel, 1, 0);
    (1..=400).for_each(|version| {
        channel.receive(&event(version));
    });
    let (soon, activation) = follow(&mut channel, 2, 390);
    assert_eq!(activation, Activation::Live);
    assert_eq!(told(&soon), (391..=400).collect::<Vec<_>>());
    let (_late, activation) = follow(&mut channel, 3, 10);
    assert_eq!(activation, Activation::Behind);
}

#[test]
fn who_is_ahead_of_the_hub_is_not_told_twice() {
    let mut channel = RoomChannel::default();
    let (_first, _) = follow(&mut channel, 1, 0);
    channel.receive(&event(1));
    let (ahead, activation) = follow(&mut channel, 2, 3);
    assert_eq!(activation, Activation::Live);
    (2..=4).for_each(|version| {
        channel.receive(&event(version));
    });
    assert_eq!(told(&ahead), [4]);
}

#[test]
fn events_that_come_while_the_first_follower_reads_are_kept_for_it() {
    let mut channel = RoomChannel::default();
    channel.expect(Uuid::from_u128(1), UserId::new(Uuid::from_u128(1)), &Arc::default());
    (4..=6).for_each(|version| {
        channel.receive(&event(version));
    });
    let (outbox, _) = follow(&mut channel, 1, 5);
    assert_eq!(told(&outbox), [6]);
}

/// Follows on a connection that is about this room alone.
fn follow_only(channel: &mut RoomChannel, user: u128) -> Arc<Outbox> {
    let outbox = Arc::new(Outbox::default());
    let (user_id, after) = (UserId::new(Uuid::from_u128(user)), Version::ZERO);
    let subscriber = Subscriber { user_id, outbox: Arc::clone(&outbox), after, is_own_room: true };
    channel.activate(room_id(), Uuid::from_u128(100 + user), subscriber, after);
    outbox
}

/// The type of the last frame, and with what the connection is to be closed after it.
fn end(outbox: &Outbox) -> (Option<String>, Option<Close>) {
    let (frames, close) = outbox.drained();
    let last = frames.back().and_then(|frame| serde_json::from_str::<serde_json::Value>(frame.text()).ok());
    (last.and_then(|frame| frame["type"].as_str().map(str::to_owned)), close)
}

#[test]
fn a_connection_about_one_room_ends_with_the_room() {
    let mut channel = RoomChannel::default();
    let (general, only) = (follow(&mut channel, 1, 0).0, follow_only(&mut channel, 2));
    channel.close(room_id(), Some(room(9)));
    assert_eq!(end(&general), (Some("room_deleted".to_owned()), None));
    assert_eq!(end(&only), (Some("room_deleted".to_owned()), Some(Close::NoSuchRoom)));
}

#[test]
fn who_was_removed_while_too_much_happened_follows_no_longer() {
    let mut channel = RoomChannel::default();
    let (general, only, other) =
        (follow(&mut channel, 1, 0).0, follow_only(&mut channel, 1), follow(&mut channel, 2, 0).0);
    assert_eq!(channel.followers().len(), 2);
    channel.dismiss(room_id(), UserId::new(Uuid::from_u128(1)));
    channel.receive(&event(1));
    assert_eq!(end(&general), (Some("unsubscribed".to_owned()), None));
    assert_eq!(end(&only), (Some("unsubscribed".to_owned()), Some(Close::Forbidden)));
    assert_eq!(told(&other), [1]);
}

#[test]
fn what_happens_while_it_is_found_out_who_may_follow_is_kept_and_told_to_nobody_else() {
    let mut channel = RoomChannel::default();
    channel.hold(Uuid::from_u128(2));
    channel.receive(&event(1));
    assert!(!channel.is_empty());
    assert_eq!(channel.audience().count(), 0);
    let user_id = UserId::new(Uuid::from_u128(2));
    assert!(channel.expect(Uuid::from_u128(2), user_id, &Arc::default()));
    channel.release(Uuid::from_u128(2));
    let (outbox, _) = follow(&mut channel, 2, 0);
    assert_eq!(told(&outbox), [1]);
}

#[test]
fn who_was_refused_leaves_nothing_behind() {
    let mut channel = RoomChannel::default();
    channel.hold(Uuid::from_u128(2));
    channel.release(Uuid::from_u128(2));
    assert!(channel.is_empty());
}

#[test]
fn a_room_that_is_deleted_is_not_held_for_anybody() {
    let mut channel = RoomChannel::default();
    let (_first, _) = follow(&mut channel, 1, 0);
    channel.hold(Uuid::from_u128(2));
    channel.close(room_id(), Some(room(1)));
    assert!(channel.is_empty());
    let user_id = UserId::new(Uuid::from_u128(2));
    assert!(!channel.expect(Uuid::from_u128(2), user_id, &Arc::default()));
}

#[test]
fn who_is_removed_while_they_read_the_database_ends_with_the_event() {
    let mut channel = RoomChannel::default();
    channel.hold(Uuid::from_u128(2));
    // Nobody follows the room yet: what comes now waits for its first follower.
    channel.receive(&left(2, 1));
    channel.release(Uuid::from_u128(2));
    let (outbox, _) = follow(&mut channel, 2, 0);
    assert_eq!(kinds(&outbox), ["synced", "member_left"]);
    assert!(channel.is_empty());
}
