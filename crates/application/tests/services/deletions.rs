//! Uploads that are taken back.

use std::sync::Arc;

use chrono::TimeDelta;
use plaza_application::{
    Actor, Error, MessageInput, Result, Settings,
    events::{Event, UserEvent},
    memory::MemoryBlobStore,
};
use plaza_domain::{File, FilePurpose, MessageKind, SystemRole, Usage};

use crate::{
    files::upload,
    world::{World, heard, said},
};

async fn is_gone(world: &World, actor: &Actor, file: &File) -> bool {
    let files = &world.services.files;
    let shown = [files.get(actor, file.id).await.err(), files.content(actor, file.id).await.err()];
    shown.iter().all(|error| matches!(error, Some(Error::NotFound("file"))))
}

/// How many contents nothing refers to.
async fn purged(world: &World) -> Result<usize> {
    let mut work = world.ports.store.begin().await?;
    let keys = work.blobs().purge(TimeDelta::zero(), 100).await?;
    work.commit().await?;
    Ok(keys.len())
}

#[tokio::test]
async fn a_deleted_file_is_gone_and_its_owner_is_told_once() -> Result<()> {
    let world = World::new();
    let (ada, _) = world.people().await?;
    let file = upload(&world, &ada, "notes.txt", b"words").await?.file;
    let mut events = world.ports.bus.subscribe();
    let files = &world.services.files;
    files.delete(&ada, file.id).await?;
    assert!(is_gone(&world, &ada, &file).await);
    files.delete(&ada, file.id).await?;
    let told = UserEvent::FileDeleted { user_id: ada.id(), file_id: file.id };
    assert_eq!(heard(&mut events), [Event::User(told)]);
    assert_eq!(files.storage(&ada).await?.used, Usage::default());
    assert_eq!(purged(&world).await?, 1);
    Ok(())
}

#[tokio::test]
async fn who_deletes_a_file_that_others_have_too_deletes_their_own() -> Result<()> {
    let blobs = MemoryBlobStore::default();
    let world = World::build(&Settings::default(), |ports| ports.blobs = Arc::new(blobs.clone()));
    let (ada, grace) = world.people().await?;
    let first = upload(&world, &ada, "a.txt", b"the same words").await?.file;
    let second = upload(&world, &grace, "b.txt", b"the same words").await?.file;
    world.services.files.delete(&ada, first.id).await?;
    assert_eq!(purged(&world).await?, 0);
    assert!(!is_gone(&world, &grace, &second).await);
    world.services.files.delete(&grace, second.id).await?;
    assert_eq!(purged(&world).await?, 1);
    Ok(())
}

#[tokio::test]
async fn only_its_owner_and_admins_delete_a_file() -> Result<()> {
    let world = World::new();
    let (ada, grace) = world.people().await?;
    let room = world.shared_room(&ada, &grace).await?;
    let stranger = world.user("stranger").await?;
    let admin = world.user_as("boss", SystemRole::Admin).await?;
    let file = upload(&world, &ada, "notes.txt", b"words").await?.file;
    let input = || MessageInput { kind: MessageKind::File, file_id: Some(file.id), ..said("") };
    world.services.messages.post(&ada, room.id, input()).await?;
    let files = &world.services.files;
    assert!(matches!(files.delete(&stranger, file.id).await, Err(Error::NotFound("file"))));
    assert!(matches!(files.delete(&grace, file.id).await, Err(Error::Forbidden(_))));
    files.delete(&admin, file.id).await?;
    assert!(is_gone(&world, &ada, &file).await && is_gone(&world, &grace, &file).await);
    // Who saw it does not any more, and learns no more than a stranger.
    assert!(matches!(files.delete(&grace, file.id).await, Err(Error::NotFound("file"))));
    let again = world.services.messages.post(&ada, room.id, input()).await;
    assert!(again.is_err(), "it cannot be posted again");
    Ok(())
}

#[tokio::test]
async fn a_deletion_that_fails_changes_nothing() -> Result<()> {
    let world = World::new();
    let (ada, _) = world.people().await?;
    let file = upload(&world, &ada, "notes.txt", b"words").await?.file;
    world.faults.fail_commits(1);
    let mut events = world.ports.bus.subscribe();
    assert!(matches!(world.services.files.delete(&ada, file.id).await, Err(Error::Unavailable(_))));
    assert_eq!(heard(&mut events), []);
    assert!(!is_gone(&world, &ada, &file).await);
    assert_eq!(world.services.files.storage(&ada).await?.used.files, 1);
    Ok(())
}

#[tokio::test]
async fn who_deletes_their_avatar_has_none() -> Result<()> {
    let world = World::new();
    let (ada, _) = world.people().await?;
    let mut avatar = upload(&world, &ada, "me.png", b"pixels").await?.file;
    avatar.purpose = FilePurpose::Avatar;
    avatar.id = world.ports.ids.next().into();
    let mut work = world.ports.store.begin().await?;
    let blob = work.blobs().find(avatar.sha256).await?.ok_or(Error::NotFound("blob"))?;
    work.blobs().acquire(&blob).await?;
    work.files().insert(&avatar).await?;
    work.usage().charge(ada.id(), avatar.size, None).await?;
    let mut user = work.users().find(ada.id()).await?.ok_or(Error::NotFound("user"))?;
    user.avatar_file_id = Some(avatar.id);
    work.users().update(&user).await?;
    work.commit().await?;
    world.services.files.delete(&ada, avatar.id).await?;
    assert_eq!(world.services.users.get(&ada, ada.id()).await?.avatar_file_id, None);
    Ok(())
}
