//! Blocks: nothing is said any more between two users, and nobody can tell why.

use plaza_application::{
    Actor, Error, PageRequest, Position, Result,
    events::{Event, UserEvent},
};
use plaza_domain::{MessageId, RoomId, Suspension, User, UserId, repository::HistoryRange};

use crate::world::{World, heard, named};

/// Two users who have said something to each other, and what each of them said.
async fn conversation(world: &World) -> Result<(Actor, Actor, RoomId, [MessageId; 2])> {
    let (ada, grace) = world.people().await?;
    let room_id = world.services.direct.room_with(&ada, grace.id()).await?;
    let hers = world.say(&ada, room_id, "hello").await?.view.message.id;
    let his = world.say(&grace, room_id, "hello yourself").await?.view.message.id;
    Ok((ada, grace, room_id, [hers, his]))
}

async fn disable(world: &World, user_id: UserId) -> Result<()> {
    let mut work = world.ports.store.begin().await?;
    let user = work.users().find(user_id).await?.ok_or(Error::NotFound("user"))?;
    let disabled = User { suspension: Some(Suspension::ban(world.ports.clock.now())), ..user };
    work.users().update(&disabled).await?;
    Ok(work.commit().await?)
}

/// Everything that an actor is answered who deals with somebody, without what differs between any two rooms.
async fn answers(world: &World, actor: &Actor, peer: &Actor, own: MessageId) -> Result<Vec<String>> {
    let services = &world.services;
    let room_id = services.direct.open(actor, peer.id()).await?.room.room.id;
    let subscription = services.changes.subscribe(actor, room_id, None).await?;
    let cursors = subscription.members.unwrap_or_default();
    let cursors: Vec<_> =
        cursors.iter().map(|member| (member.user_id == actor.id(), member.read_seq)).collect();
    let last_seq = subscription.room.last_seq;
    let (history, _) = services.messages.history(actor, room_id, HistoryRange::Newest, 10).await?;
    Ok(vec![
        format!("{:?}", world.say(actor, room_id, "still there?").await),
        format!("{:?}", services.messages.edit(actor, own, "else").await),
        format!("{:?}", services.reads.typing(actor, room_id, true).await),
        format!("{:?}", services.reactions.react(actor, own, "👍", |_| {}).await),
        format!("{:?}", services.pins.pin(actor, own).await),
        format!("{:?}", services.reads.mark(actor, room_id, Position::Seq(last_seq)).await),
        format!("{:?}", services.rooms.get(actor, room_id).await?.peer.is_some()),
        format!("{cursors:?} {} {last_seq}", history.len()),
    ])
}

