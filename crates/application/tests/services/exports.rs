//! How archives of users end: replaced, not needed, or kept for long enough.

use chrono::TimeDelta;
use plaza_application::{
    Actor, Concluded, DeletionOrder, EXPORT_KEPT, Operator, Result, Settings, UploadSettings,
    events::{Event, UserEvent},
    ports::StoredObject,
};
use plaza_domain::{FileId, Sha256, UserId};

use crate::{erasure::wait, world::World};

const SIZE: u64 = 1_000;
const SECOND: TimeDelta = TimeDelta::seconds(1);

/// Ends the work on an archive of `actor` as its task does, with an object of its own; `number` tells objects apart.
async fn conclude(world: &World, actor: &Actor, number: u8) -> Result<(FileId, Concluded)> {
    let exports = &world.services.exports;
    let task = exports.request(actor).await?.task;
    let file_id = exports.next_id();
    let concluded = conclude_as(world, actor.id(), (task.id, file_id), number).await?;
    Ok((file_id, concluded))
}

async fn conclude_as(
    world: &World,
    user_id: UserId,
    ids: (plaza_domain::TaskId, FileId),
    number: u8,
) -> Result<Concluded> {
    let object = StoredObject { key: key(number), size: SIZE, sha256: Sha256([number; 32]) };
    let mut work = world.ports.store.begin().await?;
    let concluded = world.services.exports.conclude(&mut *work, user_id, ids, object).await?;
    work.commit().await?;
    Ok(concluded)
}

fn key(number: u8) -> String {
    format!("archive-{number}")
}

async fn archives(world: &World, actor: &Actor) -> Result<Vec<FileId>> {
    Ok(world.ports.store.read().await?.exports().archives_of(actor.id()).await?)
}

async fn used(world: &World, actor: &Actor) -> Result<(u64, u64)> {
    let used = world.ports.store.read().await?.usage().find(actor.id()).await?;
    Ok((used.files, used.bytes))
}

#[tokio::test]
async fn a_newer_archive_takes_the_place_of_the_one_before_and_its_owner_is_told() -> Result<()> {
    let world = World::new();
    let (ada, _) = world.people().await?;
    let (first, concluded) = conclude(&world, &ada, 1).await?;
    assert_eq!(concluded.events, []);
    let (second, concluded) = conclude(&world, &ada, 2).await?;
    let told = Event::User(UserEvent::FileDeleted { user_id: ada.id(), file_id: first });
    assert_eq!((concluded.events, concluded.unneeded), (vec![told], Vec::new()));
    assert_eq!(archives(&world, &ada).await?, [second]);
    assert_eq!(used(&world, &ada).await?, (1, SIZE));
    Ok(())
}

#[tokio::test]
async fn an_archive_of_somebody_who_is_gone_is_not_needed() -> Result<()> {
    let world = World::new();
    let (ada, _) = world.people().await?;
    let task = world.services.exports.request(&ada).await?.task;
    let at_once = DeletionOrder { is_immediate: true, ..DeletionOrder::default() };
    world.services.erasure.order(Operator::CommandLine, ada.id(), at_once).await?;
    // Before the account is erased, and after.
    for number in [1, 2] {
        let ids = (task.id, world.services.exports.next_id());
        let concluded = conclude_as(&world, ada.id(), ids, number).await?;
        assert_eq!((concluded.events, concluded.unneeded), (Vec::new(), vec![key(number)]));
        assert_eq!(archives(&world, &ada).await?, []);
        assert_eq!(used(&world, &ada).await?, (0, 0));
        world.services.erasure.erase_due().await?;
    }
    Ok(())
}

#[tokio::test]
async fn an_archive_is_deleted_once_it_was_kept_for_its_time() -> Result<()> {
    let world = World::new();
    let (ada, _) = world.people().await?;
    conclude(&world, &ada, 1).await?;
    wait(&world, EXPORT_KEPT);
    assert_eq!(world.services.contents.sweep_uploads().await?.archives, 0);
    wait(&world, SECOND);
    assert_eq!(world.services.contents.sweep_uploads().await?.archives, 1);
    assert_eq!(archives(&world, &ada).await?, []);
    assert_eq!(used(&world, &ada).await?, (0, 0));
    Ok(())
}

#[tokio::test]
async fn an_archive_that_cannot_be_deleted_holds_up_nothing_else() -> Result<()> {
    let uploads = UploadSettings { unused_after: None, ..UploadSettings::default() };
    let world = World::with_settings(&Settings { uploads, ..Settings::default() });
    let (ada, grace) = world.people().await?;
    conclude(&world, &ada, 1).await?;
    conclude(&world, &grace, 2).await?;
    wait(&world, EXPORT_KEPT + SECOND);
    // The first commit is that of uploads that lasted too long.
    world.faults.fail_commit_after(1);
    assert_eq!(world.services.contents.sweep_uploads().await?.archives, 1);
    assert_eq!(world.services.contents.sweep_uploads().await?.archives, 1);
    Ok(())
}
