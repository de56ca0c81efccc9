//! A room's events in any order, with repetitions and holes.

use std::collections::HashSet;

use plaza_domain::{
    Change, DisplayName, Emoji, Member, MemberProfile, MemberRole, MessageDraft, MessageId, Reaction, Room,
    RoomDescription, RoomKind, RoomName, SentMessage, SystemEvent, Timestamp, UserSummary, Username,
    message::Placement,
};
use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::ws::outbox::Frame;

fn room_id() -> RoomId {
    RoomId::new(Uuid::from_u128(1))
}

fn event(version: i64) -> RoomEvent {
    RoomEvent::from_change(room_id(), change(version), Version::ZERO)
}

/// A change of the room's name.
fn change(version: i64) -> Change {
    Change::Room(Box::new(room(version)))
}

fn room(version: i64) -> Room {
    let at = Timestamp::default();
    let version = Version::new(version);
    Room {
        id: room_id(),
        kind: RoomKind::Room,
        name: RoomName::from_stored("hall".to_owned()),
        description: RoomDescription::from_stored(String::new()),
        is_private: false,
        created_by: UserId::new(Uuid::from_u128(2)),
        last_seq: Seq::ZERO,
        version,
        details_version: version,
        created_at: at,
        updated_at: at,
        deleted_at: None,
    }
}

/// A message of version 1.
fn message() -> SentMessage {
    let sender_id = UserId::new(Uuid::from_u128(2));
    let sender = UserSummary {
        id: sender_id,
        username: Username::from_stored("ada".to_owned()),
        display_name: DisplayName::from_stored("Ada".to_owned()),
    };
    let message = MessageDraft::system(SystemEvent::MemberJoined, "ada joined").place(Placement {
        id: MessageId::new(Uuid::from_u128(3)),
        room_id: room_id(),
        seq: Seq::ZERO.next(),
        version: Version::new(1),
        sender_id,
        created_at: Timestamp::default(),
    });
    SentMessage::new(message, sender)
}

/// The same message, changed by a later version.
fn edited(version: i64) -> Change {
    let mut sent = message();
    sent.message.version = Version::new(version);
    Change::Message(Box::new(sent))
}

/// The last page of what changed up to a version.
fn page(changes: Vec<Change>, version: i64) -> ChangePage {
    ChangePage { changes, version: Version::new(version), last_seq: Seq::ZERO, has_more: false, reset: false }
}

/// A page that is not the last one.
fn first_page(changes: Vec<Change>, version: i64) -> ChangePage {
    ChangePage { has_more: true, ..page(changes, version) }
}

/// A user left.
fn left(user: u128, version: i64) -> RoomEvent {
    let at = Timestamp::default();
    let sender = message().sender;
    let user = UserSummary { id: UserId::new(Uuid::from_u128(user)), ..sender };
    let member = Member {
        room_id: room_id(),
        user_id: user.id,
        role: MemberRole::Member,
        joined_at: at,
        left_at: Some(at),
        version: Version::new(version),
        joined_version: Version::ZERO,
        delivered_seq: Seq::ZERO,
        read_seq: Seq::ZERO,
    };
    let profile = MemberProfile { member, user, shows_receipts: true };
    RoomEvent::from_change(room_id(), Change::Member(Box::new(profile)), Version::ZERO)
}

fn follow(channel: &mut RoomChannel, connection: u128, since: i64) -> (Arc<Outbox>, Activation) {
    let outbox = Arc::new(Outbox::default());
    let (user_id, since) = (UserId::new(Uuid::from_u128(connection)), Version::new(since));
    let subscriber = Subscriber { user_id, outbox: Arc::clone(&outbox), after: since, is_own_room: false };
    let (activation, _) = channel.activate(room_id(), Uuid::from_u128(connection), subscriber, since);
    (outbox, activation)
}

