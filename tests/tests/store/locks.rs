//! What transactions on Postgres wait for, and what not. On the other stores there is one writer at a time.

use std::{sync::Arc, time::Duration};

use plaza_domain::Store;
use plaza_infrastructure::db::{connect, migrate};
use plaza_tests::servers::{postgres_database, until};
use sea_orm::{ConnectionTrait, Database, DbBackend, Statement};
use tokio::{task::JoinSet, time::timeout};

use super::{
    Outcome,
    appending::{new, places},
    blobs::blob,
    builders::{file, given_user, given_user_and_room, task, text},
    files::CONTENT,
    fixture::{postgres, settings},
};

const DEADLINE: Duration = Duration::from_secs(10);
const SIZE: u64 = 1_000;
const WAITING: &str = "SELECT 1 AS one FROM pg_stat_activity \
     WHERE datname = current_database() AND wait_event_type = 'Lock'";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_refers_to_a_user_is_stored_while_another_transaction_has_locked_them() -> Outcome {
    let fixture = postgres().await?;
    let store = fixture.store();
    let ada = given_user(&store, "ada").await?;
    // The user, and then what their files take up, as when an archive replaces another.
    let mut archive = store.begin().await?;
    archive.users().lock(ada.id).await?.ok_or("no user")?;
    archive.erasures().lock_admins(ada.id).await?;
    // The other way round, as an upload does.
    let task = task("media");
    let mut upload = store.begin().await?;
    let stored = timeout(DEADLINE, async {
        upload.usage().charge(ada.id, SIZE, None).await?;
        upload.blobs().acquire(&blob("key")).await?;
        upload.tasks().insert(&task).await?;
        upload.files().insert(&file(&ada, CONTENT, &task)).await?;
        upload.commit().await
    });
    stored.await.map_err(|_| "an upload waits for whoever has locked its owner")??;
    archive.usage().charge(ada.id, SIZE, None).await?;
    archive.commit().await?;
    assert_eq!(store.read().await?.usage().find(ada.id).await?.files, 2);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_room_that_changed_while_a_message_waited_for_it_gets_nothing() -> Outcome {
    let url = postgres_database().await;
    let store = connect(&settings(url.clone())).await?;
    migrate(&store).await?;
    let store: Arc<dyn Store> = Arc::new(store);
    let (ada, room) = given_user_and_room(&store).await?;
    let mut change = store.begin().await?;
    change.rooms().advance(room.id, 1, 2).await?;
    let mut appending = JoinSet::new();
    appending.spawn({
        let (store, message) = (Arc::clone(&store), new(text("late"), room.id, &ada));
        async move { store.append(vec![message]).await }
    });
    let database = Database::connect(url).await?;
    until(DEADLINE, async || {
        let waiting = Statement::from_string(DbBackend::Postgres, WAITING);
        let found = database.query_one_raw(waiting).await.map_err(|error| error.to_string())?;
        found.map(drop).ok_or_else(|| "the message does not wait".to_owned())
    })
    .await?;
    change.commit().await?;
    let stored = appending.join_next().await.ok_or("nothing was appended")??;
    assert_eq!(places(&stored?), []);
    let room = store.read().await?.rooms().find(room.id).await?.ok_or("no room")?;
    assert_eq!((room.last_seq.get(), room.version.get()), (1, 2));
    Ok(())
}
