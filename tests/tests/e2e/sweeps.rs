//! Sweeps: what nothing refers to goes after its time of grace, and what somebody still shows stays.

use std::time::Duration;

use plaza_tests::{
    Options, Plaza, Setup, backstage::Backstage, both_setups, client::User, pictures::png, servers::until,
};
use serde_json::{Value, json};

const PATIENCE: Duration = Duration::from_secs(60);

both_setups!(
    contents_without_a_reference_are_removed_after_their_grace,
    contents_stay_during_their_grace,
    uploads_that_nothing_shows_are_removed_and_those_in_messages_stay,
);

/// Starts a job by hand and waits for what came of it.
async fn sweep(admin: &User, name: &str) -> Value {
    let started = admin.api.post_empty(&format!("/admin/jobs/{name}/run")).await.expect(202);
    let path = format!("/admin/tasks/{}", started["id"].as_str().expect("an id"));
    until(PATIENCE, || async {
        let details = admin.api.get(&path).await.expect(200);
        let task = details["task"].clone();
        if task["state"] == "succeeded" { Ok(task["result"].clone()) } else { Err(task) }
    })
    .await
    .unwrap_or_else(|task| panic!("{name} should have succeeded: {task}"))
}

async fn picture(user: &User) -> String {
    let file_id = user.upload_accepted("sky.png", png(600, 400)).await;
    assert_eq!(user.processed(&file_id).await["status"], "completed");
    file_id
}

async fn delete(user: &User, file_id: &str) {
    user.api.delete(&format!("/files/{file_id}")).await.expect(204);
}

async fn contents_without_a_reference_are_removed_after_their_grace(setup: Setup) {
    let plaza = Options::new(setup).variable("PLAZA_UPLOADS__GRACE_HOURS", "0").start().await;
    let root = User::register(plaza.a(), "root").await;
    let bob = User::register(plaza.b(), "bob").await;
    let (hers, his) = (picture(&root).await, picture(&bob).await);
    delete(&root, &hers).await;
    assert_eq!(sweep(&root, "sweep_blobs").await["purged"], 0, "the other one has the same content");

    delete(&bob, &his).await;
    let swept = sweep(&root, "sweep_blobs").await;
    let counts = ["purged", "not_removed", "orphans"].map(|name| swept[name].as_u64());
    // The upload, its preview, which is not enlarged but encoded anew, and its thumbnail.
    assert_eq!(counts, [Some(3), Some(0), Some(0)], "{swept}");
    assert_eq!(sweep(&root, "sweep_blobs").await["purged"], 0);

    let again = picture(&bob).await;
    for path in ["content", "variants/thumbnail", "variants/preview"] {
        assert_eq!(bob.api.get(&format!("/files/{again}/{path}")).await.status, 200, "{path}");
    }
}

async fn contents_stay_during_their_grace(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let root = User::register(plaza.a(), "root").await;
    let file_id = picture(&root).await;
    delete(&root, &file_id).await;
    assert_eq!(sweep(&root, "sweep_blobs").await["purged"], 0);
}

async fn uploads_that_nothing_shows_are_removed_and_those_in_messages_stay(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let root = User::register(plaza.a(), "root").await;
    let room = root.open_room("lounge").await;
    let (shown, unused, old) = (picture(&root).await, picture(&root).await, picture(&root).await);
    for file_id in [&shown, &old] {
        let posted = json!({ "message_type": "image", "file_id": file_id });
        let message = root.post_message(&room, &posted).await.expect(201);
        if file_id == &old {
            let path = format!("/messages/{}", message["id"].as_str().expect("an id"));
            assert!(root.api.delete(&path).await.status.is_success());
        }
    }
    assert_eq!(sweep(&root, "sweep_uploads").await["deleted"], 0, "they are not old enough");

    let backstage = Backstage::open(&plaza).await;
    backstage.age_files().await;
    backstage.close().await;
    let recent = picture(&root).await;
    let swept = sweep(&root, "sweep_uploads").await;
    assert_eq!(swept["deleted"], 2, "{swept}");
    for (file_id, status) in [(&shown, 200), (&unused, 404), (&old, 404), (&recent, 200)] {
        assert_eq!(root.api.get(&format!("/files/{file_id}")).await.status, status, "{file_id}");
    }
}
