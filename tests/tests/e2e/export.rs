//! Archives of everything about a user.

use std::{
    io::{Cursor, Read},
    time::Duration,
};

use plaza_tests::{
    Plaza, Setup, both_setups,
    client::{Api, PASSWORD, User},
    pictures::png,
    servers::until,
};
use serde_json::{Value, json};
use zip::ZipArchive;

both_setups!(
    an_archive_has_everything_about_its_user_and_nothing_about_others,
    an_archive_is_for_its_user_alone,
    one_archive_is_made_at_a_time_and_one_a_day,
);

const PATIENCE: Duration = Duration::from_secs(60);
const EXPORT: &str = "/users/me/export";

type Archive = ZipArchive<Cursor<Vec<u8>>>;

/// Asks for an archive, and waits until it is there.
async fn exported(user: &User) -> Value {
    let asked = user.api.post_empty(EXPORT).await.expect(202);
    let task_url =
        asked["task_url"].as_str().and_then(|url| url.strip_prefix("/api/v1")).expect("a path").to_owned();
    user.api.get(&task_url).await.expect(200);
    until(PATIENCE, || async {
        let export = user.api.get(EXPORT).await.expect(200);
        if export["state"] == "succeeded" { Ok(export) } else { Err(export) }
    })
    .await
    .unwrap_or_else(|export| panic!("the archive should be there: {export}"))
}

async fn fetched(user: &User, export: &Value) -> Archive {
    let path = export["content_url"]
        .as_str()
        .and_then(|url| url.strip_prefix("/api/v1"))
        .expect("a path")
        .to_owned();
    let content = user.api.get(&path).await;
    assert_eq!(content.status, 200, "{}", content.text());
    assert_eq!(content.header("content-type"), "application/zip");
    assert!(content.header("content-disposition").starts_with("attachment"), "nothing is run in a browser");
    ZipArchive::new(Cursor::new(content.body)).expect("an archive")
}

fn bytes_of(archive: &mut Archive, name: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    archive.by_name(name).expect(name).read_to_end(&mut bytes).expect("its bytes");
    bytes
}

fn list(archive: &mut Archive, name: &str) -> Vec<Value> {
    serde_json::from_slice(&bytes_of(archive, name)).expect("a list")
}

async fn an_archive_has_everything_about_its_user_and_nothing_about_others(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let ada = User::register(plaza.a(), "ada").await;
    let bob = User::register(plaza.b(), "bob").await;
    ada.api.put("/users/me", &json!({ "bio": "Counts.", "time_zone": "Europe/London" })).await.expect(200);
    let lobby = bob.open_room("lobby").await;
    ada.join(&lobby).await;
    let message = ada.say(&lobby, "first words").await;
    let id = message["id"].as_str().expect("an id");
    ada.api.patch(&format!("/messages/{id}"), &json!({ "content": "better words" })).await.expect(200);
    let theirs = bob.say(&lobby, "a secret of @ada").await;
    let theirs = theirs["id"].as_str().expect("an id");
    let reaction = format!("/messages/{theirs}/reactions/%F0%9F%91%8D");
    assert!(ada.api.put_empty(&reaction).await.status.is_success());
    ada.api.post("/friends/requests", &json!({ "user_id": bob.id })).await.expect(201);
    let secret = json!({ "name": "before she left", "is_private": true });
    let secret = bob.api.post("/rooms", &secret).await.expect(201)["id"].as_str().expect("an id").to_owned();
    bob.api.post(&format!("/rooms/{secret}/members"), &json!({ "user_id": ada.id })).await.expect(201);
    ada.api.post_empty(&format!("/rooms/{secret}/leave")).await.expect(204);
    bob.api.patch(&format!("/rooms/{secret}"), &json!({ "name": "a secret of theirs" })).await.expect(200);
    let picture = png(8, 8);
    let file_id = ada.upload_accepted("my picture.png", picture.clone()).await;
    ada.processed(&file_id).await;

    let mut archive = fetched(&ada, &exported(&ada).await).await;
    let account = list(&mut archive, "account.json");
    assert_eq!(account[0]["email"], "ada@example.org");
    assert_eq!(account[0]["bio"], "Counts.");
    assert_eq!(account[0]["preferences"]["shows_receipts"], true);
    assert_eq!(account[0]["authenticator_confirmed_at"], Value::Null);
    assert!(list(&mut archive, "identities.json").is_empty());
    let messages = list(&mut archive, "messages.json");
    let own = messages.iter().find(|message| message["id"] == id).expect("what she wrote");
    assert_eq!(own["content"], "better words");
    assert_eq!(own["before_edits"][0]["content"], "first words");
    let rooms = list(&mut archive, "rooms.json");
    let names: Vec<_> = rooms.iter().map(|room| &room["name"]).collect();
    assert_eq!(names, [&json!("lobby"), &Value::Null], "a private room that was left has no name any more");
    assert_eq!(list(&mut archive, "reactions.json")[0]["message_id"], theirs);
    assert_eq!(list(&mut archive, "mentions.json")[0]["message_id"], theirs);
    assert_eq!(list(&mut archive, "friend_requests.json")[0]["user"]["id"], bob.id.as_str());
    assert_eq!(list(&mut archive, "sessions.json").len(), 1);
    assert!(list(&mut archive, "audit.json").iter().any(|entry| entry["action"] == "user.registered"));
    let files = list(&mut archive, "files.json");
    let place = files[0]["included_as"].as_str().expect("a place in the archive").to_owned();
    assert_eq!(bytes_of(&mut archive, &place), picture);

    for name in ["account", "sessions", "messages", "mentions", "audit", "friend_requests"] {
        let text = String::from_utf8_lossy(&bytes_of(&mut archive, &format!("{name}.json"))).into_owned();
        for secret in ["a secret of", "bob@example.org", PASSWORD, "password_hash", "digest"] {
            assert!(!text.contains(secret), "{secret:?} in {name}: {text}");
        }
    }
}

