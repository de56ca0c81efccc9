//! Cursors of members.

use futures::future::join_all;
use plaza_application::{
    Actor, Error, Position, Result,
    events::{Event, Signal},
};
use plaza_domain::{RoomId, Seq};

use crate::world::{World, heard};

async fn cursors(world: &World, actor: &Actor, room_id: RoomId) -> Result<(i64, i64)> {
    let mut read = world.ports.store.read().await?;
    let member = read.members().find(room_id, actor.id()).await?;
    let member = member.ok_or(Error::NotFound("member"))?;
    Ok((member.delivered_seq.get(), member.read_seq.get()))
}

/// A room in which ada has written five messages that grace has not read.
async fn talk(world: &World) -> Result<(Actor, Actor, RoomId)> {
    let (ada, grace) = world.people().await?;
    let room_id = world.shared_room(&ada, &grace).await?.id;
    for number in 0..5 {
        world.say(&ada, room_id, &number.to_string()).await?;
    }
    Ok((ada, grace, room_id))
}

#[tokio::test]
async fn a_cursor_moves_forward_and_never_back() -> Result<()> {
    let world = World::new();
    let (_, grace, room_id) = talk(&world).await?;
    let mut events = world.ports.bus.subscribe();
    let reads = &world.services.reads;
    for (marked, stands_at) in [(3, 3), (2, 3), (0, 3), (3, 3), (4, 4)] {
        let position = Position::Seq(Seq::new(marked));
        reads.mark(&grace, room_id, position).await?;
        assert_eq!(cursors(&world, &grace, room_id).await?, (stands_at, stands_at), "marked {marked}");
    }
    let told = heard(&mut events).into_iter().map(|event| match event {
        Event::Signal(Signal::Read { seq, user_id, .. }) if user_id == grace.id() => seq.get(),
        _ => -1,
    });
    assert_eq!(told.collect::<Vec<_>>(), [3, 4]);
    Ok(())
}

#[tokio::test]
async fn a_message_marks_its_place() -> Result<()> {
    let world = World::new();
    let (ada, grace, room_id) = talk(&world).await?;
    let message = world.say(&ada, room_id, "read this").await?.view.message;
    world.services.reads.mark(&grace, room_id, Position::Message(message.id)).await?;
    assert_eq!(cursors(&world, &grace, room_id).await?.1, message.seq.get());

    let elsewhere = world.shared_room(&ada, &grace).await?.id;
    let other = world.say(&ada, elsewhere, "over here").await?.view.message.id;
    let refused = world.services.reads.mark(&grace, room_id, Position::Message(other)).await;
    assert!(matches!(refused, Err(Error::NotFound("message"))));
    Ok(())
}

#[tokio::test]
async fn nobody_reads_ahead_of_what_was_written() -> Result<()> {
    let world = World::new();
    let (ada, grace, room_id) = talk(&world).await?;
    let last_seq = world.services.rooms.get(&ada, room_id).await?.room.last_seq;
    let reads = &world.services.reads;
    let ahead = reads.mark(&grace, room_id, Position::Seq(last_seq.next())).await;
    assert!(matches!(ahead, Err(Error::Invalid(_))));
    reads.mark(&grace, room_id, Position::Seq(last_seq)).await
}

#[tokio::test]
async fn only_members_mark_and_write() -> Result<()> {
    let world = World::new();
    let (_, _, room_id) = talk(&world).await?;
    let stranger = world.user("stranger").await?;
    let mut events = world.ports.bus.subscribe();
    let reads = &world.services.reads;
    let position = Position::Seq(Seq::new(1));
    assert!(matches!(reads.mark(&stranger, room_id, position).await, Err(Error::Forbidden(_))));
    assert!(matches!(reads.typing(&stranger, room_id, true).await, Err(Error::Forbidden(_))));
    assert_eq!(heard(&mut events), []);
    Ok(())
}

#[tokio::test]
async fn what_was_delivered_is_not_read_yet() -> Result<()> {
    let world = World::new();
    let (ada, grace, room_id) = talk(&world).await?;
    let version = world.services.rooms.get(&ada, room_id).await?.room.version;
    let last_seq = world.services.rooms.get(&ada, room_id).await?.room.last_seq.get();
    let before = cursors(&world, &grace, room_id).await?;
    let reads = &world.services.reads;
    reads.delivered(&grace, &[(room_id, version.back(2))]).await?;
    assert_eq!(cursors(&world, &grace, room_id).await?, (last_seq - 2, before.1));
    reads.delivered(&grace, &[(room_id, version.back(4))]).await?;
    assert_eq!(cursors(&world, &grace, room_id).await?, (last_seq - 2, before.1));
    Ok(())
}

#[tokio::test]
async fn saying_again_what_is_known_writes_nothing() -> Result<()> {
    let world = World::new();
    let (ada, grace, room_id) = talk(&world).await?;
    let version = world.services.rooms.get(&ada, room_id).await?.room.version;
    let reads = &world.services.reads;
    reads.mark(&grace, room_id, Position::Seq(Seq::new(3))).await?;
    reads.delivered(&grace, &[(room_id, version)]).await?;
    world.faults.fail_begins(usize::MAX);
    reads.mark(&grace, room_id, Position::Seq(Seq::new(3))).await?;
    reads.delivered(&grace, &[(room_id, version)]).await
}

#[tokio::test]
async fn what_was_delivered_in_many_rooms_is_one_transaction() -> Result<()> {
    let world = World::new();
    let (ada, grace, first) = talk(&world).await?;
    let second = world.shared_room(&ada, &grace).await?.id;
    let foreign = world.private_room(&ada).await?.id;
    let mut seen = Vec::new();
    for room_id in [first, second, foreign] {
        world.say(&ada, room_id, "hello").await?;
        seen.push((room_id, world.services.rooms.get(&ada, room_id).await?.room.version));
    }
    world.faults.fail_commits(1);
    let reads = &world.services.reads;
    assert!(matches!(reads.delivered(&grace, &seen).await, Err(Error::Unavailable(_))));
    let before = (cursors(&world, &grace, first).await?, cursors(&world, &grace, second).await?);
    reads.delivered(&grace, &seen).await?;
    for (room_id, before) in [(first, before.0), (second, before.1)] {
        let last_seq = world.services.rooms.get(&ada, room_id).await?.room.last_seq.get();
        let now = cursors(&world, &grace, room_id).await?;
        assert_eq!(now, (last_seq, before.1));
        assert!(now.0 > before.0);
    }
    Ok(())
}

#[tokio::test]
async fn cursors_of_many_members_are_moved_by_one_commit() -> Result<()> {
    let world = World::new();
    let (_, grace, room_id) = talk(&world).await?;
    let mut readers = vec![grace];
    for number in 0..20 {
        let reader = world.user(&format!("reader{number}")).await?;
        world.services.memberships.join(&reader, room_id).await?;
        readers.push(reader);
    }
    let position = Position::Message(world.say(&readers[0], room_id, "read this").await?.view.message.id);
    // Every one of them is asked for before this task waits for the first time; one of them is alone then.
    world.faults.fail_commit_after(2);
    let reads = &world.services.reads;
    let marks = join_all(readers.iter().map(|reader| reads.mark(reader, room_id, position))).await;
    assert!(marks.iter().all(Result::is_ok), "{marks:?}");
    for reader in &readers {
        let cursors = cursors(&world, reader, room_id).await?;
        assert_eq!(cursors.0, cursors.1);
    }
    Ok(())
}
