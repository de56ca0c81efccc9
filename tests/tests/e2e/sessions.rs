//! Sessions: where one is logged in, and how that ends.

use std::time::Duration;

use plaza_tests::{
    Options, Plaza, Setup, both_setups,
    client::{Api, Socket, User},
};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

const SESSIONS: &str = "/users/me/sessions";
const NOBODYS: &str = "/users/me/sessions/0193b5f0-0000-7000-8000-000000000000";
const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:142.0) Gecko/20100101 Firefox/142.0";
/// How soon a connection ends whose session does.
const SOON: Duration = Duration::from_secs(2);

both_setups!(
    one_sees_where_one_is_logged_in,
    an_ended_session_is_over_everywhere,
    all_other_sessions_end_everywhere,
    sessions_of_others_are_nobodys,
    no_token_outlives_the_lifetime_of_its_session,
);

async fn sessions(user: &User) -> Vec<Value> {
    let list = user.api.get(SESSIONS).await.expect(200);
    list["items"].as_array().expect("items").clone()
}

/// Sends a request as Firefox does, from behind a proxy.
async fn from_firefox(api: &Api, path: &str, body: Value, address: &str) -> Value {
    let request: RequestBuilder = api.request(Method::POST, path).json(&body);
    let request = request.header("user-agent", FIREFOX).header("x-forwarded-for", address);
    api.send(request).await.expect(200)
}

fn path_of(session: &Value) -> String {
    format!("{SESSIONS}/{}", session["id"].as_str().expect("an id"))
}

/// A connection that has begun.
async fn connected(user: &User, base: &str) -> Socket {
    let mut socket = user.at(base).connect().await;
    socket.expect_type("hello").await;
    socket.settle().await;
    socket
}

async fn is_closed(socket: &mut Socket) {
    let code = socket.ends_within(SOON).await.expect("the connection is closed within two seconds");
    assert_eq!(code, 4401);
}

async fn one_sees_where_one_is_logged_in(setup: Setup) {
    let plaza = Options::new(setup).variable("PLAZA_SERVER__TRUSTED_PROXIES", "127.0.0.0/8").start().await;
    let ada = User::register(plaza.a(), "ada").await;
    let login = json!({ "login": "ada", "password": plaza_tests::client::PASSWORD });
    let anyone = Api::anonymous(plaza.b());
    let elsewhere = from_firefox(&anyone, "/auth/login", login, "6.6.6.6, 203.0.113.7").await;

    let seen = sessions(&ada).await;
    assert_eq!(seen.len(), 2, "{seen:?}");
    assert_eq!(seen[0]["device"], "Firefox on Linux");
    assert_eq!(seen[0]["user_agent"], FIREFOX);
    assert_eq!(seen[0]["address"], "203.0.113.7");
    assert_eq!(seen[0]["expires_at"], elsewhere["refresh_expires_at"]);
    assert_eq!(seen[0]["last_used_at"], seen[0]["created_at"]);
    assert_eq!(seen[1]["address"], "127.0.0.1");
    let current: Vec<_> = seen.iter().map(|session| session["is_current"].as_bool()).collect();
    assert_eq!(current, [Some(false), Some(true)]);

    let refresh = json!({ "refresh_token": elsewhere["refresh_token"] });
    let renewed = from_firefox(&anyone, "/auth/refresh", refresh, "2001:db8::7").await;
    let moved = &sessions(&ada).await[0];
    assert_eq!((&moved["address"], &moved["id"]), (&json!("2001:db8::7"), &seen[0]["id"]));
    assert_eq!(moved["expires_at"], renewed["refresh_expires_at"]);
}

async fn an_ended_session_is_over_everywhere(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let ada = User::register(plaza.a(), "ada").await;
    let other = User::log_in(plaza.b(), "ada").await;
    let mut kept = connected(&ada, plaza.b()).await;
    let mut ended = [connected(&other, plaza.a()).await, connected(&other, plaza.b()).await];
    let path = path_of(&sessions(&ada).await[0]);
    ada.api.delete(&path).await.expect(204);

    for socket in &mut ended {
        is_closed(socket).await;
    }
    kept.settle().await;
    for base in [plaza.a(), plaza.b()] {
        other.api.at(base).get("/users/me").await.expect_problem(401);
    }
    let refresh = json!({ "refresh_token": other.refresh_token });
    other.api.post("/auth/refresh", &refresh).await.expect_problem(401);
    assert_eq!(sessions(&ada).await.len(), 1);
    ada.api.delete(&path).await.expect_problem(404);
    let own = path_of(&sessions(&ada).await[0]);
    ada.api.delete(&own).await.expect(204);
    is_closed(&mut kept).await;
    ada.api.get("/users/me").await.expect_problem(401);
}

async fn all_other_sessions_end_everywhere(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let ada = User::register(plaza.a(), "ada").await;
    let others = [User::log_in(plaza.b(), "ada").await, User::log_in(plaza.a(), "ada").await];
    let mut kept = connected(&ada, plaza.b()).await;
    let mut ended = [connected(&others[0], plaza.a()).await, connected(&others[1], plaza.b()).await];
    ada.api.delete(SESSIONS).await.expect(204);

    for socket in &mut ended {
        is_closed(socket).await;
    }
    for other in &others {
        other.api.get("/users/me").await.expect_problem(401);
    }
    kept.settle().await;
    let left = sessions(&ada).await;
    assert_eq!((left.len(), &left[0]["is_current"]), (1, &json!(true)));
    ada.api.delete(SESSIONS).await.expect(204);
}

async fn sessions_of_others_are_nobodys(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let (ada, bob) = (User::register(plaza.a(), "ada").await, User::register(plaza.b(), "bob").await);
    let hers = path_of(&sessions(&ada).await[0]);
    let refused = bob.api.delete(&hers).await.expect_problem(404);
    let unknown = bob.api.delete(NOBODYS).await.expect_problem(404);
    assert_eq!(refused["detail"], unknown["detail"]);
    bob.api.delete(SESSIONS).await.expect(204);
    ada.api.get("/users/me").await.expect(200);
    assert_eq!(sessions(&bob).await.len(), 1);
    Api::anonymous(plaza.a()).get(SESSIONS).await.expect_problem(401);
}

async fn no_token_outlives_the_lifetime_of_its_session(setup: Setup) {
    let plaza = Options::new(setup).variable("PLAZA_AUTH__SESSION_LIFETIME_DAYS", "1").start().await;
    let ada = User::register(plaza.a(), "ada").await;
    let session = sessions(&ada).await.remove(0);
    let refresh = json!({ "refresh_token": ada.refresh_token });
    let renewed = Api::anonymous(plaza.b()).post("/auth/refresh", &refresh).await.expect(200);
    // A refresh token works a week, and would end later.
    assert_eq!(renewed["refresh_expires_at"], session["expires_at"]);
}
