//! Bad input is answered with a problem document, and changes nothing.

use plaza_tests::{
    Plaza, Setup, both_setups,
    client::{Answer, Method, User},
};
use serde_json::{Value, json};

both_setups!(
    a_body_that_is_not_as_documented_is_refused,
    a_huge_body_is_refused,
    a_parameter_that_is_not_as_documented_is_refused,
    an_unknown_path_or_method_is_a_problem_too,
    a_name_that_is_none_is_refused,
    text_that_no_database_stores_is_refused_or_cleaned,
);

const NOWHERE: &str = "0193b5f0-0000-7000-8000-000000000000";

fn assert_refused(answer: &Answer) {
    let status = answer.status.as_u16();
    assert!([400, 404, 413, 415, 422].contains(&status), "{}: {status}", answer.request);
    let problem = answer.expect_problem(status).to_string();
    for internal in ["src/", "poem", "serde", "SELECT", "sea_orm", "Uuid"] {
        assert!(!problem.contains(internal), "{internal} in {problem}");
    }
}

async fn snapshot(user: &User, room: &str) -> (Value, Vec<Value>, Value) {
    (
        user.api.get("/rooms").await.expect(200),
        user.history(room, "?after=0").await,
        user.api.get("/users/me").await.expect(200),
    )
}

async fn a_body_that_is_not_as_documented_is_refused(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let ada = User::register(plaza.a(), "ada").await;
    let room = ada.open_room("lounge").await;
    let message = ada.say(&room, "hello").await;
    let message = format!("/messages/{}", message["id"].as_str().expect("an id"));
    let before = snapshot(&ada, &room).await;
    let wrong: &[&str] = &["", "{", "[]", "null", "7", "\"text\"", "{\"a\":", "\u{0}", "{}{}"];
    for (method, path, wrong_types) in [
        ("POST", "/auth/register".to_owned(), json!({ "email": 1, "username": [], "password": {} })),
        ("POST", "/auth/login".to_owned(), json!({ "login": 7, "password": true })),
        ("POST", "/auth/refresh".to_owned(), json!({ "refresh_token": [] })),
        ("PUT", "/users/me".to_owned(), json!({ "display_name": 7 })),
        ("POST", "/rooms".to_owned(), json!({ "name": 7 })),
        ("POST", "/rooms".to_owned(), json!({ "name": "x", "is_private": "yes" })),
        ("PATCH", format!("/rooms/{room}"), json!({ "name": ["x"] })),
        ("POST", format!("/rooms/{room}/members"), json!({ "user_id": "ada" })),
        ("POST", format!("/rooms/{room}/members"), json!({ "user_id": NOWHERE })),
        ("PATCH", format!("/rooms/{room}/members/{}", ada.id), json!({ "role": "king" })),
        ("POST", format!("/rooms/{room}/messages"), json!({ "content": { "text": "x" } })),
        ("POST", format!("/rooms/{room}/messages"), json!({ "content": "x", "message_type": "video" })),
        ("POST", format!("/rooms/{room}/messages"), json!({ "content": "x", "parent_id": "x" })),
        ("PATCH", message.clone(), json!({ "content": 7 })),
    ] {
        let send = |body: String| {
            let request = ada.api.request(Method::from_bytes(method.as_bytes()).expect("a method"), &path);
            request.header("content-type", "application/json").body(body)
        };
        assert_refused(&ada.api.send(send(wrong_types.to_string())).await);
        for body in wrong {
            // An empty object would be a change of nothing.
            let answer = ada.api.send(send((*body).to_owned())).await;
            if path == "/auth/refresh" && body.is_empty() {
                // A cookie could have brought the token.
                answer.expect_problem(401);
            } else {
                assert_refused(&answer);
            }
        }
        let form = ada.api.request(Method::from_bytes(method.as_bytes()).expect("a method"), &path);
        assert_refused(&ada.api.send(form.header("content-type", "text/plain").body("{}")).await);
    }
    assert_eq!(snapshot(&ada, &room).await, before);
}

