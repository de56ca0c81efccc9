//! The list of rooms that a client shows first, and being left alone by a room.

use std::time::Duration;

use plaza_application::{Error, PageRequest, Position, Result, RoomSight};
use plaza_domain::{Clock, Mute, RoomId, RoomOverview};

use crate::world::World;

async fn overview(world: &World, actor: &plaza_application::Actor, room_id: RoomId) -> Result<RoomOverview> {
    match world.services.overviews.get(actor, room_id).await? {
        RoomSight::Inside(overview) => Ok(*overview),
        RoomSight::Outside(_) => Err(Error::NotFound("member")),
    }
}

#[tokio::test]
async fn rooms_come_by_activity_in_pages_with_what_is_unread() -> Result<()> {
    let world = World::new();
    let (ada, grace) = world.people().await?;
    let mut rooms = Vec::new();
    for _ in 0..3 {
        rooms.push(world.shared_room(&ada, &grace).await?.id);
        world.clock.advance(Duration::from_secs(1));
    }
    let said = world.say(&ada, rooms[0], "here").await?.view;
    let overviews = &world.services.overviews;
    let first = overviews.list(&grace, PageRequest::new(None, 2)).await?;
    assert_eq!(first.items.iter().map(|item| item.room.id).collect::<Vec<_>>(), [rooms[0], rooms[2]]);
    assert_eq!(first.items[0].last_message.as_ref(), Some(&said));
    // That grace has joined is a message, too.
    assert_eq!(first.items[0].unread(), 2);
    let second = overviews.list(&grace, PageRequest::new(first.next, 2)).await?;
    assert_eq!(second.items.iter().map(|item| item.room.id).collect::<Vec<_>>(), [rooms[1]]);
    assert_eq!(second.next, None);

    world.services.reads.mark(&grace, rooms[0], Position::Message(said.message.id)).await?;
    assert_eq!(overview(&world, &grace, rooms[0]).await?.unread(), 0);
    Ok(())
}

#[tokio::test]
async fn a_room_is_seen_from_inside_from_outside_or_not_at_all() -> Result<()> {
    let world = World::new();
    let (ada, grace) = world.people().await?;
    let (public, private) = (world.public_room(&ada).await?, world.private_room(&ada).await?);
    let overviews = &world.services.overviews;
    assert_eq!(overview(&world, &ada, private.id).await?.room, private);
    let outside = RoomSight::Outside(Box::new(public.clone()));
    assert_eq!(overviews.get(&grace, public.id).await?, outside);
    assert!(matches!(overviews.get(&grace, private.id).await, Err(Error::NotFound("room"))));
    world.services.memberships.join(&grace, public.id).await?;
    assert!(matches!(overviews.get(&grace, public.id).await?, RoomSight::Inside(_)));
    world.services.memberships.leave(&grace, public.id).await?;
    assert!(matches!(overviews.get(&grace, public.id).await?, RoomSight::Outside(_)));
    Ok(())
}

#[tokio::test]
async fn a_mute_that_is_over_counts_as_none() -> Result<()> {
    let world = World::new();
    let (ada, _) = world.people().await?;
    let room_id = world.public_room(&ada).await?.id;
    let memberships = &world.services.memberships;
    let until = world.clock.now() + Duration::from_secs(60);
    memberships.mute(&ada, room_id, Some(until)).await?;
    world.clock.advance(Duration::from_secs(59));
    assert_eq!(overview(&world, &ada, room_id).await?.mute, Some(Mute::Until(until)));
    world.clock.advance(Duration::from_secs(1));
    assert_eq!(overview(&world, &ada, room_id).await?.mute, None);
    let listed = world.services.overviews.list(&ada, PageRequest::new(None, 1)).await?;
    assert_eq!(listed.items[0].mute, None);

    memberships.mute(&ada, room_id, None).await?;
    world.clock.advance(Duration::from_secs(1_000_000_000));
    assert_eq!(overview(&world, &ada, room_id).await?.mute, Some(Mute::Indefinitely));
    for _ in 0..2 {
        memberships.unmute(&ada, room_id).await?;
        assert_eq!(overview(&world, &ada, room_id).await?.mute, None);
    }
    Ok(())
}

#[tokio::test]
async fn only_members_mute_a_room_and_only_for_the_future() -> Result<()> {
    let world = World::new();
    let (ada, grace) = world.people().await?;
    let (public, private) = (world.public_room(&ada).await?.id, world.private_room(&ada).await?.id);
    let memberships = &world.services.memberships;
    assert!(matches!(memberships.mute(&grace, public, None).await, Err(Error::Forbidden(_))));
    assert!(matches!(memberships.unmute(&grace, public).await, Err(Error::Forbidden(_))));
    assert!(matches!(memberships.mute(&grace, private, None).await, Err(Error::NotFound("room"))));
    let now = world.clock.now();
    assert!(matches!(memberships.mute(&ada, public, Some(now)).await, Err(Error::Invalid(_))));
    Ok(())
}