/// The versions of the events in an outbox; `synced` frames are left out.
fn told(outbox: &Outbox) -> Vec<i64> {
    let (frames, _) = outbox.take();
    let parsed =
        frames.iter().filter_map(|frame| serde_json::from_str::<serde_json::Value>(&frame.text).ok());
    parsed
        .filter(|frame| frame["type"] == "room_updated")
        .filter_map(|frame| frame["version"].as_i64())
        .collect()
}

/// The types of the frames in an outbox.
fn kinds(outbox: &Outbox) -> Vec<String> {
    let (frames, _) = outbox.take();
    let parsed =
        frames.iter().filter_map(|frame| serde_json::from_str::<serde_json::Value>(&frame.text).ok());
    parsed.filter_map(|frame| frame["type"].as_str().map(str::to_owned)).collect()
}

/// A change of the message, with reactions: 👍 by the users 1 and 2, 🎉 by user 1.
fn reacted(version: i64) -> RoomEvent {
    let mut sent = message();
    let by = |emoji: &str, users: &[u128]| Reaction {
        emoji: Emoji::from_stored(emoji.to_owned()),
        user_ids: users.iter().map(|user| UserId::new(Uuid::from_u128(*user))).collect(),
    };
    sent.message.version = Version::new(version);
    sent.reactions = vec![by("👍", &[1, 2]), by("🎉", &[1])];
    let body = RoomEventBody::MessageUpdated(Box::new(sent));
    RoomEvent { room_id: room_id(), version: Version::new(version), body }
}

/// The frames about messages in an outbox.
fn updates(outbox: &Outbox) -> Vec<Frame> {
    let (frames, _) = outbox.take();
    frames.into_iter().filter(|frame| frame.text.contains("message_updated")).collect()
}

/// Which reactions a frame says are its reader's own.
fn own(frame: &Frame) -> Vec<(String, bool)> {
    let parsed: serde_json::Value = serde_json::from_str(&frame.text).unwrap_or_default();
    let reactions = parsed["message"]["reactions"].as_array().cloned().unwrap_or_default();
    let own = |reaction: &serde_json::Value| {
        let emoji = reaction["emoji"].as_str().unwrap_or_default().to_owned();
        (emoji, reaction["me"] == true)
    };
    reactions.iter().map(own).collect()
}

fn marked(thumb: bool, party: bool) -> Vec<Vec<(String, bool)>> {
    vec![vec![("👍".to_owned(), thumb), ("🎉".to_owned(), party)]]
}

#[test]
fn who_reacted_is_told_so_and_all_others_share_one_frame() {
    let mut channel = RoomChannel::default();
    let followers: Vec<_> = (1..=4).map(|user| follow(&mut channel, user, 0).0).collect();
    channel.receive(&reacted(1));
    let told: Vec<_> = followers.iter().map(|outbox| updates(outbox)).collect();
    let marks: Vec<Vec<_>> = told.iter().map(|frames| frames.iter().map(own).collect()).collect();
    assert_eq!(marks, [marked(true, true), marked(true, false), marked(false, false), marked(false, false)]);
    let texts: Vec<_> = told.iter().flatten().map(|frame| frame.text.as_str().as_ptr()).collect();
    assert_eq!(texts[2], texts[3], "one frame for all who did not react");
    assert_ne!(texts[1], texts[2]);
}

#[test]
fn who_comes_back_soon_sees_own_reactions_too() {
    let mut channel = RoomChannel::default();
    let (_first, _) = follow(&mut channel, 3, 0);
    channel.receive(&reacted(1));
    for (user, expected) in [(2, marked(true, false)), (4, marked(false, false))] {
        let (outbox, _) = follow(&mut channel, user, 0);
        assert_eq!(updates(&outbox).iter().map(own).collect::<Vec<_>>(), expected);
    }
}

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
    let (frames, _) = outbox.take();
    let posted = frames.iter().filter(|frame| frame.text.contains(r#""type":"message","#)).count();
    let updated = frames.iter().filter(|frame| frame.text.contains(r#""type":"message_updated","#)).count();
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
    let (frames, close) = outbox.take();
    let last = frames.back().and_then(|frame| serde_json::from_str::<serde_json::Value>(&frame.text).ok());
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