async fn an_archive_is_for_its_user_alone(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let root = User::register(plaza.a(), "root").await;
    let ada = User::register(plaza.a(), "ada").await;
    let bob = User::register(plaza.b(), "bob").await;
    ada.api.get(EXPORT).await.expect_problem(404);
    Api::anonymous(plaza.a()).post_empty(EXPORT).await.expect_problem(401);
    let export = exported(&ada).await;
    let file_id = export["file_id"].as_str().expect("a file");
    let lobby = ada.open_room("lobby").await;
    for user in [&root, &bob] {
        user.join(&lobby).await;
    }
    // Nobody shows it to others, not even by mistake.
    let message = json!({ "message_type": "file", "content": "all of me", "file_id": file_id });
    ada.post_message(&lobby, &message).await.expect_problem(404);
    for user in [&root, &bob] {
        for part in ["", "/content", "/status"] {
            user.api.get(&format!("/files/{file_id}{part}")).await.expect_problem(404);
        }
        user.api.get(EXPORT).await.expect_problem(404);
    }
    // As other files: parts of it, links to it, and an end.
    let range = ada.api.request(reqwest::Method::GET, &format!("/files/{file_id}/content"));
    let part = ada.api.send(range.header("range", "bytes=0-3")).await;
    assert_eq!((part.status.as_u16(), part.body.as_slice()), (206, b"PK\x03\x04".as_slice()));
    ada.api.post(&format!("/files/{file_id}/signed-url"), &json!({ "part": "original" })).await.expect(200);
    ada.api.delete(&format!("/files/{file_id}")).await.expect(204);
    assert_eq!(ada.api.get(EXPORT).await.expect(200)["content_url"], Value::Null);
    bob.upload_to("/files/upload?purpose=export", "a.txt", b"words".to_vec()).await.expect_problem(422);
}

async fn one_archive_is_made_at_a_time_and_one_a_day(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let ada = User::register(plaza.a(), "ada").await;
    let mut asking = tokio::task::JoinSet::new();
    for number in 0..6 {
        let ada = ada.at(if number % 2 == 0 { plaza.a() } else { plaza.b() });
        asking.spawn(async move { ada.api.post_empty(EXPORT).await });
    }
    let mut tasks = std::collections::BTreeSet::new();
    while let Some(answer) = asking.join_next().await {
        let answer = answer.expect("an answer");
        // Perhaps it is done meanwhile.
        if answer.status != 429 {
            tasks.insert(answer.expect(202)["task_id"].to_string());
        }
    }
    assert_eq!(tasks.len(), 1, "{tasks:?}");
    let export = until(PATIENCE, || async {
        let export = ada.api.get(EXPORT).await.expect(200);
        if export["state"] == "succeeded" { Ok(export) } else { Err(export) }
    });
    export.await.expect("it is made");
    let refused = ada.api.at(plaza.b()).post_empty(EXPORT).await;
    refused.expect_problem(429);
    let wait: u64 = refused.header("retry-after").parse().expect("Retry-After in seconds");
    assert!(wait > 23 * 3600 && wait <= 24 * 3600, "Retry-After: {wait}");
}
