//! Senders who are remembered: what must not be decided by what was true a moment ago.

use std::sync::Arc;

use futures::FutureExt;
use plaza_application::{Actor, Error, Operator, ProfileUpdate, Result};
use plaza_domain::RoomId;

use crate::{
    committer::{outcomes, post_together},
    world::{World, text},
};

/// Posts until nothing is looked up for it.
async fn become_known(world: &World, actor: &Actor, room_id: RoomId) -> Result<()> {
    assert!(world.ports.store.appends_at_once(), "looks are in transactions");
    for _ in 0..1_000 {
        let before = world.faults.reads_begun();
        world.say(actor, room_id, "again").await?;
        if world.faults.reads_begun() == before {
            return Ok(());
        }
    }
    Err(Error::Unavailable("it is looked up for every message".into()))
}

#[tokio::test]
async fn a_busy_sender_is_looked_up_once_for_many_messages() -> Result<()> {
    let world = World::new();
    let (ada, grace) = world.people().await?;
    let room = world.shared_room(&ada, &grace).await?;
    become_known(&world, &ada, room.id).await?;
    // Somebody else is not known by that.
    let before = world.faults.reads_begun();
    world.say(&grace, room.id, "a").await?;
    assert_eq!(world.faults.reads_begun(), before + 1);
    become_known(&world, &grace, room.id).await
}

#[tokio::test]
async fn who_is_remembered_and_removed_says_nothing_more() -> Result<()> {
    let world = World::new();
    let (ada, grace) = world.people().await?;
    let room = world.shared_room(&ada, &grace).await?;
    become_known(&world, &grace, room.id).await?;
    world.services.memberships.remove(&ada, room.id, grace.id()).await?;
    let answers = post_together(&world, &grace, ["a", "b"].map(|content| text(room.id, content))).await;
    assert_eq!(outcomes(&answers), ["no room", "no room"]);
    // Who is still there goes on, and so does she when she is back.
    become_known(&world, &ada, room.id).await?;
    world.services.memberships.join(&grace, room.id).await?;
    become_known(&world, &grace, room.id).await
}

#[tokio::test]
async fn who_is_remembered_and_banned_says_nothing_more() -> Result<()> {
    let world = World::new();
    let (ada, grace) = world.people().await?;
    let room = world.shared_room(&ada, &grace).await?;
    become_known(&world, &grace, room.id).await?;
    world.services.user_admin.ban(Operator::CommandLine, grace.id(), "", None).await?;
    let answers = post_together(&world, &grace, [text(room.id, "a")]).await;
    assert_eq!(outcomes(&answers), ["no room"]);
    Ok(())
}

#[tokio::test]
async fn a_room_whose_senders_are_remembered_is_gone_when_it_is_deleted() -> Result<()> {
    let world = World::new();
    let (ada, _) = world.people().await?;
    let room = world.public_room(&ada).await?;
    become_known(&world, &ada, room.id).await?;
    world.services.rooms.delete(&ada, room.id).await?;
    let answers = post_together(&world, &ada, [text(room.id, "a")]).await;
    assert_eq!(outcomes(&answers), ["no room"]);
    Ok(())
}

#[tokio::test]
async fn what_is_said_after_a_change_of_name_shows_the_new_one() -> Result<()> {
    let world = World::new();
    let (ada, _) = world.people().await?;
    let room = world.public_room(&ada).await?;
    become_known(&world, &ada, room.id).await?;
    let update = ProfileUpdate { display_name: Some("Lovelace".to_owned()), ..ProfileUpdate::default() };
    world.services.users.update(&ada, update).await?;
    let posted = world.say(&ada, room.id, "hello").await?;
    assert_eq!(posted.view.sender.display_name.as_str(), "Lovelace");
    Ok(())
}

#[tokio::test]
async fn changes_of_a_busy_room_cost_nobody_a_message() -> Result<()> {
    let world = World::new();
    let (ada, grace) = world.people().await?;
    let room = world.shared_room(&ada, &grace).await?;
    let edited = world.say(&ada, room.id, "one").await?.view.message.id;
    become_known(&world, &grace, room.id).await?;
    for number in 0..10 {
        world.services.messages.edit(&ada, edited, &format!("edit {number}")).await?;
        let inputs = ["a", "b"].map(|content| text(room.id, content));
        let answers = post_together(&world, &grace, inputs).await;
        let outcomes = outcomes(&answers);
        assert!(outcomes.iter().all(|outcome| outcome.starts_with("new")), "{outcomes:?}");
    }
    Ok(())
}

#[tokio::test]
async fn a_room_that_changes_again_after_the_look_costs_nobody_a_message() -> Result<()> {
    let world = World::new();
    let (ada, grace) = world.people().await?;
    let room = world.shared_room(&ada, &grace).await?;
    let edited = world.say(&ada, room.id, "one").await?.view.message.id;
    become_known(&world, &grace, room.id).await?;
    let edit = |content: &'static str| {
        let (messages, author) = (Arc::clone(&world.services.messages), ada.clone());
        move || {
            let edit = messages.edit(&author, edited, content).now_or_never();
            assert!(matches!(edit, Some(Ok(_))), "{edit:?}");
        }
    };
    let (first, second, faults) = (edit("two"), edit("three"), Arc::clone(&world.faults));
    // One change before the write of what is remembered, and one more before that of what was looked up.
    world.faults.before_next_begin(move || {
        first();
        faults.before_next_begin(second);
    });
    let before = world.faults.reads_begun();
    let answers = post_together(&world, &grace, ["a", "b"].map(|content| text(room.id, content))).await;
    let outcomes = outcomes(&answers);
    assert!(outcomes.iter().all(|outcome| outcome.starts_with("new")), "{outcomes:?}");
    // The look in the middle; the last one is in the transaction that holds the room.
    assert_eq!(world.faults.reads_begun(), before + 1);
    let edited = world.services.messages.get(&ada, edited).await?;
    assert_eq!(edited.message.content.as_str(), "three");
    Ok(())
}
