//! Who read a message, who is told, and who shows it.

use std::time::Duration;

use plaza_application::{
    Actor, Error, MAX_NAMED_READERS, Position, PreferenceUpdate, Receipts, Result,
    events::{Event, Signal, UserEvent},
};
use plaza_domain::{Clock, MessageId, ReceiptCounts, RoomId, Seq, SystemRole, Timestamp};

use crate::world::{World, heard};

/// A room in which ada has said something that grace has not read.
async fn talk(world: &World) -> Result<(Actor, Actor, RoomId, MessageId)> {
    let (ada, grace) = world.people().await?;
    let room_id = world.shared_room(&ada, &grace).await?.id;
    let message = world.say(&ada, room_id, "read this").await?.view.message;
    Ok((ada, grace, room_id, message.id))
}

async fn read_all(world: &World, actor: &Actor, room_id: RoomId) -> Result<Seq> {
    let last_seq = world.services.rooms.get(actor, room_id).await?.room.last_seq;
    world.services.reads.mark(actor, room_id, Position::Seq(last_seq)).await?;
    Ok(last_seq)
}

async fn hide(world: &World, actor: &Actor, hidden: bool) -> Result<()> {
    let update = PreferenceUpdate { shows_receipts: Some(!hidden) };
    world.services.users.prefer(actor, update).await.map(drop)
}

/// Who read the message when, by name.
fn readers(receipts: &Receipts) -> Vec<(&str, Option<Timestamp>)> {
    let read = receipts.named.iter().flatten().filter(|receipt| receipt.is_read);
    read.map(|receipt| (receipt.user.username.as_str(), receipt.read_at)).collect()
}

/// Fills a room with others until so many are in it.
async fn fill(world: &World, room_id: RoomId, present: u64, until: u64) -> Result<()> {
    for number in present..until {
        let other = world.user(&format!("member{number}")).await?;
        world.services.memberships.join(&other, room_id).await?;
    }
    Ok(())
}

#[tokio::test]
async fn the_room_learns_who_read_a_message_and_when() -> Result<()> {
    let world = World::new();
    let (ada, grace, room_id, message) = talk(&world).await?;
    let before = world.services.receipts.of(&ada, message).await?;
    assert_eq!(before.counts, ReceiptCounts { room: 2, members: 1, delivered: 0, read: 0 });
    assert!(readers(&before).is_empty());
    let read_at = world.clock.now();
    read_all(&world, &grace, room_id).await?;
    world.clock.advance(Duration::from_secs(60));
    world.say(&ada, room_id, "and this").await?;
    read_all(&world, &grace, room_id).await?;
    for asking in [&ada, &grace] {
        let receipts = world.services.receipts.of(asking, message).await?;
        assert_eq!(readers(&receipts), [("grace", Some(read_at))]);
        assert_eq!(receipts.counts.read, 1);
    }
    Ok(())
}

#[tokio::test]
async fn receipts_are_for_members_and_others_learn_not_even_that_there_is_a_message() -> Result<()> {
    let world = World::new();
    let (ada, grace, room_id, message) = talk(&world).await?;
    let stranger = world.user("stranger").await?;
    world.services.memberships.leave(&grace, room_id).await?;
    for outsider in [&stranger, &grace] {
        let refused = world.services.receipts.of(outsider, message).await;
        assert!(matches!(refused, Err(Error::NotFound("message"))), "{refused:?}");
    }
    world.services.rooms.delete(&ada, room_id).await?;
    let refused = world.services.receipts.of(&ada, message).await;
    assert!(matches!(refused, Err(Error::NotFound("message"))));
    Ok(())
}

