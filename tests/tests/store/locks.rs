//! What transactions on Postgres don't wait for. On the other stores there is one writer at a time.

use std::time::Duration;

use tokio::time::timeout;

use super::{
    Outcome,
    blobs::blob,
    builders::{file, given_user, task},
    files::CONTENT,
    fixture::postgres,
};

const DEADLINE: Duration = Duration::from_secs(10);
const SIZE: u64 = 1_000;

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
