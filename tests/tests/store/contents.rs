//! The sweeps of contents and uploads, on every store, with objects in a folder and in a bucket: what somebody has stays,
//! and nothing else does.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};
use plaza_application::{
    Actor, Ports, Services, Settings, UploadSettings, memory::ports_with, ports::BlobStore,
};
use plaza_domain::{
    Content, Device, File, FileId, MessageDraft, SessionId, Store, SystemRole, Timestamp, Usage, User,
    Version,
};
use plaza_infrastructure::clock::{SystemClock, UuidV7Generator};
use tokio::task::JoinSet;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    Outcome,
    builders::{at, given_messages, given_room, given_user, id, place},
    fixture::Result,
    objects::{Objects, in_bucket, in_folder},
};

/// Everything at once, and nobody waits.
fn impatient() -> UploadSettings {
    UploadSettings {
        grace: Duration::ZERO,
        orphan_age: Duration::ZERO,
        unused_after: Some(Duration::ZERO),
        max_parallel: None,
        ..UploadSettings::default()
    }
}

/// Services on a store and an object store.
struct World {
    ports: Ports,
    services: Services,
    _objects: Objects,
}

impl World {
    fn new(store: &Arc<dyn Store>, objects: Objects, uploads: UploadSettings) -> Self {
        let mut ports = ports_with(Arc::new(SystemClock));
        ports.store = Arc::clone(store);
        ports.blobs = Arc::clone(&objects.store);
        ports.ids = Arc::new(UuidV7Generator);
        let settings = Settings { uploads, ..Settings::default() };
        let services = Services::start(&ports, &settings, &TaskTracker::new(), &CancellationToken::new());
        Self { ports, services, _objects: objects }
    }

    async fn upload(&self, actor: &Actor, content: &Bytes) -> Result<File> {
        let body = stream::iter([Ok(content.clone())]).boxed();
        Ok(self.services.files.upload(actor, "notes.txt", body, |_| Ok(())).await?.file)
    }

    async fn read(&self, actor: &Actor, id: FileId) -> Result<Vec<u8>> {
        let content = self.services.files.content(actor, id).await?;
        let chunks: Vec<Bytes> = self.services.files.open(&content, None).await?.try_collect().await?;
        Ok(chunks.concat())
    }

    async fn keys(&self) -> Result<Vec<String>> {
        keys(&*self.ports.blobs).await
    }
}

async fn keys(blobs: &dyn BlobStore) -> Result<Vec<String>> {
    Ok(blobs.list("", 10_000).await?.into_iter().map(|object| object.key).collect())
}

fn actor(user: &User) -> Actor {
    Actor {
        user: user.summary(),
        role: SystemRole::Member,
        must_verify_email: false,
        session_id: SessionId::new(id()),
        expires_at: at(0),
        must_set_up_second_factor: false,
        device: Device::default(),
    }
}

/// One world with a folder and one with a bucket; the stores of objects differ, and the rows are the same store's.
async fn each(store: &Arc<dyn Store>, uploads: UploadSettings) -> Result<[World; 2]> {
    Ok([in_folder().await?, in_bucket()?].map(|objects| World::new(store, objects, uploads.clone())))
}

pub(crate) async fn what_nobody_has_is_removed_and_nothing_else(store: Arc<dyn Store>) -> Outcome {
    for (number, world) in each(&store, impatient()).await?.into_iter().enumerate() {
        let ada = actor(&given_user(&store, &format!("ada{number}")).await?);
        let bob = actor(&given_user(&store, &format!("bob{number}")).await?);
        let (shared, alone) = (Bytes::from_static(b"shared"), Bytes::from_static(b"alone"));
        let (first, second) = (world.upload(&ada, &shared).await?, world.upload(&bob, &shared).await?);
        let third = world.upload(&ada, &alone).await?;
        assert_eq!(world.keys().await?.len(), 2, "one object for each content");
        let mut forsaken = world.ports.blobs.create().await?;
        forsaken.write(Bytes::from_static(b"nobody wrote it down")).await?;
        forsaken.finish().await?;

        let done = world.services.contents.sweep_blobs().await?;
        assert_eq!((done.purged, done.orphans, done.objects), (0, 1, 3));
        world.services.files.delete(&ada, first.id).await?;
        world.services.files.delete(&ada, third.id).await?;
        let done = world.services.contents.sweep_blobs().await?;
        assert_eq!((done.purged, done.orphans, done.not_removed), (1, 0, 0));
        assert_eq!((done.forgotten_files, done.forgotten_contents), (2, 1));
        assert_eq!(world.keys().await?.len(), 1);
        assert_eq!(world.read(&bob, second.id).await?, shared);
        // The same again, after its row was forgotten.
        let again = world.upload(&ada, &alone).await?;
        assert_eq!(world.read(&ada, again.id).await?, alone);
        world.services.files.delete(&bob, second.id).await?;
        world.services.files.delete(&ada, again.id).await?;
        assert_eq!(world.services.contents.sweep_blobs().await?.purged, 2);
        assert_eq!(world.keys().await?, [""; 0]);
    }
    Ok(())
}

