//! Accounts end: at once for who uses them, and for good after a time of grace.

use std::{sync::Arc, time::Duration};

use chrono::TimeDelta;
use plaza_domain::{Store, UserId};
use plaza_tests::{
    OpenPlaza, Setup, both_setups,
    client::{Answer, Api, PASSWORD, User},
    pictures::png,
    servers::until,
};
use reqwest::Method;
use serde_json::{Value, json};

use crate::task_orders::out;

const PATIENCE: Duration = Duration::from_secs(60);

both_setups!(
    an_account_ends_at_once_and_a_login_brings_it_back,
    what_tells_of_a_user_is_erased_and_what_they_wrote_stays,
    rooms_of_an_erased_user_go_to_who_comes_first_there,
    only_who_knows_the_password_ends_an_account_and_the_last_admin_stays,
);

async fn delete(user: &User, password: &Value) -> Answer {
    let request = user.api.request(Method::DELETE, "/users/me");
    user.api.send(request.json(&json!({ "password": password }))).await
}

/// Lets a user's time of grace be over, and the job run.
async fn erase(store: &Arc<dyn Store>, admin: &User, user: &User) {
    let id: UserId = user.id.parse().expect("an id");
    let mut work = store.begin().await.expect("a transaction");
    let mut leaving = work.users().lock(id).await.expect("an answer").expect("the user");
    leaving.erase_at = leaving.erase_at.map(|at| at - TimeDelta::days(15));
    work.users().update(&leaving).await.expect("a write");
    work.commit().await.expect("a commit");
    until(PATIENCE, || async {
        // Runs once more when it ran just before the time was over.
        admin.api.post_empty("/admin/jobs/erase_accounts/run").await;
        let profile = admin.api.get(&format!("/users/{}", user.id)).await.expect(200);
        let left = store.read().await.expect("a reader").users().find(id).await.expect("an answer");
        let is_done = left.is_some_and(|user| user.is_erased() && user.erase_at.is_none());
        if profile["is_deleted"] == true && is_done { Ok(()) } else { Err(profile) }
    })
    .await
    .unwrap_or_else(|profile| panic!("the user should be erased: {profile}"));
}

async fn an_account_ends_at_once_and_a_login_brings_it_back(setup: Setup) {
    let open = OpenPlaza::start(setup, |options| options).await;
    let plaza = &open.plaza;
    User::register(plaza.a(), "root").await;
    let ada = User::register(plaza.a(), "ada").await;
    let elsewhere = User::log_in(plaza.b(), "ada").await;
    let mut sockets = [ada.connect().await, elsewhere.connect().await];
    let answer = delete(&ada, &json!(PASSWORD)).await.expect(200);
    assert!(answer["erase_at"].is_string(), "{answer}");
    for socket in &mut sockets {
        assert_eq!(socket.close_code().await, 4401);
    }
    for session in [&ada, &elsewhere] {
        until(PATIENCE, || async {
            let status = session.api.get("/users/me").await.status;
            if status == 401 { Ok(()) } else { Err(status) }
        })
        .await
        .expect("its tokens work no more");
    }
    let listed = out(&plaza.run(&["admin", "users", "--search", "ada"]).await);
    assert!(listed.contains("in use, to be erased at 20"), "{listed}");
    // Nobody else gets the name meanwhile.
    let anybody = Api::anonymous(plaza.b());
    let eve = json!({ "email": "eve@example.org", "username": "ada", "password": PASSWORD });
    anybody.post("/auth/register", &eve).await.expect_problem(409);

    let login = anybody.log_in("ada", PASSWORD).await.expect(200);
    assert_eq!(login["is_restored"], true);
    assert_eq!(anybody.log_in("ada", PASSWORD).await.expect(200)["is_restored"], false);
    let id: UserId = ada.id.parse().expect("an id");
    let user = open.store.read().await.expect("a reader").users().find(id).await.expect("an answer");
    assert_eq!(user.and_then(|user| user.erase_at), None);
}

