//! What changes between the look at who may post and the write.

use std::sync::Arc;

use futures::{FutureExt, future::join_all};
use plaza_application::Result;
use plaza_domain::{IdGenerator, repository::HistoryRange};

use crate::{
    committer::{TrappedIds, outcomes, post_together},
    world::{World, heard_changes, named, text},
};

#[tokio::test]
async fn who_is_removed_while_their_messages_are_stored_has_said_nothing() -> Result<()> {
    let world = World::new();
    let (ada, grace) = world.people().await?;
    let room = world.shared_room(&ada, &grace).await?;
    let other = world.shared_room(&ada, &grace).await?;
    let (members, owner, removed) = (Arc::clone(&world.services.memberships), ada.clone(), grace.id());
    world.faults.before_next_begin(move || {
        let removal = members.remove(&owner, room.id, removed).now_or_never();
        assert!(matches!(removal, Some(Ok(()))), "{removal:?}");
    });
    let mut events = world.ports.bus.subscribe();
    let posts = [
        (&grace, named(room.id, "a", "a")),
        (&ada, text(room.id, "b")),
        (&grace, named(room.id, "a", "a")),
        (&grace, text(other.id, "c")),
    ];
    let posts = posts.map(|(actor, post)| world.post(actor, post));
    let answers = join_all(posts).await;
    // The removal and what tells of it are before her.
    assert_eq!(outcomes(&answers), ["no room", "new 3", "no room", "new 2"]);
    let versions: Vec<_> = heard_changes(&mut events).iter().map(|change| change.version.get()).collect();
    assert_eq!(versions.len(), 4, "the removal, its message, and two more: {versions:?}");
    Ok(())
}

#[tokio::test]
async fn a_change_between_look_and_write_costs_nobody_a_message() -> Result<()> {
    let world = World::new();
    let (ada, grace) = world.people().await?;
    let room = world.shared_room(&ada, &grace).await?;
    let edited = world.say(&ada, room.id, "one").await?.view.message.id;
    let (messages, author) = (Arc::clone(&world.services.messages), ada.clone());
    world.faults.before_next_begin(move || {
        let edit = messages.edit(&author, edited, "two").now_or_never();
        assert!(matches!(edit, Some(Ok(_))), "{edit:?}");
    });
    let inputs = [named(room.id, "a", "a"), text(room.id, "b"), named(room.id, "a", "a")];
    let answers = post_together(&world, &grace, inputs).await;
    assert_eq!(outcomes(&answers), ["new 3", "new 4", "again 3"]);
    Ok(())
}

#[tokio::test]
async fn drafts_that_are_tried_one_by_one_keep_their_order_though_the_room_changes() -> Result<()> {
    let ids = Arc::new(TrappedIds::default());
    let world = World::with_ports(|ports| ports.ids = Arc::clone(&ids) as Arc<dyn IdGenerator>);
    let (ada, _) = world.people().await?;
    let room = world.public_room(&ada).await?;
    let taken = world.say(&ada, room.id, "zero").await?.view.message.id;
    ids.set_trap(taken.uuid());
    let (messages, author, faults) =
        (Arc::clone(&world.services.messages), ada.clone(), Arc::clone(&world.faults));
    let edit = move || {
        let edit = messages.edit(&author, taken, "changed").now_or_never();
        assert!(matches!(edit, Some(Ok(_))), "{edit:?}");
    };
    // The batch is refused first, and then the first of its drafts meets the edit.
    world.faults.before_next_begin(move || faults.before_next_begin(edit));
    let inputs = ["a", "b", "c"].map(|content| text(room.id, content));
    let answers = post_together(&world, &ada, inputs).await;
    assert_eq!(outcomes(&answers), ["new 2", "new 3", "new 4"]);
    let (said, _) = world.services.messages.history(&ada, room.id, HistoryRange::Newest, 10).await?;
    assert_eq!(said[0].message.content.as_str(), "changed");
    Ok(())
}

#[tokio::test]
async fn a_room_that_is_deleted_while_messages_are_stored_gets_none() -> Result<()> {
    let world = World::new();
    let (ada, _) = world.people().await?;
    let (room, other) = (world.public_room(&ada).await?, world.public_room(&ada).await?);
    let (rooms, owner) = (Arc::clone(&world.services.rooms), ada.clone());
    world.faults.before_next_begin(move || {
        let deletion = rooms.delete(&owner, room.id).now_or_never();
        assert!(matches!(deletion, Some(Ok(()))), "{deletion:?}");
    });
    let inputs = [text(room.id, "a"), text(other.id, "b")];
    assert_eq!(outcomes(&post_together(&world, &ada, inputs).await), ["no room", "new 1"]);
    Ok(())
}