#[tokio::test]
async fn who_shows_no_receipts_is_told_of_to_nobody_and_still_reads() -> Result<()> {
    let world = World::new();
    let (ada, grace, room_id, message) = talk(&world).await?;
    let first = read_all(&world, &grace, room_id).await?;
    hide(&world, &grace, true).await?;
    let second = world.say(&ada, room_id, "and this").await?.view.message;
    let mut events = world.ports.bus.subscribe();
    read_all(&world, &grace, room_id).await?;

    let told =
        UserEvent::RoomRead { user_id: grace.id(), room_id, seq: second.seq, read_at: world.clock.now() };
    assert_eq!(heard(&mut events), [Event::User(told)]);
    for id in [message, second.id] {
        let receipts = world.services.receipts.of(&ada, id).await?;
        assert_eq!(receipts.named, Some(Vec::new()));
        assert_eq!(receipts.counts, ReceiptCounts { room: 2, members: 1, delivered: 0, read: 0 });
    }
    let followed = world.services.changes.subscribe(&ada, room_id, None).await?;
    let shown: Vec<_> = followed.members.into_iter().flatten().map(|member| member.user_id).collect();
    assert_eq!(shown, [ada.id()]);
    let own = world.services.changes.subscribe(&grace, room_id, None).await?;
    assert_eq!(own.member.read_seq, second.seq);
    assert!(first < second.seq);

    // What was read meanwhile is shown then, and that nobody knows when.
    hide(&world, &grace, false).await?;
    assert_eq!(readers(&world.services.receipts.of(&ada, second.id).await?), [("grace", None)]);
    assert_eq!(
        readers(&world.services.receipts.of(&ada, message).await?),
        [("grace", Some(world.clock.now()))]
    );
    Ok(())
}

#[tokio::test]
async fn a_large_room_counts_its_readers_and_names_none() -> Result<()> {
    let world = World::new();
    let (ada, grace, room_id, _) = talk(&world).await?;
    fill(&world, room_id, 2, MAX_NAMED_READERS).await?;
    let small = world.say(&ada, room_id, "few").await?.view.message;
    let mut events = world.ports.bus.subscribe();
    let seq = read_all(&world, &grace, room_id).await?;
    let read_at = world.clock.now();
    let (user_id, told) = (grace.id(), heard(&mut events));
    assert_eq!(told, [Event::Signal(Signal::Read { room_id, user_id, seq, read_at })]);
    let receipts = world.services.receipts.of(&ada, small.id).await?;
    assert_eq!(receipts.named.map(|named| named.len() as u64), Some(MAX_NAMED_READERS - 1));

    fill(&world, room_id, MAX_NAMED_READERS, MAX_NAMED_READERS + 1).await?;
    let large = world.say(&ada, room_id, "many").await?.view.message;
    let mut events = world.ports.bus.subscribe();
    let seq = read_all(&world, &grace, room_id).await?;
    let told = heard(&mut events);
    assert_eq!(told, [Event::User(UserEvent::RoomRead { user_id, room_id, seq, read_at })]);
    let receipts = world.services.receipts.of(&ada, large.id).await?;
    assert_eq!(receipts.named, None);
    assert_eq!((receipts.counts.members, receipts.counts.read), (200, 1));
    Ok(())
}

#[tokio::test]
async fn when_a_message_was_read_is_remembered_for_a_thousand_messages() -> Result<()> {
    let world = World::new();
    let (ada, grace, room_id, message) = talk(&world).await?;
    let read_at = world.clock.now();
    let first = read_all(&world, &grace, room_id).await?;
    let mut work = world.ports.store.begin().await?;
    work.rooms().advance(room_id, 2_000, 2_000).await?;
    work.commit().await?;
    let reads = &world.services.reads;
    for (ahead, expected) in [(999, Some(read_at)), (1_000, None)] {
        world.clock.advance(Duration::from_secs(60));
        reads.mark(&grace, room_id, Position::Seq(Seq::new(first.get() + ahead))).await?;
        let receipts = world.services.receipts.of(&ada, message).await?;
        assert_eq!(readers(&receipts), [("grace", expected)], "{ahead} messages later");
    }
    Ok(())
}

#[tokio::test]
async fn a_preference_that_is_left_out_stays() -> Result<()> {
    let world = World::new();
    let guest = world.user_as("guest", SystemRole::Guest).await?;
    let users = &world.services.users;
    assert!(users.preferences(&guest).await?.shows_receipts);
    hide(&world, &guest, true).await?;
    assert!(!users.prefer(&guest, PreferenceUpdate::default()).await?.shows_receipts);
    assert!(!users.preferences(&guest).await?.shows_receipts);
    Ok(())
}
