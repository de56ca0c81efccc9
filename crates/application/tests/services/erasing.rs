//! The job that erases accounts: what breaks off, what fails, what there is much of, and what is written down.

use plaza_application::{
    Actor, ERASURE_GRACE, MessageInput, Result,
    events::{Event, UserEvent},
};
use plaza_domain::{AuditFilter, File, FileId, Message, MessageId, MessageKind, Room, RoomId, Seq};
use serde_json::{Value, json};

use crate::{
    erasure::{stored, wait},
    files::upload,
    world::{PASSWORD, World, heard, said},
};

/// How many transactions the account of [`given_leaving`] takes: one for who it is, one for what is about it alone and
/// one to see that nothing of it is left, two rooms, one file, and the end.
const COMMITS: usize = 7;

/// A user whose time of grace is over, with a friend, a room to be given away, one that goes with them, and a file that
/// nothing shows.
struct Leaving {
    ada: Actor,
    grace: Actor,
    shared: Room,
    lonely: Room,
    file: File,
}

async fn given_leaving(world: &World) -> Result<Leaving> {
    let (ada, grace) = world.people().await?;
    let shared = world.shared_room(&ada, &grace).await?;
    let lonely = world.private_room(&ada).await?;
    world.services.friends.request(&ada, grace.id()).await?;
    let file = upload(world, &ada, "notes.txt", b"words").await?.file;
    world.services.erasure.request(&ada, Some(PASSWORD)).await?;
    wait(world, ERASURE_GRACE);
    Ok(Leaving { ada, grace, shared, lonely, file })
}

async fn friendships(world: &World, actor: &Actor) -> Result<u64> {
    world.ports.store.read().await?.friendships().count_outgoing(actor.id(), 9).await.map_err(Into::into)
}

async fn is_there(world: &World, id: RoomId) -> Result<bool> {
    Ok(world.ports.store.read().await?.rooms().find(id).await?.is_some())
}

#[tokio::test]
async fn wherever_an_erasure_breaks_off_the_next_run_ends_it() -> Result<()> {
    for commits in 0..COMMITS {
        let world = World::new();
        let Leaving { ada, grace, shared, lonely, file } = given_leaving(&world).await?;
        world.faults.fail_commit_after(commits);
        let broken = world.services.erasure.erase_due().await?;
        assert_eq!((broken.accounts, broken.unfinished), (0, 1), "after {commits}");
        assert_eq!(stored(&world, ada.id()).await?.is_erased(), commits > 0);
        // Neither the rooms nor the files keep back what is about the user alone, nor each other.
        let forgotten = commits > 1;
        assert_eq!(friendships(&world, &ada).await? == 0, forgotten, "after {commits}");
        let parts = match commits {
            0..=2 => 0,
            3..=5 => 2,
            _ => 3,
        };
        assert_eq!(broken.rooms + broken.files, parts, "after {commits}");

        let done = world.services.erasure.erase_due().await?;
        assert_eq!((done.accounts, done.unfinished), (1, 0), "after {commits}");
        let erased = stored(&world, ada.id()).await?;
        assert!(erased.is_erased() && erased.erase_at.is_none(), "after {commits}");
        assert_eq!(friendships(&world, &ada).await?, 0);
        assert_eq!(world.role_in(shared.id, grace.id()).await?, Some("owner"));
        assert!(!is_there(&world, lonely.id).await?);
        assert!(world.ports.store.read().await?.files().find(file.id).await?.is_none());
    }
    let world = World::new();
    given_leaving(&world).await?;
    world.faults.fail_commit_after(COMMITS);
    assert_eq!(world.services.erasure.erase_due().await?.accounts, 1, "all of its transactions were tried");
    Ok(())
}

#[tokio::test]
async fn a_file_that_is_deleted_with_its_owner_is_told_of() -> Result<()> {
    let world = World::new();
    let leaving = given_leaving(&world).await?;
    let mut events = world.ports.bus.subscribe();
    world.services.erasure.erase_due().await?;
    let told = UserEvent::FileDeleted { user_id: leaving.ada.id(), file_id: leaving.file.id };
    assert!(heard(&mut events).contains(&Event::User(told)));
    Ok(())
}

#[tokio::test]
async fn files_that_messages_show_hold_up_nothing_however_many_they_are() -> Result<()> {
    let world = World::new();
    let (ada, grace) = world.people().await?;
    let room = world.shared_room(&grace, &ada).await?;
    let picture = upload(&world, &ada, "engine.png", b"a picture, believe me").await?.file;
    let input = MessageInput { kind: MessageKind::Image, file_id: Some(picture.id), ..said("look") };
    let posted = world.post(&ada, (room.id, input)).await?.view.message;
    let mut work = world.ports.store.begin().await?;
    let mut messages = Vec::new();
    for seq in 0..20_000 {
        let file = File { id: FileId::new(world.ports.ids.next()), ..picture.clone() };
        work.files().insert(&file).await?;
        let (id, seq) = (MessageId::new(world.ports.ids.next()), Seq::new(1_000 + seq));
        messages.push(Message { id, seq, file_id: Some(file.id), ..posted.clone() });
    }
    work.messages().insert(&messages).await?;
    work.commit().await?;
    world.services.erasure.request(&ada, Some(PASSWORD)).await?;
    wait(&world, ERASURE_GRACE);
    let done = world.services.erasure.erase_due().await?;
    assert_eq!((done.accounts, done.unfinished, done.files), (1, 0, 0));
    assert_eq!(stored(&world, ada.id()).await?.erase_at, None);
    Ok(())
}

#[tokio::test]
async fn accounts_that_cannot_be_erased_hold_up_no_other() -> Result<()> {
    let world = World::new();
    world.user("root").await?;
    for number in 0..51 {
        let user = world.user(&format!("user{number}")).await?;
        world.services.erasure.request(&user, Some(PASSWORD)).await?;
    }
    wait(&world, ERASURE_GRACE);
    world.faults.fail_commits(50);
    let done = world.services.erasure.erase_due().await?;
    assert_eq!((done.accounts, done.unfinished), (1, 50));
    assert_eq!(world.services.erasure.erase_due().await?.accounts, 50);
    Ok(())
}

#[tokio::test]
async fn what_becomes_of_rooms_is_written_down_as_the_servers_own_doing() -> Result<()> {
    let world = World::new();
    let Leaving { ada, grace, shared, lonely, .. } = given_leaving(&world).await?;
    world.services.erasure.erase_due().await?;
    let entries = world.ports.store.read().await?.audit().list(&AuditFilter::default(), None, 100).await?;
    let by_system: Vec<_> = entries
        .iter()
        .filter(|entry| entry.actor_kind == "system")
        .map(|entry| {
            let details: Value = serde_json::from_str(&entry.details).unwrap_or_default();
            (entry.action.as_str(), entry.target_id, details)
        })
        .collect();
    let given = json!({ "room_id": shared.id.to_string(), "from": "member", "to": "owner" });
    for expected in [
        ("user.deleted", Some(ada.id().uuid()), json!({})),
        ("member.role_changed", Some(grace.id().uuid()), given),
        ("room.deleted", Some(lonely.id.uuid()), json!({ "room_id": lonely.id.to_string() })),
    ] {
        assert!(by_system.contains(&expected), "{expected:?} in {by_system:?}");
    }
    assert_eq!(by_system.len(), 3);
    Ok(())
}
