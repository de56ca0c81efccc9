//! Pins: who may, in which order they are shown, and how many there may be.

use std::time::Duration;

use plaza_application::{Error, Result, events::RoomEventBody};
use plaza_domain::{MemberRole, MessageId};

use crate::world::{World, heard_changes};

#[tokio::test]
async fn pinned_messages_are_listed_with_the_newest_pin_first() -> Result<()> {
    let world = World::new();
    let (ada, grace) = world.people().await?;
    let room = world.shared_room(&ada, &grace).await?;
    let mut ids: Vec<MessageId> = Vec::new();
    for number in 1..=3 {
        ids.push(world.say(&grace, room.id, &number.to_string()).await?.view.message.id);
    }
    let pins = &world.services.pins;
    for id in [ids[1], ids[2], ids[0]] {
        world.clock.advance(Duration::from_secs(1));
        pins.pin(&ada, id).await?;
    }
    let listed = pins.list(&grace, room.id).await?;
    let order: Vec<MessageId> = listed.iter().map(|sent| sent.message.id).collect();
    assert_eq!(order, [ids[0], ids[2], ids[1]]);
    pins.unpin(&ada, ids[2]).await?;
    world.services.messages.delete(&grace, ids[1]).await?;
    let left: Vec<MessageId> = pins.list(&ada, room.id).await?.iter().map(|sent| sent.message.id).collect();
    assert_eq!(left, [ids[0]], "neither what was unpinned nor what was deleted");
    let stranger = world.user("stranger").await?;
    assert!(matches!(pins.list(&stranger, room.id).await, Err(Error::Forbidden(_))));
    Ok(())
}

#[tokio::test]
async fn a_pin_is_told_as_a_change_and_pinning_twice_changes_nothing() -> Result<()> {
    let world = World::new();
    let (ada, _) = world.people().await?;
    let room = world.public_room(&ada).await?;
    let before = world.say(&ada, room.id, "hello").await?.view.message;
    let mut events = world.ports.bus.subscribe();
    let pins = &world.services.pins;
    assert_eq!(pins.unpin(&ada, before.id).await?.message, before);
    let pinned = pins.pin(&ada, before.id).await?;
    assert_eq!(pinned.message.pinned.map(|pin| pin.by), Some(ada.id()));
    assert_eq!(pinned.message.version, before.version.next());
    assert_eq!(pins.pin(&ada, before.id).await?, pinned);
    let changes = heard_changes(&mut events);
    assert!(
        matches!(&changes[..], [only] if only.version == pinned.message.version
            && matches!(&only.body, RoomEventBody::MessageUpdated(told) if **told == pinned)),
        "{changes:?}"
    );
    Ok(())
}

#[tokio::test]
async fn admins_pin_and_members_and_strangers_do_not() -> Result<()> {
    let world = World::new();
    let (ada, grace) = world.people().await?;
    let room = world.shared_room(&ada, &grace).await?;
    let stranger = world.user("stranger").await?;
    let id = world.say(&grace, room.id, "mine").await?.view.message.id;
    let pins = &world.services.pins;
    assert!(matches!(pins.pin(&grace, id).await, Err(Error::Forbidden(_))));
    assert!(matches!(pins.pin(&stranger, id).await, Err(Error::NotFound("message"))));
    world.services.memberships.change_role(&ada, room.id, grace.id(), MemberRole::Admin).await?;
    assert!(pins.pin(&grace, id).await?.message.pinned.is_some());
    world.services.messages.delete(&grace, id).await?;
    assert!(matches!(pins.pin(&grace, id).await, Err(Error::Conflict(_))));
    Ok(())
}

#[tokio::test]
async fn a_room_has_at_most_fifty_pins() -> Result<()> {
    let world = World::new();
    let (ada, _) = world.people().await?;
    let (room, other) = (world.public_room(&ada).await?, world.public_room(&ada).await?);
    let pins = &world.services.pins;
    let mut last = None;
    for number in 1..=50 {
        let id = world.say(&ada, room.id, &number.to_string()).await?.view.message.id;
        last = Some(pins.pin(&ada, id).await?.message.id);
    }
    let late = world.say(&ada, room.id, "late").await?.view.message.id;
    let refused = pins.pin(&ada, late).await;
    assert!(matches!(&refused, Err(Error::Conflict(reason)) if reason.contains("50")), "{refused:?}");
    let elsewhere = world.say(&ada, other.id, "elsewhere").await?.view.message.id;
    pins.pin(&ada, elsewhere).await?;
    pins.unpin(&ada, last.ok_or(Error::NotFound("message"))?).await?;
    pins.pin(&ada, late).await?;
    assert_eq!(pins.list(&ada, room.id).await?.len(), 50);
    Ok(())
}