pub(crate) async fn within_the_time_of_grace_nothing_is_removed(store: Arc<dyn Store>) -> Outcome {
    let world = World::new(&store, in_folder().await?, UploadSettings::default());
    let ada = actor(&given_user(&store, "ada").await?);
    let words = Bytes::from_static(b"words");
    let file = world.upload(&ada, &words).await?;
    world.services.files.delete(&ada, file.id).await?;
    let done = world.services.contents.sweep_blobs().await?;
    assert_eq!((done.purged, done.orphans, done.objects), (0, 0, 1));
    let again = world.upload(&ada, &words).await?;
    assert_eq!(world.read(&ada, again.id).await?, words);
    assert_eq!(world.keys().await?.len(), 1, "the object that was there is used again");
    Ok(())
}

pub(crate) async fn a_file_that_nothing_shows_is_deleted_in_time(store: Arc<dyn Store>) -> Outcome {
    let world = World::new(&store, in_folder().await?, impatient());
    let user = given_user(&store, "ada").await?;
    let ada = actor(&user);
    let (shown, avatar, unused) = (
        world.upload(&ada, &Bytes::from_static(b"shown")).await?,
        world.upload(&ada, &Bytes::from_static(b"avatar")).await?,
        world.upload(&ada, &Bytes::from_static(b"unused")).await?,
    );
    let room = given_room(&store, &user).await?;
    let draft = MessageDraft::file(shown.id, Content::from_stored(String::new()));
    let mut message = place(draft, &room, &user, 1);
    given_messages(&store, &[message.clone()]).await?;
    let mut work = store.begin().await?;
    work.users().update(&User { avatar_file_id: Some(avatar.id), ..user.clone() }).await?;
    work.commit().await?;

    let done = world.services.contents.sweep_uploads().await?;
    assert_eq!((done.files, done.deleted), (3, 1));
    assert!(world.read(&ada, unused.id).await.is_err());
    assert_eq!(world.read(&ada, shown.id).await?, b"shown");
    assert_eq!(world.read(&ada, avatar.id).await?, b"avatar");
    assert_eq!(world.services.contents.sweep_uploads().await?.deleted, 0);

    message.delete(Version::new(2), at(2));
    let mut work = store.begin().await?;
    work.messages().update(&message).await?;
    work.users().update(&user).await?;
    work.commit().await?;
    assert_eq!(world.services.contents.sweep_uploads().await?.deleted, 2);
    assert_eq!(world.services.files.storage(&ada).await?.used, Usage::default());
    Ok(())
}

pub(crate) async fn a_deleted_file_is_remembered_while_a_message_names_it(store: Arc<dyn Store>) -> Outcome {
    let world = World::new(&store, in_folder().await?, impatient());
    let user = given_user(&store, "ada").await?;
    let ada = actor(&user);
    let words = Bytes::from_static(b"words");
    let file = world.upload(&ada, &words).await?;
    let room = given_room(&store, &user).await?;
    let draft = MessageDraft::file(file.id, Content::from_stored(String::new()));
    given_messages(&store, &[place(draft, &room, &user, 1)]).await?;
    world.services.files.delete(&ada, file.id).await?;
    let done = world.services.contents.sweep_blobs().await?;
    assert_eq!((done.purged, done.forgotten_files, done.forgotten_contents), (1, 0, 0));
    assert_eq!(world.keys().await?, [""; 0]);
    // The purged content comes back with an object of its own.
    let again = world.upload(&ada, &words).await?;
    assert_eq!(world.read(&ada, again.id).await?, words);
    assert!(world.read(&ada, file.id).await.is_err());
    Ok(())
}

