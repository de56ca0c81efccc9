//! The server itself: its health, its documents, its headers.

use std::time::Duration;

use plaza_tests::{
    Options, Plaza, Setup, both_setups,
    client::{Api, Method, frames::frame_document, header},
    servers::{PrivateRedis, wait::until},
};
use serde_json::Value;

/// How long a lost dependency may go unnoticed.
const NOTICE: Duration = Duration::from_secs(10);

both_setups!(
    a_server_tells_that_it_lives_and_is_ready,
    the_documents_are_served,
    every_answer_carries_security_headers,
    only_listed_origins_may_read_answers,
);

async fn a_server_tells_that_it_lives_and_is_ready(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    for base in [plaza.a(), plaza.b()] {
        let api = Api::anonymous(base);
        api.get("//healthz").await.expect(200);
        let ready = api.get("//readyz").await.expect(200);
        let names: Vec<_> = ready["dependencies"]
            .as_array()
            .expect("dependencies")
            .iter()
            .filter_map(|dependency| dependency["name"].as_str())
            .collect();
        assert!(names.contains(&"database"), "{ready}");
        assert_eq!(names.contains(&"redis"), setup == Setup::Distributed, "{ready}");
        assert!(!ready.to_string().contains("postgres://"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_redis_a_server_is_still_ready_and_says_what_is_missing() {
    let mut redis = PrivateRedis::start().await;
    let plaza = Options::new(Setup::Distributed).redis(redis.url()).start().await;
    redis.kill().await;
    let api = Api::anonymous(plaza.a());
    // The answer is kept for a moment: whoever asks often does not ask the dependencies as often.
    let noticed = until(NOTICE, || async {
        let ready = api.get("//readyz").await.expect(200);
        let found = ready["dependencies"].as_array().expect("dependencies");
        let redis = found.iter().find(|dependency| dependency["name"] == "redis").expect("redis");
        if redis["healthy"] == false { Ok(ready) } else { Err(ready) }
    });
    let ready = noticed.await.expect("the loss of Redis is noticed");
    assert_eq!(ready["status"], "degraded");
}

async fn the_documents_are_served(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let api = Api::anonymous(plaza.a());
    for path in ["//docs", "//docs/redoc", "//docs/scalar", "//docs/websocket"] {
        let page = api.get(path).await;
        assert_eq!(page.status, 200, "{path}");
        assert!(page.header("content-type").starts_with("text/html"), "{path}");
    }
    let frames = api.get("//docs/asyncapi.json").await;
    assert_eq!(frames.header("cache-control"), "public, max-age=300");
    assert_eq!(
        frames.expect(200),
        *frame_document(),
        "frames are held against another document than is served"
    );
    let document: Value = api.get("/openapi.json").await.expect(200);
    assert!(document["openapi"].as_str().is_some_and(|version| version.starts_with("3.")));
    for path in ["/auth/login", "/rooms", "/rooms/{room_id}/messages", "/files/upload"] {
        assert!(document["paths"].get(path).is_some(), "{path} is not documented");
    }
    let problem = api.get("/users/me").await.expect_problem(401);
    let kind = problem["type"].as_str().expect("a type");
    let path = kind.split_once("/problems/").map(|(_, slug)| format!("//problems/{slug}"));
    let page = api.get(&path.expect("a page of this server")).await;
    assert_eq!(page.status, 200, "{kind} explains itself");
}

async fn every_answer_carries_security_headers(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let api = Api::anonymous(plaza.a());
    for path in ["//healthz", "/users/me", "//nothing", "//docs", "/openapi.json"] {
        let answer = api.get(path).await;
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert!(!answer.header("cache-control").is_empty(), "{path}");
        assert!(!answer.header("content-security-policy").is_empty(), "{path}");
        assert!(answer.header("server").is_empty(), "{path}");
    }
}

async fn only_listed_origins_may_read_answers(setup: Setup) {
    let plaza =
        Options::new(setup).variable("PLAZA_SERVER__CORS_ORIGINS", "https://chat.example.org").start().await;
    let api = Api::anonymous(plaza.a());
    for (origin, allowed) in
        [("https://chat.example.org", "https://chat.example.org"), ("https://evil.example", "")]
    {
        let request = api.request(Method::GET, "/users/me").header(header::ORIGIN, origin);
        let answer = api.send(request).await;
        assert_eq!(answer.header("access-control-allow-origin"), allowed);
        // Cookies go along with what those may read, and nobody else.
        let with_cookies = if allowed.is_empty() { "" } else { "true" };
        assert_eq!(answer.header("access-control-allow-credentials"), with_cookies);
        let preflight = api
            .request(Method::OPTIONS, "/rooms")
            .header(header::ORIGIN, origin)
            .header(header::ACCESS_CONTROL_REQUEST_METHOD, "POST")
            .header(header::ACCESS_CONTROL_REQUEST_HEADERS, "authorization,content-type");
        let answer = api.send(preflight).await;
        assert_eq!(answer.header("access-control-allow-origin"), allowed);
        assert_eq!(answer.header("access-control-allow-credentials"), with_cookies);
    }
}
