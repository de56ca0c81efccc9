//! Tokens: what proves who somebody is, and what does not.

use std::time::Duration;

use plaza_tests::{
    Options, Plaza, Setup, both_setups,
    client::{Answer, Api, User},
    servers::wait::until,
};
use serde_json::{Value, json};
use tokio::time::Instant;

const HEARTBEAT: Duration = Duration::from_secs(10);
const HALF_A_LIFE: Duration = Duration::from_secs(30);
/// Twice what the server allows for.
const LEEWAY: Duration = Duration::from_secs(10);
const TOO_LONG: Duration = Duration::from_secs(80);

both_setups!(
    a_refresh_token_works_once,
    who_got_no_answer_may_refresh_again,
    logging_out_ends_the_session_at_every_instance,
    an_expired_token_is_refused_and_its_connection_closed,
);

async fn refresh(api: &Api, token: &str) -> Answer {
    api.post("/auth/refresh", &json!({ "refresh_token": token })).await
}

fn text(value: &Value) -> String {
    value.as_str().expect("text").to_owned()
}

async fn a_refresh_token_works_once(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let ada = User::register(plaza.a(), "ada").await;
    let anyone = Api::anonymous(plaza.b());
    let first = refresh(&anyone, &ada.refresh_token).await.expect(200);
    let second = refresh(&anyone, &text(&first["refresh_token"])).await.expect(200);
    assert_ne!(first["refresh_token"], second["refresh_token"]);
    anyone.with_token(&text(&second["access_token"])).get("/users/me").await.expect(200);
}

async fn who_got_no_answer_may_refresh_again(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let ada = User::register(plaza.a(), "ada").await;
    let anyone = Api::anonymous(plaza.a());
    refresh(&anyone, &ada.refresh_token).await.expect(200);
    let second = refresh(&anyone.at(plaza.b()), &ada.refresh_token).await.expect(200);
    let third = refresh(&anyone, &text(&second["refresh_token"])).await.expect(200);
    anyone.with_token(&text(&third["access_token"])).get("/users/me").await.expect(200);
}

async fn logging_out_ends_the_session_at_every_instance(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let ada = User::register(plaza.a(), "ada").await;
    let mut socket = ada.at(plaza.b()).connect().await;
    socket.expect_type("hello").await;
    ada.api.post_empty("/auth/logout").await.expect(204);

    ada.api.get("/users/me").await.expect_problem(401);
    refresh(&Api::anonymous(plaza.b()), &ada.refresh_token).await.expect_problem(401);
    assert_eq!(socket.close_code().await, 4401);
    ada.api.at(plaza.b()).get("/users/me").await.expect_problem(401);
}

async fn an_expired_token_is_refused_and_its_connection_closed(setup: Setup) {
    // The shortest life that the configuration allows.
    let plaza = Options::new(setup).variable("PLAZA_AUTH__ACCESS_TTL_SECONDS", "60").start().await;
    let ada = User::register(plaza.a(), "ada").await;
    let (mut lapsing, mut renewing) = (ada.connect().await, ada.at(plaza.b()).connect().await);
    for socket in [&mut lapsing, &mut renewing] {
        let expiring = socket.expect_type("token_expiring").await;
        assert!(expiring["expires_at"].is_string());
    }
    let began = Instant::now();
    let mut renewed = false;
    let code = loop {
        for socket in [&mut lapsing, &mut renewing] {
            socket.send(json!({ "type": "heartbeat" })).await;
        }
        if !renewed && began.elapsed() > HALF_A_LIFE {
            let login = refresh(&Api::anonymous(plaza.b()), &ada.refresh_token).await.expect(200);
            renewing.send(json!({ "type": "authenticate", "token": login["access_token"] })).await;
            renewed = true;
        }
        if let Some(code) = lapsing.ends_within(HEARTBEAT).await {
            break code;
        }
        assert!(began.elapsed() < TOO_LONG, "the connection outlives its token");
    };
    assert_eq!(code, 4401);
    // Clocks of instances may differ a little, so requests are let in for a little longer.
    let refused = until(LEEWAY, || async {
        let answer = ada.api.get("/users/me").await;
        if answer.status == 401 { Ok(answer) } else { Err(answer) }
    });
    refused.await.expect("the token is refused").expect_problem(401);
    renewing.settle().await;
}
