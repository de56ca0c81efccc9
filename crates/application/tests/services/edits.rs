//! What messages said before: who may read it, and how far back it goes.

use std::time::Duration;

use plaza_application::{Actor, Error, PageRequest, Result};
use plaza_domain::{MemberRole, MessageId, repository::HistoryRange};

use crate::world::World;

/// What a message said before, the newest first.
async fn said_before(world: &World, actor: &Actor, id: MessageId) -> Result<Vec<String>> {
    let page = world.services.messages.edits(actor, id, PageRequest::new(None, 100)).await?;
    Ok(page.items.into_iter().map(|edit| edit.content.into_string()).collect())
}

#[tokio::test]
async fn what_a_message_said_is_kept_with_until_when() -> Result<()> {
    let world = World::new();
    let (ada, _) = world.people().await?;
    let room = world.public_room(&ada).await?;
    let id = world.say(&ada, room.id, "one").await?.view.message.id;
    assert_eq!(said_before(&world, &ada, id).await?, Vec::<String>::new());
    let mut edited_at = Vec::new();
    for content in ["two", "three"] {
        world.clock.advance(Duration::from_secs(60));
        // A reaction is a change of the message, and none of what it says.
        world.services.reactions.react(&ada, id, "👍", |_| {}).await?;
        edited_at.push(world.services.messages.edit(&ada, id, content).await?.message.edited_at);
    }
    let edits = world.services.messages.edits(&ada, id, PageRequest::new(None, 100)).await?.items;
    let told: Vec<_> = edits.iter().map(|edit| (edit.content.as_str(), Some(edit.replaced_at))).collect();
    assert_eq!(told, [("two", edited_at[1]), ("one", edited_at[0])]);
    Ok(())
}

#[tokio::test]
async fn the_author_and_room_admins_read_it_and_nobody_else() -> Result<()> {
    let world = World::new();
    let (ada, grace) = world.people().await?;
    let room = world.shared_room(&ada, &grace).await?;
    let edsger = world.user("edsger").await?;
    world.services.memberships.join(&edsger, room.id).await?;
    let stranger = world.user("stranger").await?;
    let id = world.say(&grace, room.id, "rash").await?.view.message.id;
    world.services.messages.edit(&grace, id, "calm").await?;
    for reader in [&grace, &ada] {
        assert_eq!(said_before(&world, reader, id).await?, ["rash"]);
    }
    assert!(matches!(said_before(&world, &edsger, id).await, Err(Error::Forbidden(_))));
    assert!(matches!(said_before(&world, &stranger, id).await, Err(Error::NotFound("message"))));
    world.services.memberships.change_role(&ada, room.id, edsger.id(), MemberRole::Admin).await?;
    assert_eq!(said_before(&world, &edsger, id).await?, ["rash"]);

    world.services.messages.delete(&grace, id).await?;
    assert_eq!(said_before(&world, &ada, id).await?, Vec::<String>::new(), "it was taken back");
    let (history, _) = world.services.messages.history(&ada, room.id, HistoryRange::Newest, 9).await?;
    assert_eq!(said_before(&world, &ada, history[0].message.id).await?, Vec::<String>::new());
    Ok(())
}

#[tokio::test]
async fn the_last_hundred_edits_are_remembered() -> Result<()> {
    let world = World::new();
    let (ada, _) = world.people().await?;
    let room = world.public_room(&ada).await?;
    let id = world.say(&ada, room.id, "0").await?.view.message.id;
    for number in 1..=103 {
        world.services.messages.edit(&ada, id, &number.to_string()).await?;
    }
    let mut told = Vec::new();
    let mut cursor = None;
    loop {
        let page = world.services.messages.edits(&ada, id, PageRequest::new(cursor, 33)).await?;
        told.extend(page.items.into_iter().map(|edit| edit.content.into_string()));
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(told, (3..=102).rev().map(|number| number.to_string()).collect::<Vec<_>>());
    Ok(())
}