async fn a_huge_body_is_refused(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let ada = User::register(plaza.a(), "ada").await;
    let room = ada.open_room("lounge").await;
    let huge = json!({ "content": "x".repeat(10 * 1024 * 1024) });
    for path in ["/rooms".to_owned(), format!("/rooms/{room}/messages"), "/auth/login".to_owned()] {
        // A server may answer and hang up before it has read everything; then the client may not get the answer.
        match ada.api.try_send(ada.api.request(Method::POST, &path).json(&huge)).await {
            Ok(answer) => drop(answer.expect_problem(413)),
            Err(error) => assert!(error.is_request() || error.is_body(), "{error:?}"),
        }
    }
    let nested = "[".repeat(200_000);
    let request = ada.api.request(Method::POST, "/rooms").header("content-type", "application/json");
    assert_refused(&ada.api.send(request.body(nested)).await);
    assert!(ada.words(&room).await.is_empty());
    ada.api.get("/users/me").await.expect(200);
}

async fn a_parameter_that_is_not_as_documented_is_refused(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let ada = User::register(plaza.a(), "ada").await;
    let room = ada.open_room("lounge").await;
    for path in [
        "/rooms/lounge".to_owned(),
        "/rooms/%00".to_owned(),
        format!("/rooms/{room}/messages?limit=0"),
        format!("/rooms/{room}/messages?limit=101"),
        format!("/rooms/{room}/messages?limit=many"),
        format!("/rooms/{room}/messages?before=-1"),
        format!("/rooms/{room}/messages?after=99999999999999999999"),
        format!("/rooms/{room}/changes"),
        format!("/rooms/{room}/changes?since=yesterday"),
        "/rooms?cursor=%F0%9F%92%A9".to_owned(),
        "/users/ada".to_owned(),
        format!("/users/{NOWHERE}"),
        "/messages/1".to_owned(),
        format!("/messages/{NOWHERE}"),
        "/files/x/content".to_owned(),
        format!("/files/{NOWHERE}"),
        format!("/files/{NOWHERE}/variants/poster"),
        "/media/../../etc/passwd".to_owned(),
        "/media/%2e%2e%2fplaza.db".to_owned(),
        format!("/media/{NOWHERE}.png"),
    ] {
        assert_refused(&ada.api.get(&path).await);
    }
}

async fn an_unknown_path_or_method_is_a_problem_too(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let ada = User::register(plaza.a(), "ada").await;
    ada.api.get("/nothing/here").await.expect_problem(404);
    ada.api.get("//nothing").await.expect_problem(404);
    let wrong = ada.api.delete("/rooms").await;
    wrong.expect_problem(405);
    let allowed = wrong.header("allow");
    assert!(allowed.contains("GET") && allowed.contains("POST"), "Allow: {allowed}");
}

async fn a_name_that_is_none_is_refused(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let ada = User::register(plaza.a(), "ada").await;
    for room in [
        json!({ "name": "" }),
        json!({ "name": "  \n " }),
        json!({ "name": "x".repeat(101) }),
        json!({ "name": "x", "description": "x".repeat(2_001) }),
    ] {
        let problem = ada.api.post("/rooms", &room).await.expect_problem(422);
        let errors = problem["errors"].as_array().expect("errors");
        assert_eq!(errors.len(), 1, "{problem}");
    }
    assert_eq!(ada.api.get("/rooms").await.expect(200)["items"], json!([]));
}

async fn text_that_no_database_stores_is_refused_or_cleaned(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let ada = User::register(plaza.a(), "ada").await;
    let room = ada.open_room("zero\u{0}width").await;
    assert_eq!(ada.api.get(&format!("/rooms/{room}")).await.expect(200)["name"], "zerowidth");
    let said = ada.say(&room, "a\u{0}b\u{7}c\r\nd\te").await;
    assert_eq!(said["content"], "abc\nd\te");
    ada.api.log_in("ada\u{0}", "x\u{0}y").await.expect_problem(401);
    for name in ["queue", "kind"] {
        ada.api.get(&format!("/admin/tasks?{name}=%00")).await.expect_problem(400);
        ada.api.post_empty(&format!("/admin/tasks/retry?{name}=%00")).await.expect_problem(400);
    }
    let emoji = ada.say(&room, "👩‍🚀 Ünï¢ödé").await;
    assert_eq!(emoji["content"], "👩‍🚀 Ünï¢ödé");
}
