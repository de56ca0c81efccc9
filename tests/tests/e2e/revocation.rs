//! What ends takes the connections with it: on every instance, and also when nobody told them.

use std::time::Duration;

use plaza_domain::{Clock, RoomId, SessionId, Suspension, Timestamp, UserId};
use plaza_infrastructure::clock::SystemClock;
use plaza_tests::{
    OpenPlaza, Options, Plaza, Setup, both_setups,
    client::{Api, Method, PASSWORD, Socket, User},
};
use serde_json::{Value, json};

/// How soon a connection ends whose right to be there does.
const SOON: Duration = Duration::from_secs(2);
/// The same when the news was lost: two looks, and a busy machine.
const LATER: Duration = Duration::from_secs(10);
const NEW: &str = "a better horse battery";

both_setups!(
    a_new_password_ends_the_other_logins_everywhere,
    guesses_at_a_password_are_counted_like_logins,
    who_is_banned_is_closed_everywhere_and_kept_out,
    only_admins_ban,
    who_is_removed_loses_the_connection_about_that_room,
    a_deleted_room_closes_the_connections_about_it,
    what_the_bus_lost_is_found_out,
);

async fn registered(plaza: &Plaza, name: &str) -> User {
    User::register(plaza.a(), name).await
}

async fn closed_soon(socket: &mut Socket) -> u16 {
    socket.ends_within(SOON).await.expect("the connection is closed within two seconds")
}

/// A connection that has got everything.
async fn settled(user: &User, base: &str, path: &str) -> Socket {
    let mut socket = Socket::connect(base, path, user.api.token()).await;
    socket.expect_type("hello").await;
    if !path.is_empty() {
        socket.expect_type("synced").await;
    }
    // What came before the answer is done.
    socket.settle().await;
    socket
}

async fn a_new_password_ends_the_other_logins_everywhere(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let ada = registered(&plaza, "ada").await;
    let other = User::log_in(plaza.b(), "ada").await;
    let mut kept = settled(&ada, plaza.b(), "").await;
    let mut ended = [settled(&other, plaza.a(), "").await, settled(&other, plaza.b(), "").await];
    let change = json!({ "current_password": PASSWORD, "new_password": NEW });
    ada.api.put("/users/me/password", &change).await.expect(204);

    for socket in &mut ended {
        assert_eq!(closed_soon(socket).await, 4401);
    }
    kept.settle().await;
    ada.api.get("/users/me").await.expect(200);
    other.api.get("/users/me").await.expect_problem(401);
    let refresh = json!({ "refresh_token": other.refresh_token });
    other.api.post("/auth/refresh", &refresh).await.expect_problem(401);
    let anyone = Api::anonymous(plaza.b());
    anyone.log_in("ada", PASSWORD).await.expect_problem(401);
    anyone.log_in("ada", NEW).await.expect(200);
}

async fn guesses_at_a_password_are_counted_like_logins(setup: Setup) {
    let plaza = Options::new(setup)
        .variable("PLAZA_LIMITS__ENABLED", "true")
        .variable("PLAZA_LIMITS__LOGIN_PER_ACCOUNT", "3")
        .start()
        .await;
    let ada = registered(&plaza, "ada").await;
    let guess = json!({ "current_password": "is it this one?", "new_password": NEW });
    for base in [plaza.a(), plaza.b(), plaza.a()] {
        ada.api.at(base).put("/users/me/password", &guess).await.expect_problem(422);
    }
    ada.api.put("/users/me/password", &guess).await.expect_problem(429);
    let delete = |base| {
        let api = ada.api.at(base);
        async move {
            api.send(api.request(Method::DELETE, "/users/me").json(&json!({ "password": PASSWORD }))).await
        }
    };
    delete(plaza.a()).await.expect_problem(429);
    delete(plaza.b()).await.expect_problem(429);
    // Who logs in does not wait for who has found a session.
    Api::anonymous(plaza.b()).log_in("ada", PASSWORD).await.expect(200);
}

async fn who_is_banned_is_closed_everywhere_and_kept_out(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let (root, ada) = (registered(&plaza, "root").await, registered(&plaza, "ada").await);
    let room = ada.open_room("lounge").await;
    let mut sockets =
        [settled(&ada, plaza.a(), "").await, settled(&ada, plaza.b(), &format!("/{room}")).await];
    let ban = format!("/users/{}/ban", ada.id);
    root.api.put(&ban, &json!({})).await.expect(204);

    for socket in &mut sockets {
        assert_eq!(closed_soon(socket).await, 4403);
    }
    ada.api.get("/users/me").await.expect_problem(401);
    Api::anonymous(plaza.b()).log_in("ada", PASSWORD).await.expect_problem(403);
    let mut again = ada.at(plaza.a()).connect().await;
    assert_eq!(again.close_code().await, 4403, "there is no use in coming back");

    root.api.delete(&ban).await.expect(204);
    ada.api.get("/users/me").await.expect_problem(401);
    User::log_in(plaza.b(), "ada").await.api.get("/users/me").await.expect(200);
}

