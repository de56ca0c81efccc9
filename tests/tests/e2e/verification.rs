//! Users prove that they read the mail of their address.

use plaza_tests::{
    Setup, both_setups,
    client::{Answer, Api, PASSWORD, User},
    pictures::png,
    servers::Smtp,
};
use serde_json::json;

use crate::mail::{CONFIRM, start, with_mail};

both_setups!(
    a_link_confirms_an_address_once,
    a_newer_link_replaces_the_one_before,
    a_link_is_good_for_its_purpose_alone,
    looking_at_the_page_of_a_link_uses_nothing_up,
    who_has_to_confirm_takes_no_part_before,
    an_open_connection_learns_of_it,
);

async fn confirm(api: &Api, token: &str) -> Answer {
    api.post("/auth/verify-email", &json!({ "token": token })).await
}

async fn a_link_confirms_an_address_once(setup: Setup) {
    let (smtp, plaza) = start(setup).await;
    let ada = User::register(plaza.a(), "ada").await;
    assert!(ada.api.get("/users/me").await.expect(200)["email_verified_at"].is_null());
    let token = smtp.mail("ada@example.org", CONFIRM).await.token();
    // Whoever has the link need not be logged in.
    let anyone = Api::anonymous(plaza.b());
    confirm(&anyone, &token).await.expect(204);
    assert!(ada.api.get("/users/me").await.expect(200)["email_verified_at"].is_string());
    let again = confirm(&anyone, &token).await.expect_problem(422);
    let made_up = confirm(&anyone, &"x".repeat(43)).await.expect_problem(422);
    assert_eq!(again["errors"], made_up["errors"], "nobody can tell a used link from one that never was");
    ada.api.post_empty("/auth/verify-email/request").await.expect_problem(409);
}

async fn a_newer_link_replaces_the_one_before(setup: Setup) {
    let (smtp, plaza) = start(setup).await;
    let ada = User::register(plaza.a(), "ada").await;
    let first = smtp.mail("ada@example.org", CONFIRM).await.token();
    ada.api.post_empty("/auth/verify-email/request").await.expect(202);
    let second = smtp.nth_mail("ada@example.org", CONFIRM, 2).await.token();
    confirm(&ada.api, &first).await.expect_problem(422);
    confirm(&ada.api, &second).await.expect(204);
}

async fn a_link_is_good_for_its_purpose_alone(setup: Setup) {
    let (smtp, plaza) = start(setup).await;
    let ada = User::register(plaza.a(), "ada").await;
    let token = smtp.mail("ada@example.org", CONFIRM).await.token();
    let reset = json!({ "token": token, "new_password": "a better horse battery" });
    ada.api.post("/auth/password-reset", &reset).await.expect_problem(422);
    ada.api.post("/auth/email-change", &json!({ "token": token })).await.expect_problem(422);
    Api::anonymous(plaza.b()).log_in("ada", PASSWORD).await.expect(200);
    confirm(&ada.api, &token).await.expect(204);
}

async fn looking_at_the_page_of_a_link_uses_nothing_up(setup: Setup) {
    let (smtp, plaza) = start(setup).await;
    let ada = User::register(plaza.a(), "ada").await;
    let token = smtp.mail("ada@example.org", CONFIRM).await.token();
    for (path, content_type) in [
        // As a program that checks mails may ask, too: browsers keep what follows the # to themselves.
        (format!("//verify-email?token={token}"), "text/html"),
        ("//reset-password".to_owned(), "text/html"),
        ("//change-email".to_owned(), "text/html"),
        ("//links.js".to_owned(), "text/javascript"),
        ("//links.css".to_owned(), "text/css"),
    ] {
        let page = ada.api.get(&path).await;
        assert_eq!(page.status.as_u16(), 200, "{path}");
        assert!(page.header("content-type").starts_with(content_type), "{path}");
        let policy = page.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'; script-src 'self';"), "{path}: {policy}");
        assert!(!policy.contains("unsafe"), "{path}: {policy}");
        assert_eq!(page.header("referrer-policy"), "no-referrer", "{path}");
    }
    confirm(&ada.api, &token).await.expect(204);
}

async fn who_has_to_confirm_takes_no_part_before(setup: Setup) {
    let smtp = Smtp::start().await;
    let plaza =
        with_mail(setup, &smtp.url()).variable("PLAZA_AUTH__REQUIRE_VERIFIED_EMAIL", "true").start().await;
    let root = User::register(plaza.a(), "root").await;
    confirm(&root.api, &smtp.mail("root@example.org", CONFIRM).await.token()).await.expect(204);
    let room = root.open_room("lounge").await;
    let message = root.say(&room, "welcome").await;
    let ada = User::register(plaza.b(), "ada").await;

    // They may come in and read.
    ada.join(&room).await;
    ada.api.get(&format!("/rooms/{room}/messages")).await.expect(200);
    let reaction = format!("/messages/{}/reactions/%F0%9F%91%8D", message["id"].as_str().expect("an id"));
    let refused = [
        ada.post_message(&room, &json!({ "content": "hello" })).await,
        ada.api.put_empty(&reaction).await,
        ada.upload("sky.png", png(30, 30)).await,
        ada.api.post("/rooms", &json!({ "name": "mine" })).await,
        ada.api.post("/rooms/direct", &json!({ "user_id": root.id })).await,
        ada.api.post("/friends/requests", &json!({ "user_id": root.id })).await,
    ];
    for answer in refused {
        let problem = answer.expect_problem(403);
        assert_eq!(problem["type"], "/problems/email-not-verified", "{}: {problem}", answer.request);
    }

    // Confirmed at one instance, and let in at the other at once.
    confirm(&root.api, &smtp.mail("ada@example.org", CONFIRM).await.token()).await.expect(204);
    ada.say(&room, "hello").await;
    ada.api.put_empty(&reaction).await.expect(200);
    ada.open_room("mine").await;
}

async fn an_open_connection_learns_of_it(setup: Setup) {
    let smtp = Smtp::start().await;
    let plaza =
        with_mail(setup, &smtp.url()).variable("PLAZA_AUTH__REQUIRE_VERIFIED_EMAIL", "true").start().await;
    let root = User::register(plaza.a(), "root").await;
    confirm(&root.api, &smtp.mail("root@example.org", CONFIRM).await.token()).await.expect(204);
    let room = root.open_room("lounge").await;
    let ada = User::register(plaza.b(), "ada").await;
    ada.join(&room).await;
    let mut socket = ada.connect().await;
    socket.expect_type("hello").await;
    let message = |client_id: &str| json!({ "type": "message", "room_id": room, "content": "hello", "client_id": client_id });
    socket.send(message("before")).await;
    let error = socket.expect_type("error").await;
    assert_eq!((&error["code"], &error["client_id"]), (&json!("email_not_verified"), &json!("before")));
    confirm(&root.api, &smtp.mail("ada@example.org", CONFIRM).await.token()).await.expect(204);
    socket.send(message("after")).await;
    let ack = socket.expect_type("ack").await;
    assert_eq!(ack["client_id"], "after");
}