async fn what_tells_of_a_user_is_erased_and_what_they_wrote_stays(setup: Setup) {
    let open = OpenPlaza::start(setup, |options| options).await;
    let plaza = &open.plaza;
    let root = User::register(plaza.a(), "root").await;
    let ada = User::register(plaza.a(), "ada").await;
    let bob = User::register(plaza.b(), "bob").await;
    ada.api.put("/users/me", &json!({ "display_name": "Ada Lovelace", "bio": "Counts." })).await.expect(200);
    let room = bob.open_room("lobby").await;
    ada.join(&room).await;
    ada.say(&room, "I was here").await;
    let shown = ada.upload_accepted("shown.png", png(8, 8)).await;
    let hidden = ada.upload_accepted("hidden.png", png(9, 9)).await;
    ada.processed(&shown).await;
    ada.processed(&hidden).await;
    let picture = json!({ "message_type": "image", "content": "look", "file_id": shown });
    ada.post_message(&room, &picture).await.expect(201);
    let direct = bob.api.post("/rooms/direct", &json!({ "user_id": ada.id })).await;
    assert!(direct.status.is_success(), "{}", direct.text());
    let direct = direct.json()["id"].as_str().expect("an id").to_owned();
    ada.say(&direct, "between us").await;
    ada.api.post("/friends/requests", &json!({ "user_id": bob.id })).await.expect(201);

    delete(&ada, &json!(PASSWORD)).await.expect(200);
    erase(&open.store, &root, &ada).await;

    let profile = bob.api.get(&format!("/users/{}", ada.id)).await.expect(200);
    assert_eq!(profile["display_name"], "Deleted user");
    assert_eq!([&profile["bio"], &profile["status_text"]], ["", ""]);
    for (room, said) in [(&room, "I was here"), (&direct, "between us")] {
        let history = bob.history(room, "").await;
        let message = history.iter().find(|message| message["content"] == said).expect("it stays");
        assert_eq!(message["sender"]["display_name"], "Deleted user", "{message}");
        assert_eq!(message["sender"]["id"], ada.id.as_str());
        assert!(!message["sender"].to_string().contains("ada"), "{message}");
    }
    bob.api.get(&format!("/files/{shown}")).await.expect(200);
    let read = open.store.read().await;
    let file = read.expect("a reader").files().find(hidden.parse().expect("an id")).await.expect("an answer");
    assert!(file.is_none(), "what nothing showed is gone");
    bob.post_message(&direct, &json!({ "content": "still there?" })).await.expect_problem(403);
    let requests = bob.api.get("/friends/requests?direction=incoming").await.expect(200);
    assert_eq!(requests["items"], json!([]));
    let members = bob.api.get(&format!("/rooms/{room}/members")).await.expect(200);
    assert!(!members.to_string().contains(&ada.id), "{members}");

    let listed = out(&plaza.run(&["admin", "users", "--search", "deleted-"]).await);
    assert!(listed.contains("erased at 20") && !listed.contains("to be"), "{listed}");

    // Nobody comes back, and the names are free.
    let anybody = Api::anonymous(plaza.b());
    anybody.log_in("ada", PASSWORD).await.expect_problem(401);
    let other = User::register(plaza.b(), "ada").await;
    assert_ne!(other.id, ada.id);
}

async fn rooms_of_an_erased_user_go_to_who_comes_first_there(setup: Setup) {
    let open = OpenPlaza::start(setup, |options| options).await;
    let plaza = &open.plaza;
    let root = User::register(plaza.a(), "root").await;
    let ada = User::register(plaza.a(), "ada").await;
    let bob = User::register(plaza.b(), "bob").await;
    let eve = User::register(plaza.b(), "eve").await;
    let (shared, lonely) = (ada.open_room("shared").await, ada.open_room("lonely").await);
    for user in [&bob, &eve] {
        user.join(&shared).await;
    }
    let path = format!("/rooms/{shared}/members/{}", eve.id);
    ada.api.patch(&path, &json!({ "role": "admin" })).await.expect(200);
    let mut socket = bob.connect_to(&shared).await;
    delete(&ada, &json!(PASSWORD)).await.expect(200);
    erase(&open.store, &root, &ada).await;
    let left = socket.expect_type("member_left").await;
    assert_eq!(left["user"]["id"], ada.id.as_str());
    let updated = socket.expect_type("member_updated").await;
    assert_eq!(updated["user"]["id"], eve.id.as_str());
    assert_eq!(updated["role"], "owner");
    bob.api.get(&format!("/rooms/{lonely}")).await.expect_problem(404);
    eve.api.patch(&format!("/rooms/{shared}"), &json!({ "name": "ours" })).await.expect(200);
}

async fn only_who_knows_the_password_ends_an_account_and_the_last_admin_stays(setup: Setup) {
    let open = OpenPlaza::start(setup, |options| options).await;
    let plaza = &open.plaza;
    let root = User::register(plaza.a(), "root").await;
    let ada = User::register(plaza.b(), "ada").await;
    for wrong in [json!("a guess"), Value::Null] {
        let problem = delete(&ada, &wrong).await.expect_problem(422);
        assert_eq!(problem["errors"][0]["field"], "password");
    }
    ada.api.get("/users/me").await.expect(200);
    delete(&root, &json!(PASSWORD)).await.expect_problem(409);
    root.api.get("/users/me").await.expect(200);
}
