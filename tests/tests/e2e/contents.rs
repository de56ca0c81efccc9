//! Files that are deleted, and contents that several users have.

use plaza_tests::{
    Plaza, Setup, both_setups,
    client::{Answer, User},
    pictures::png,
};
use serde_json::json;

both_setups!(
    a_deleted_file_is_gone_everywhere_and_its_owner_is_told,
    only_its_owner_and_the_servers_admins_delete_a_file,
    who_uploads_what_others_have_gets_the_same_answer_and_a_file_of_their_own,
    a_file_that_is_deleted_while_it_is_processed_stays_deleted,
);

async fn delete(user: &User, file_id: &str) -> Answer {
    user.api.delete(&format!("/files/{file_id}")).await
}

async fn content(user: &User, file_id: &str) -> Answer {
    user.api.get(&format!("/files/{file_id}/content")).await
}

async fn used(user: &User) -> (u64, u64) {
    let storage = user.api.get("/users/me/storage").await.expect(200);
    (storage["used_bytes"].as_u64().expect("bytes"), storage["files"].as_u64().expect("files"))
}

async fn a_deleted_file_is_gone_everywhere_and_its_owner_is_told(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let ada = User::register(plaza.a(), "ada").await;
    let bob = User::register(plaza.b(), "bob").await;
    let room = ada.open_room("lounge").await;
    bob.join(&room).await;
    let file_id = ada.upload_accepted("sky.png", png(300, 200)).await;
    ada.processed(&file_id).await;
    let posted = json!({ "message_type": "image", "file_id": file_id });
    let message_id = ada.post_message(&room, &posted).await.expect(201)["id"].clone();
    let link = ada.api.post(&format!("/files/{file_id}/signed-url"), &json!({})).await.expect(200);
    let link = link["url"].as_str().and_then(|url| url.strip_prefix("/api/v1")).expect("a link").to_owned();
    assert_eq!(bob.api.get(&link).await.status, 200);
    let mut socket = ada.at(plaza.b()).connect().await;
    socket.expect_type("hello").await;

    delete(&ada, &file_id).await.expect(204);
    let told = socket.expect("a deletion", |frame| frame["type"] == "file").await;
    assert_eq!((&told["file_id"], &told["status"]), (&json!(file_id), &json!("deleted")));
    for user in [&ada, &bob] {
        for path in ["", "/status", "/content", "/variants/thumbnail"] {
            user.api.get(&format!("/files/{file_id}{path}")).await.expect_problem(404);
        }
        user.api.get(&link).await.expect_problem(404);
    }
    // The message stays, and names what is gone.
    let message = message_id.as_str().expect("an id");
    assert_eq!(bob.api.get(&format!("/messages/{message}")).await.expect(200)["file_id"], file_id.as_str());
    delete(&ada, &file_id).await.expect(204);
    assert_eq!(used(&ada).await, (0, 0));
    let again = ada.post_message(&room, &posted).await;
    assert!(again.status.is_client_error(), "{}", again.text());
}

async fn only_its_owner_and_the_servers_admins_delete_a_file(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let admin = User::register(plaza.a(), "root").await;
    let ada = User::register(plaza.a(), "ada").await;
    let bob = User::register(plaza.b(), "bob").await;
    let room = ada.open_room("lounge").await;
    let file_id = ada.upload_accepted("notes.txt", b"words".to_vec()).await;
    delete(&bob, &file_id).await.expect_problem(404);
    bob.join(&room).await;
    let posted = json!({ "message_type": "file", "file_id": file_id });
    ada.post_message(&room, &posted).await.expect(201);
    delete(&bob, &file_id).await.expect_problem(403);
    assert_eq!(content(&bob, &file_id).await.body, b"words");
    delete(&admin, &file_id).await.expect(204);
    content(&ada, &file_id).await.expect_problem(404);
    delete(&bob, &file_id).await.expect_problem(404);
}

async fn who_uploads_what_others_have_gets_the_same_answer_and_a_file_of_their_own(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let ada = User::register(plaza.a(), "ada").await;
    let bob = User::register(plaza.b(), "bob").await;
    let words = b"the same words".to_vec();
    let miss = ada.upload("a.txt", words.clone()).await;
    let hit = bob.upload("b.txt", words.clone()).await;
    let shape = |answer: &Answer| {
        let receipt = answer.expect(202);
        let mut names: Vec<_> = answer.headers.keys().map(ToString::to_string).collect();
        names.sort();
        let members: Vec<_> = receipt.as_object().expect("an object").keys().cloned().collect();
        (receipt["status"].clone(), members, names)
    };
    assert_eq!(shape(&miss), shape(&hit));
    let (first, second) = (miss.json()["file_id"].clone(), hit.json()["file_id"].clone());
    let (first, second) = (first.as_str().expect("an id"), second.as_str().expect("an id"));
    assert_ne!(first, second);
    for (user, file_id) in [(&ada, first), (&bob, second)] {
        assert_eq!(user.processed(file_id).await["status"], "completed");
        assert_eq!(used(user).await, (14, 1), "each is charged in full");
    }
    content(&bob, first).await.expect_problem(404);
    delete(&ada, first).await.expect(204);
    content(&ada, first).await.expect_problem(404);
    assert_eq!(content(&bob, second).await.body, words);
}

async fn a_file_that_is_deleted_while_it_is_processed_stays_deleted(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let ada = User::register(plaza.a(), "ada").await;
    for number in 0..4 {
        let file_id = ada.upload_accepted("sky.png", png(900 + number, 700)).await;
        delete(&ada, &file_id).await.expect(204);
        content(&ada, &file_id).await.expect_problem(404);
    }
    // What comes after them is processed: they hold up nobody.
    let file_id = ada.upload_accepted("last.png", png(60, 40)).await;
    assert_eq!(ada.processed(&file_id).await["status"], "completed");
    assert_eq!(used(&ada).await.1, 1);
}