async fn only_admins_ban(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let (root, ada) = (registered(&plaza, "root").await, registered(&plaza, "ada").await);
    for (who, whom, status) in [
        (&ada, root.id.as_str(), 403),
        (&ada, &ada.id, 403),
        (&root, &root.id, 403),
        (&root, "0193b5f0-0000-7000-8000-000000000000", 404),
    ] {
        who.api.put(&format!("/users/{whom}/ban"), &json!({})).await.expect_problem(status);
    }
    ada.api.delete(&format!("/users/{}/ban", root.id)).await.expect_problem(403);
}

async fn who_is_removed_loses_the_connection_about_that_room(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let (ada, bob) = (registered(&plaza, "ada").await, registered(&plaza, "bob").await);
    let room = ada.open_room("lounge").await;
    bob.join(&room).await;
    let mut only = settled(&bob, plaza.b(), &format!("/{room}")).await;
    let mut general = settled(&bob, plaza.b(), "").await;
    general.send(json!({ "type": "subscribe", "rooms": [{ "room_id": room }] })).await;
    general.expect_type("synced").await;
    general.settle().await;
    ada.api.delete(&format!("/rooms/{room}/members/{}", bob.id)).await.expect(204);

    assert_eq!(closed_soon(&mut only).await, 4403);
    general.expect_type("member_left").await;
    let mut hers = settled(&ada, plaza.b(), &format!("/{room}")).await;
    ada.say(&room, "just us").await;
    hers.expect("just us", |frame| frame["message"]["content"] == "just us").await;
    let after = general.settle().await;
    assert!(after.iter().all(|frame| frame["room_id"] != room.as_str()), "{after:?}");
}

async fn a_deleted_room_closes_the_connections_about_it(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let ada = registered(&plaza, "ada").await;
    let room = ada.open_room("lounge").await;
    let mut only = settled(&ada, plaza.b(), &format!("/{room}")).await;
    ada.api.delete(&format!("/rooms/{room}")).await.expect(204);
    assert_eq!(only.expect_type("room_deleted").await["room_id"], room.as_str());
    assert_eq!(closed_soon(&mut only).await, 4404);
}

fn now() -> Timestamp {
    SystemClock.now()
}

async fn ended_later(socket: &mut Socket) -> u16 {
    socket.ends_within(LATER).await.expect("the connection is closed by itself")
}

async fn what_the_bus_lost_is_found_out(setup: Setup) {
    // What is written to the database is told to nobody; every second each connection looks for itself.
    let open =
        OpenPlaza::start(setup, |options| options.variable("PLAZA_SERVER__RECHECK_INTERVAL_MS", "1000"))
            .await;
    let (plaza, store) = (&open.plaza, &open.store);
    let (ada, bob) = (registered(plaza, "ada").await, registered(plaza, "bob").await);
    let (lounge, attic) = (ada.open_room("lounge").await, ada.open_room("attic").await);
    bob.join(&lounge).await;
    let mut in_lounge = settled(&bob, plaza.b(), &format!("/{lounge}")).await;
    let mut in_attic = settled(&ada, plaza.b(), &format!("/{attic}")).await;
    let (mut hers, mut his) = (settled(&ada, plaza.b(), "").await, settled(&bob, plaza.a(), "").await);

    hers.send(json!({ "type": "subscribe", "rooms": [{ "room_id": attic }] })).await;
    hers.expect_type("synced").await;
    hers.settle().await;
    let mut work = store.begin().await.expect("a transaction");
    let room_id: RoomId = attic.parse().expect("an id");
    work.rooms().advance(room_id, 0, 1).await.expect("a version");
    work.rooms().delete(room_id, now()).await.expect("deleted");
    work.commit().await.expect("committed");
    assert_eq!(hers.expect_type("room_deleted").await["room_id"], attic.as_str());
    assert_eq!(ended_later(&mut in_attic).await, 4404);

    let mut work = store.begin().await.expect("a transaction");
    let (room_id, user_id): (RoomId, UserId) =
        (lounge.parse().expect("an id"), bob.id.parse().expect("an id"));
    let version = work.rooms().advance(room_id, 0, 1).await.expect("a version").version;
    let mut member = work.members().find(room_id, user_id).await.expect("found").expect("a member");
    (member.left_at, member.version) = (Some(now()), version);
    work.members().save(&member).await.expect("saved");
    work.commit().await.expect("committed");
    assert_eq!(ended_later(&mut in_lounge).await, 4403);
    his.settle().await;

    let mut work = store.begin().await.expect("a transaction");
    work.sessions().revoke(session_of(&ada), now()).await.expect("revoked");
    work.commit().await.expect("committed");
    assert_eq!(ended_later(&mut hers).await, 4401);

    let mut work = store.begin().await.expect("a transaction");
    let mut user = work.users().find(user_id).await.expect("found").expect("a user");
    user.suspension = Some(Suspension::ban(now()));
    work.users().update(&user).await.expect("updated");
    work.commit().await.expect("committed");
    assert_eq!(ended_later(&mut his).await, 4403);
}

/// The session that an access token names.
fn session_of(user: &User) -> SessionId {
    use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64};
    let payload = user.api.token().split('.').nth(1).expect("a JWT has three parts");
    let claims: Value = serde_json::from_slice(&BASE64.decode(payload).expect("base64")).expect("claims");
    claims["sid"].as_str().and_then(|sid| sid.parse().ok()).expect("a session")
}