#[tokio::test]
async fn a_block_looks_the_same_from_both_sides_and_like_a_disabled_account() -> Result<()> {
    let mut told = Vec::new();
    for scenario in ["blocks", "is blocked", "blocks and is blocked", "the other one is disabled"] {
        let world = World::new();
        let (ada, grace, _, [hers, _]) = conversation(&world).await?;
        match scenario {
            "blocks" => world.services.blocks.block(&ada, grace.id()).await?,
            "is blocked" => world.services.blocks.block(&grace, ada.id()).await?,
            "the other one is disabled" => disable(&world, grace.id()).await?,
            _ => {
                world.services.blocks.block(&ada, grace.id()).await?;
                world.services.blocks.block(&grace, ada.id()).await?;
            }
        }
        told.push(answers(&world, &ada, &grace, hers).await?);
    }
    assert!(told.iter().all(|answers| *answers == told[0]), "{told:#?}");
    for refused in &told[0][..5] {
        assert_eq!(refused, r#"Err(Forbidden("messages to this user cannot be sent"))"#);
    }
    Ok(())
}

#[tokio::test]
async fn in_a_closed_room_one_reads_and_takes_back_and_nothing_is_told() -> Result<()> {
    let world = World::new();
    let (ada, grace, room_id, [hers, his]) = conversation(&world).await?;
    world.services.blocks.block(&ada, grace.id()).await?;
    let (reads, messages) = (&world.services.reads, &world.services.messages);
    let seq = messages.get(&grace, his).await?.message.seq;
    let mut events = world.ports.bus.subscribe();
    reads.mark(&ada, room_id, Position::Seq(seq)).await?;
    assert!(reads.typing(&grace, room_id, true).await.is_err());
    let own = |event: &Event| matches!(event, Event::User(UserEvent::RoomRead { user_id, .. }) if *user_id == ada.id());
    let told = heard(&mut events);
    assert!(told.len() == 1 && told.iter().all(own), "{told:?}");
    assert_eq!(world.services.changes.subscribe(&ada, room_id, None).await?.member.read_seq, seq);
    assert_eq!(messages.history(&grace, room_id, HistoryRange::Newest, 10).await?.0.len(), 2);
    assert!(messages.delete(&grace, his).await?.message.is_deleted());
    assert!(messages.delete(&ada, hers).await?.message.is_deleted());
    Ok(())
}

#[tokio::test]
async fn a_send_from_before_the_block_is_acknowledged_when_it_is_repeated() -> Result<()> {
    let world = World::new();
    let (ada, grace, room_id, _) = conversation(&world).await?;
    let send = named(room_id, "once", "c-1");
    let first = world.post(&ada, send.clone()).await?;
    world.services.blocks.block(&grace, ada.id()).await?;
    let again = world.post(&ada, send).await?;
    assert_eq!((again.view, again.duplicate), (first.view, true));
    Ok(())
}

#[tokio::test]
async fn blocking_twice_is_blocking_and_taking_it_back_opens_the_room() -> Result<()> {
    let world = World::new();
    let (ada, grace, room_id, _) = conversation(&world).await?;
    let blocks = &world.services.blocks;
    let names = async |actor: &Actor| -> Result<Vec<String>> {
        let page = blocks.list(actor, PageRequest::new(None, 10)).await?;
        Ok(page.items.into_iter().map(|blocked| blocked.user.username.into_string()).collect())
    };
    for _ in 0..2 {
        blocks.block(&ada, grace.id()).await?;
        assert_eq!(names(&ada).await?, ["grace"]);
        assert_eq!(names(&grace).await?, Vec::<String>::new());
    }
    // The other one's taking back takes nothing back.
    blocks.unblock(&grace, ada.id()).await?;
    assert!(world.say(&grace, room_id, "still there?").await.is_err());
    for _ in 0..2 {
        blocks.unblock(&ada, grace.id()).await?;
        assert_eq!(names(&ada).await?, Vec::<String>::new());
    }
    world.say(&grace, room_id, "there you are").await?;
    Ok(())
}

#[tokio::test]
async fn rooms_with_others_are_as_they_were() -> Result<()> {
    let world = World::new();
    let (ada, grace) = world.people().await?;
    let room = world.shared_room(&ada, &grace).await?;
    world.services.blocks.block(&ada, grace.id()).await?;
    world.say(&ada, room.id, "hello everybody").await?;
    world.say(&grace, room.id, "hello").await?;
    world.services.reads.typing(&grace, room.id, true).await?;
    Ok(())
}

#[tokio::test]
async fn who_has_blocked_is_not_told_of_a_room_that_the_other_opens() -> Result<()> {
    let world = World::new();
    let (ada, grace) = world.people().await?;
    world.services.blocks.block(&ada, grace.id()).await?;
    let mut events = world.ports.bus.subscribe();
    assert!(world.services.direct.open(&grace, ada.id()).await?.is_new);
    let told = heard(&mut events).into_iter().map(|event| match event {
        Event::User(UserEvent::RoomAdded { user_id, .. }) => Some(user_id),
        _ => None,
    });
    assert_eq!(told.collect::<Vec<_>>(), [Some(grace.id())]);
    Ok(())
}

#[tokio::test]
async fn one_blocks_somebody_else_who_exists() -> Result<()> {
    let world = World::new();
    let (ada, _) = world.people().await?;
    let blocks = &world.services.blocks;
    let nobody = UserId::new(world.ports.ids.next());
    for oneself in [blocks.block(&ada, ada.id()).await, blocks.unblock(&ada, ada.id()).await] {
        assert!(matches!(oneself, Err(Error::Invalid(_))), "{oneself:?}");
    }
    for unknown in [blocks.block(&ada, nobody).await, blocks.unblock(&ada, nobody).await] {
        assert!(matches!(unknown, Err(Error::NotFound("user"))), "{unknown:?}");
    }
    Ok(())
}