/// How many users upload, read and delete the same few contents, again and again, while two workers sweep.
const USERS: usize = 6;
const CONTENTS: usize = 3;
const ROUNDS: usize = 12;

/// The lesson of many systems: who uploads what another just deletes must never end up with a row without bytes.
pub(crate) async fn racing_uploads_deletions_and_sweeps_lose_and_leave_nothing(
    store: Arc<dyn Store>,
) -> Outcome {
    for (number, world) in
        each(&store, UploadSettings { orphan_age: HOUR, ..impatient() }).await?.into_iter().enumerate()
    {
        let world = Arc::new(world);
        let (lost, uploads) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let done = Arc::new(AtomicBool::new(false));
        let mut users = JoinSet::new();
        for user in 0..USERS {
            let actor = actor(&given_user(&store, &format!("user{number}-{user}")).await?);
            let (world, lost, uploads) = (Arc::clone(&world), Arc::clone(&lost), Arc::clone(&uploads));
            users.spawn(async move {
                for round in 0..ROUNDS {
                    let content = Bytes::from(format!("content {}", (user + round) % CONTENTS));
                    let file = world.upload(&actor, &content).await?;
                    uploads.fetch_add(1, Ordering::Relaxed);
                    let found = world.read(&actor, file.id).await;
                    lost.fetch_add(usize::from(found.ok().as_deref() != Some(&*content)), Ordering::Relaxed);
                    // The last files stay.
                    if round < ROUNDS - 2 {
                        world.services.files.delete(&actor, file.id).await?;
                    }
                }
                Result::Ok(())
            });
        }
        let mut sweepers = JoinSet::new();
        let purged = Arc::new(AtomicUsize::new(0));
        for _ in 0..2 {
            let (world, done, purged) = (Arc::clone(&world), Arc::clone(&done), Arc::clone(&purged));
            sweepers.spawn(async move {
                while !done.load(Ordering::Relaxed) {
                    let swept = world.services.contents.sweep_blobs().await?;
                    purged.fetch_add(usize::try_from(swept.purged)?, Ordering::Relaxed);
                    tokio::task::yield_now().await;
                }
                Result::Ok(())
            });
        }
        while let Some(ended) = users.join_next().await {
            ended??;
        }
        done.store(true, Ordering::Relaxed);
        while let Some(ended) = sweepers.join_next().await {
            ended??;
        }
        world.services.contents.sweep_blobs().await?;
        let (missing, unnamed) = compare(&store, &world).await?;
        let (uploads, purged) = (uploads.load(Ordering::Relaxed), purged.load(Ordering::Relaxed));
        let lost = lost.load(Ordering::Relaxed);
        eprintln!(
            "{uploads} uploads of {CONTENTS} contents by {USERS} users, {purged} purges: {lost} reads without bytes, \
             {missing} referenced contents without an object, {unnamed} objects without a row"
        );
        assert_eq!(uploads, USERS * ROUNDS);
        assert_eq!((lost, missing, unnamed), (0, 0, 0));
        let admin = actor(&given_user(&store, &format!("admin{number}")).await?);
        let admin = Actor { role: SystemRole::Admin, ..admin };
        for place in store.read().await?.files().list_kept(far(), None, 1_000).await? {
            world.services.files.delete(&admin, place.id).await?;
        }
        world.services.contents.sweep_blobs().await?;
        assert_eq!(world.keys().await?, [""; 0], "no reference was counted twice, and none was forgotten");
    }
    Ok(())
}

const HOUR: Duration = Duration::from_secs(60 * 60);

/// After every upload.
fn far() -> Timestamp {
    at(2_000_000_000)
}

/// How many contents that files have are without an object, and how many objects no content names.
async fn compare(store: &Arc<dyn Store>, world: &World) -> Result<(usize, usize)> {
    let keys = world.keys().await?;
    let mut read = store.read().await?;
    let mut missing = 0;
    for place in read.files().list_kept(far(), None, 1_000).await? {
        let file = read.files().find(place.id).await?.ok_or("a file")?;
        let blob = read.blobs().find(file.sha256).await?;
        missing += usize::from(!blob.is_some_and(|blob| keys.contains(&blob.storage_key)));
    }
    let named = read.blobs().named(&keys).await?;
    Ok((missing, keys.len() - named.len()))
}
