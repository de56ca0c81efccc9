//! A room's events in any order, with repetitions and holes.

use std::collections::HashSet;

use proptest::prelude::*;

use super::*;

#[test]
fn a_repeated_event_is_told_once() {
    let mut channel = RoomChannel::default();
    let (outbox, _) = follow(&mut channel, 1, 0);
    for version in [1, 1, 2, 1, 2] {
        assert_eq!(channel.receive(&event(version)), Progress::Complete);
    }
    assert_eq!(told(&outbox), [1, 2]);
}

#[test]
fn events_behind_a_hole_wait_and_healing_is_asked_for_once() {
    let mut channel = RoomChannel::default();
    let (outbox, _) = follow(&mut channel, 1, 0);
    assert_eq!(channel.receive(&event(3)), Progress::Hole);
    assert_eq!(channel.receive(&event(4)), Progress::Complete);
    assert!(told(&outbox).is_empty());
    channel.receive(&event(1));
    channel.receive(&event(2));
    assert_eq!(told(&outbox), [1, 2, 3, 4]);
    assert_eq!(channel.hole_after(Version::ZERO), None);
}

#[test]
fn a_hole_is_filled_in_the_latest_state_and_what_waited_follows() {
    let mut channel = RoomChannel::default();
    let (outbox, _) = follow(&mut channel, 1, 0);
    channel.receive(&event(6));
    assert_eq!(channel.hole_after(Version::ZERO), Some(Version::ZERO));
    // Versions 1, 2 and 4 were overtaken by later changes of the same things.
    channel.fill(room_id(), page(vec![change(3), change(5)], 5));
    assert_eq!(told(&outbox), [3, 5, 6]);
    assert_eq!(channel.hole_after(Version::ZERO), None);
}

#[test]
fn a_message_that_came_while_the_hole_was_read_is_not_told_as_new_again() {
    let mut channel = RoomChannel::default();
    let (outbox, _) = follow(&mut channel, 1, 0);
    channel.receive(&event(3));
    // The database is read; before it answers, the message arrives after all. It was edited since.
    let mut edited = message();
    channel.receive(&RoomEvent::posted(edited.clone()));
    edited.message.version = Version::new(2);
    channel.fill(room_id(), page(vec![Change::Message(Box::new(edited)), change(3)], 3));
    let (frames, _) = outbox.drained();
    let posted = frames.iter().filter(|frame| frame.text().contains(r#""type":"message","#)).count();
    let updated = frames.iter().filter(|frame| frame.text().contains(r#""type":"message_updated","#)).count();
    assert_eq!((posted, updated), (1, 1));
}

#[test]
fn a_message_that_was_posted_in_a_hole_and_changed_behind_its_first_page_is_told_as_new_once() {
    let mut channel = RoomChannel::default();
    let (follower, _) = follow(&mut channel, 1, 0);
    assert_eq!(channel.hole_after(Version::new(9)), Some(Version::ZERO));
    channel.fill(room_id(), first_page(vec![change(3)], 5));
    assert_eq!(channel.hole_after(Version::new(9)), Some(Version::new(5)));
    channel.fill(room_id(), first_page(vec![edited(7)], 8));
    channel.fill(room_id(), page(vec![edited(9)], 9));
    assert_eq!(channel.hole_after(Version::new(9)), None);
    assert_eq!(kinds(&follower), ["synced", "room_updated", "message", "message_updated"]);
}

#[test]
fn a_message_that_was_posted_in_a_hole_is_new_when_the_bus_tells_first_that_it_changed() {
    let mut channel = RoomChannel::default();
    let (follower, _) = follow(&mut channel, 1, 0);
    // Another one has read from the database that the message is there.
    let (ahead, _) = follow(&mut channel, 2, 2);
    channel.receive(&event(4));
    assert_eq!(channel.hole_after(Version::ZERO), Some(Version::ZERO));
    channel.fill(room_id(), first_page(vec![change(3)], 3));
    assert_eq!(channel.hole_after(Version::ZERO), Some(Version::new(4)), "there is more to read");
    // One comes who has read everything up to here.
    let (late, _) = follow(&mut channel, 3, 4);
    channel.receive(&RoomEvent::from_change(room_id(), edited(5), Version::new(4)));
    // Another one who has read just as much is told what is remembered.
    let (later, _) = follow(&mut channel, 4, 4);
    channel.fill(room_id(), page(vec![edited(6)], 6));
    assert_eq!(channel.hole_after(Version::ZERO), None);
    let told = [&follower, &ahead, &late, &later].map(|outbox| kinds(outbox));
    assert_eq!(
        told.each_ref().map(Vec::as_slice),
        [
            &["synced", "room_updated", "room_updated", "message", "message_updated"][..],
            &["synced", "room_updated", "room_updated", "message_updated", "message_updated"],
            &["synced", "message_updated", "message_updated"],
            &["message_updated", "synced", "message_updated"],
        ]
    );
}

#[test]
fn who_read_the_database_between_two_pages_of_a_hole_is_not_told_as_new_what_they_know() {
    let mut channel = RoomChannel::default();
    let (follower, _) = follow(&mut channel, 1, 0);
    let (ahead, _) = follow(&mut channel, 2, 5);
    channel.fill(room_id(), first_page(vec![change(6)], 6));
    channel.fill(room_id(), page(vec![edited(7)], 7));
    assert_eq!(kinds(&follower), ["synced", "room_updated", "message"]);
    assert_eq!(kinds(&ahead), ["synced", "room_updated", "message_updated"]);
}

#[test]
fn a_message_that_a_follower_read_from_the_database_is_not_told_it_as_new() {
    let mut channel = RoomChannel::default();
    let (behind, _) = follow(&mut channel, 1, 0);
    let (ahead, _) = follow(&mut channel, 2, 1);
    channel.fill(room_id(), page(vec![edited(2)], 2));
    assert_eq!(kinds(&behind), ["synced", "message"]);
    assert_eq!(kinds(&ahead), ["synced", "message_updated"]);
}

proptest! {
    #[test]
    fn any_order_with_repetitions_is_told_in_order_once(
        order in Just((1..=40i64).collect::<Vec<_>>()).prop_shuffle(),
        repeated in proptest::collection::vec(1..=40i64, 0..20),
    ) {
        let mut channel = RoomChannel::default();
        let (outbox, _) = follow(&mut channel, 1, 0);
        for version in order.iter().chain(&repeated) {
            channel.receive(&event(*version));
        }
        prop_assert_eq!(told(&outbox), (1..=40).collect::<Vec<_>>());
    }

    #[test]
    fn lost_events_leave_holes_that_filling_closes(lost in proptest::collection::hash_set(1..=39i64, 1..20)) {
        let mut channel = RoomChannel::default();
        let (outbox, _) = follow(&mut channel, 1, 0);
        let lost: HashSet<i64> = lost;
        for version in (1..=40).filter(|version| !lost.contains(version)) {
            channel.receive(&event(version));
        }
        let last = channel.last().map_or(0, Version::get);
        let missing: Vec<_> = (last + 1..=40).map(change).collect();
        channel.fill(room_id(), page(missing, 40));
        prop_assert_eq!(told(&outbox), (1..=40).collect::<Vec<_>>());
    }
}
