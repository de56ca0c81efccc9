//! Rooms: made, listed, changed, deleted.

use std::sync::Arc;

use plaza_application::{
    Actor, Error, NewRoom, PageRequest, Result, RoomUpdate, events::RoomEventBody, ports::MockEventBus,
};
use plaza_domain::{RoomId, SystemEvent, SystemRole, Version, repository::RoomFilter};

use crate::world::{World, heard_changes};

fn renamed(name: &str) -> RoomUpdate {
    RoomUpdate { name: Some(name.to_owned()), ..RoomUpdate::default() }
}

async fn listed(world: &World, actor: &Actor, filter: RoomFilter) -> Result<Vec<RoomId>> {
    let page = world.services.rooms.list(actor, filter, PageRequest::new(None, 100)).await?;
    Ok(page.items.iter().map(|seen| seen.room.id).collect())
}

#[tokio::test]
async fn who_opens_a_room_owns_it() -> Result<()> {
    let world = World::new();
    let (ada, _) = world.people().await?;
    let room = world.private_room(&ada).await?;
    assert_eq!(world.role_in(room.id, ada.id()).await?, Some("owner"));
    assert_eq!(world.services.rooms.get(&ada, room.id).await?.room, room);
    Ok(())
}

#[tokio::test]
async fn guests_open_no_rooms() -> Result<()> {
    let world = World::new();
    world.people().await?;
    let guest = world.user_as("guest", SystemRole::Guest).await?;
    assert!(matches!(world.public_room(&guest).await, Err(Error::Forbidden(_))));
    Ok(())
}

#[tokio::test]
async fn every_problem_of_a_room_is_told_at_once() -> Result<()> {
    let world = World::new();
    let (ada, _) = world.people().await?;
    let input = NewRoom { name: "  ".to_owned(), description: "x".repeat(501), is_private: false };
    let fields = match world.services.rooms.create(&ada, input).await {
        Err(Error::Invalid(invalid)) => invalid.violations.iter().map(|v| v.field).collect(),
        _ => Vec::new(),
    };
    assert_eq!(fields, ["name", "description"]);
    Ok(())
}

#[tokio::test]
async fn public_rooms_are_listed_to_all_and_private_ones_to_members() -> Result<()> {
    let world = World::new();
    let (ada, grace) = world.people().await?;
    let guest = world.user_as("guest", SystemRole::Guest).await?;
    let public = world.public_room(&ada).await?.id;
    let private = world.private_room(&ada).await?.id;
    assert_eq!(listed(&world, &ada, RoomFilter::Visible).await?, [private, public]);
    assert_eq!(listed(&world, &grace, RoomFilter::Visible).await?, [public]);
    assert_eq!(listed(&world, &grace, RoomFilter::Mine).await?, []);
    assert_eq!(listed(&world, &guest, RoomFilter::Visible).await?, []);
    let hidden = world.services.rooms.get(&grace, private).await;
    assert!(matches!(hidden, Err(Error::NotFound("room"))));
    Ok(())
}

#[tokio::test]
async fn a_long_list_comes_in_pages_without_gap_or_repetition() -> Result<()> {
    let world = World::new();
    let (ada, _) = world.people().await?;
    let mut expected = Vec::new();
    for _ in 0..5 {
        expected.insert(0, world.public_room(&ada).await?.id);
    }
    let (mut seen, mut cursor) = (Vec::new(), None);
    loop {
        let request = PageRequest::new(cursor, 2);
        let page = world.services.rooms.list(&ada, RoomFilter::Mine, request).await?;
        seen.extend(page.items.iter().map(|seen| seen.room.id));
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(seen, expected);
    Ok(())
}

#[tokio::test]
async fn a_new_name_is_told_as_a_change_and_as_a_message() -> Result<()> {
    let world = World::new();
    let (ada, _) = world.people().await?;
    let room = world.public_room(&ada).await?;
    let mut events = world.ports.bus.subscribe();
    let updated = world.services.rooms.update(&ada, room.id, renamed("Difference Engines")).await?;
    assert_eq!(updated.name.as_str(), "Difference Engines");
    let changes = heard_changes(&mut events);
    let versions: Vec<Version> = changes.iter().map(|change| change.version).collect();
    assert_eq!(versions, [room.version.next(), room.version.next().next()]);
    assert!(
        matches!(&changes[0].body, RoomEventBody::RoomUpdated(told) if told.name == updated.name),
        "{changes:?}"
    );
    assert!(
        matches!(&changes[1].body, RoomEventBody::MessagePosted(posted)
            if posted.message.system_event == Some(SystemEvent::RoomRenamed)),
        "{changes:?}"
    );
    Ok(())
}

#[tokio::test]
async fn an_update_that_changes_nothing_is_no_change() -> Result<()> {
    let world = World::new();
    let (ada, _) = world.people().await?;
    let room = world.public_room(&ada).await?;
    let mut events = world.ports.bus.subscribe();
    let update = RoomUpdate { is_private: Some(false), ..renamed(room.name.as_str()) };
    assert_eq!(world.services.rooms.update(&ada, room.id, update).await?, room);
    assert_eq!(heard_changes(&mut events), []);
    assert_eq!(world.services.rooms.get(&ada, room.id).await?.room, room);
    Ok(())
}

#[tokio::test]
async fn a_deleted_room_is_gone_for_everybody() -> Result<()> {
    let world = World::new();
    let (ada, grace) = world.people().await?;
    let room = world.shared_room(&ada, &grace).await?;
    let mut events = world.ports.bus.subscribe();
    world.services.rooms.delete(&ada, room.id).await?;
    let changes = heard_changes(&mut events);
    assert!(
        matches!(&changes[..], [only] if matches!(only.body, RoomEventBody::RoomDeleted(_))),
        "{changes:?}"
    );
    for actor in [&ada, &grace] {
        assert!(matches!(world.services.rooms.get(actor, room.id).await, Err(Error::NotFound("room"))));
        assert!(matches!(world.say(actor, room.id, "hello?").await, Err(Error::NotFound("room"))));
        assert_eq!(listed(&world, actor, RoomFilter::Visible).await?, []);
    }
    Ok(())
}

#[tokio::test]
async fn nothing_is_told_of_a_change_that_was_not_committed() -> Result<()> {
    let mut bus = MockEventBus::new();
    bus.expect_publish().never();
    let world = World::with_ports(|ports| ports.bus = Arc::new(bus));
    let (ada, grace) = world.people().await?;
    let room = world.public_room(&ada).await?;

    world.faults.fail_commits(1);
    let update = world.services.rooms.update(&ada, room.id, renamed("Other")).await;
    assert!(matches!(update, Err(Error::Unavailable(_))));
    world.faults.fail_commits(1);
    let join = world.services.memberships.join(&grace, room.id).await;
    assert!(matches!(join, Err(Error::Unavailable(_))));
    world.faults.fail_commits(1);
    let delete = world.services.rooms.delete(&ada, room.id).await;
    assert!(matches!(delete, Err(Error::Unavailable(_))));

    assert_eq!(world.services.rooms.get(&ada, room.id).await?.room, room);
    Ok(())
}
