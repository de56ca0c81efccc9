//! Who is there: told to those who share a room, shown to those who ask, and nobody's business otherwise.

use std::time::Duration;

use futures::future::join_all;
use plaza_tests::{
    Options, Plaza, Setup, both_setups,
    client::{Socket, User},
    servers::{PrivateRedis, wait::until},
};
use serde_json::{Value, json};
use tokio::time::Instant;

both_setups!(
    several_connections_count_as_one_user,
    who_is_not_to_be_disturbed_on_one_connection_is_so_on_all,
    who_follows_a_room_learns_who_of_it_is_there,
    presence_is_shown_to_those_who_share_a_room,
    many_users_are_asked_for_at_once,
    an_eleventh_connection_is_refused,
    a_client_says_what_it_is_in_words_that_are_known,
);

const PATIENCE: Duration = Duration::from_secs(30);

/// Two members of a room, and somebody else; those who look on follow their rooms at the second instance.
struct Scene {
    ada: User,
    bob: User,
    eve: User,
    room: String,
    bobs: Socket,
    eves: Socket,
}

async fn scene(plaza: &Plaza) -> Scene {
    let ada = User::register(plaza.a(), "ada").await;
    let bob = User::register(plaza.b(), "bob").await;
    let eve = User::register(plaza.b(), "eve").await;
    let room = ada.open_room("lounge").await;
    bob.join(&room).await;
    let elsewhere = eve.open_room("elsewhere").await;
    let mut bobs = bob.connect_to(&room).await;
    let mut eves = eve.connect_to(&elsewhere).await;
    for socket in [&mut bobs, &mut eves] {
        socket.expect_type("synced").await;
    }
    Scene { ada, bob, eve, room, bobs, eves }
}

fn is_presence_of(user: &User) -> impl Fn(&Value) -> bool {
    let id = user.id.clone();
    move |frame| frame["type"] == "presence" && frame["user_id"] == id.as_str()
}

/// The next that is told of a user.
async fn told(socket: &mut Socket, user: &User) -> Value {
    socket.expect("presence", is_presence_of(user)).await
}

async fn greeted(user: &User) -> Socket {
    let mut socket = user.connect().await;
    socket.expect_type("hello").await;
    socket
}

async fn seen_by(viewer: &User, of: &User) -> Value {
    viewer.api.get(&format!("/users/{}/presence", of.id)).await.expect(200)
}

async fn until_seen(viewer: &User, of: &User, status: &str) -> Value {
    until(PATIENCE, || async {
        let found = seen_by(viewer, of).await;
        if found["status"] == status { Ok(found) } else { Err(found) }
    })
    .await
    .unwrap_or_else(|found| panic!("{status} was expected, not {found}"))
}

async fn several_connections_count_as_one_user(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let Scene { ada, bob, eve, mut bobs, mut eves, .. } = scene(&plaza).await;
    let first = greeted(&ada).await;
    let online = json!({ "type": "presence", "user_id": ada.id, "status": "online", "last_seen_at": null });
    assert_eq!(told(&mut bobs, &ada).await, online);
    let mut second = greeted(&ada.at(plaza.b())).await;
    first.close().await;
    // What is told next is of the last connection: the first has ended by then, and nobody was told.
    second.send(json!({ "type": "presence", "status": "away" })).await;
    assert_eq!(told(&mut bobs, &ada).await["status"], "away");
    assert_eq!(until_seen(&bob, &ada, "away").await["last_seen_at"], Value::Null);

    second.close().await;
    let gone = told(&mut bobs, &ada).await;
    assert_eq!(gone["status"], "offline");
    assert!(gone["last_seen_at"].is_string(), "{gone}");
    until(PATIENCE, || async {
        let found = seen_by(&bob, &ada).await;
        if found["last_seen_at"].is_string() { Ok(()) } else { Err(found) }
    })
    .await
    .expect("it is known when she was last seen");

    let hidden = json!({ "user_id": ada.id, "status": "offline", "last_seen_at": null });
    assert_eq!(seen_by(&eve, &ada).await, hidden);
    let told = eves.settle().await;
    assert!(!told.iter().any(is_presence_of(&ada)), "{told:?}");
}

async fn who_is_not_to_be_disturbed_on_one_connection_is_so_on_all(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let Scene { ada, bob, mut bobs, .. } = scene(&plaza).await;
    let (mut first, mut second) = (greeted(&ada).await, greeted(&ada.at(plaza.b())).await);
    assert_eq!(told(&mut bobs, &ada).await["status"], "online");
    first.send(json!({ "type": "presence", "status": "dnd" })).await;
    assert_eq!(told(&mut bobs, &ada).await["status"], "dnd");
    second.send(json!({ "type": "presence", "status": "away" })).await;
    second.settle().await;
    assert_eq!(seen_by(&bob, &ada).await["status"], "dnd");
    first.close().await;
    assert_eq!(told(&mut bobs, &ada).await["status"], "away");
}

async fn who_follows_a_room_learns_who_of_it_is_there(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let Scene { ada, bob, room, mut bobs, .. } = scene(&plaza).await;
    let mut hers = ada.connect_to(&room).await;
    let subscribed = hers.expect_type("subscribed").await;
    let presence = subscribed["presence"].as_array().expect("presence");
    let of =
        |user: &User, status: &str| json!({ "user_id": user.id, "status": status, "last_seen_at": null });
    assert_eq!(presence.len(), 2, "{subscribed}");
    assert!(presence.contains(&of(&bob, "online")), "{subscribed}");
    assert!(presence.contains(&of(&ada, "online")), "{subscribed}");
    told(&mut bobs, &ada).await;
    bobs.close().await;
    let is_gone = |frame: &Value| is_presence_of(&bob)(frame) && frame["status"] == "offline";
    hers.expect("word that he is gone", is_gone).await;
    hers.send(json!({ "type": "subscribe", "rooms": [{ "room_id": room }] })).await;
    let subscribed = hers.expect_type("subscribed").await;
    let offline = |member: &Value| member["user_id"] == bob.id.as_str() && member["status"] == "offline";
    assert!(subscribed["presence"].as_array().expect("presence").iter().any(offline), "{subscribed}");
}

async fn presence_is_shown_to_those_who_share_a_room(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let Scene { ada, bob, eve, room, bobs: _there, eves: _elsewhere } = scene(&plaza).await;
    let hidden = json!({ "user_id": bob.id, "status": "offline", "last_seen_at": null });
    assert_eq!(until_seen(&ada, &bob, "online").await["last_seen_at"], Value::Null);
    assert_eq!(seen_by(&eve, &bob).await, hidden);
    eve.join(&room).await;
    assert_eq!(seen_by(&eve, &bob).await["status"], "online");
    let left = eve.api.post_empty(&format!("/rooms/{room}/leave")).await;
    assert!(left.status.is_success());
    assert_eq!(seen_by(&eve, &bob).await, hidden);
    assert_eq!(until_seen(&eve, &eve, "online").await["user_id"], eve.id.as_str());
    let nobody = "0193b5f0-0000-7000-8000-000000000000";
    ada.api.get(&format!("/users/{nobody}/presence")).await.expect_problem(404);
}

async fn many_users_are_asked_for_at_once(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let Scene { ada, bob, eve, bobs: _there, .. } = scene(&plaza).await;
    until_seen(&ada, &bob, "online").await;
    let nobody = |number: usize| format!("0193b5f0-0000-7000-8000-{number:012}");
    let mut ids: Vec<String> = (0..197).map(nobody).collect();
    ids.extend([eve.id.clone(), bob.id.clone(), ada.id.clone()]);
    let query = async |ids: &[String]| ada.api.post("/presence/query", &json!({ "user_ids": ids })).await;
    let found = query(&ids).await.expect(200);
    let found = found["items"].as_array().expect("items");
    let answered: Vec<&Value> = found.iter().map(|presence| &presence["user_id"]).collect();
    assert_eq!(answered, ids.iter().collect::<Vec<_>>());
    let there: Vec<usize> = (0..found.len()).filter(|at| found[*at]["status"] != "offline").collect();
    assert_eq!(there, [198], "{found:?}");

    ids.push(nobody(500));
    let problem = query(&ids).await.expect_problem(422);
    assert_eq!(problem["errors"][0]["field"], "user_ids", "{problem}");
    assert_eq!(query(&[]).await.expect(200)["items"], json!([]));
}

async fn an_eleventh_connection_is_refused(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let ada = User::register(plaza.a(), "ada").await;
    let bob = User::register(plaza.a(), "bob").await;
    let views = [ada.clone(), ada.at(plaza.b())];
    let mut open = join_all((0..10).map(|number| greeted(&views[number % 2]))).await;
    for view in &views {
        assert_eq!(view.connect().await.close_code().await, 4409);
    }
    greeted(&bob).await;
    // One leaves, and there is room for one.
    open.remove(0).close().await;
    until(PATIENCE, || async {
        let mut socket = views[1].connect().await;
        match socket.next_before(Instant::now() + PATIENCE).await {
            Some(Ok(frame)) if frame["type"] == "hello" => Ok(()),
            other => Err(other),
        }
    })
    .await
    .expect("room for one more");
}

async fn a_client_says_what_it_is_in_words_that_are_known(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let Scene { ada, mut bobs, .. } = scene(&plaza).await;
    let mut hers = greeted(&ada).await;
    told(&mut bobs, &ada).await;
    for frame in [
        json!({ "type": "presence", "status": "offline", "id": 7 }),
        json!({ "type": "presence", "status": "busy", "id": 7 }),
        json!({ "type": "presence", "status": 1, "id": 7 }),
        json!({ "type": "presence", "id": 7 }),
    ] {
        hers.send(frame).await;
        let error = hers.expect_type("error").await;
        assert_eq!((&error["code"], &error["id"]), (&json!("invalid"), &json!(7)), "{error}");
    }
    hers.send(json!({ "type": "presence", "status": "dnd" })).await;
    assert_eq!(told(&mut bobs, &ada).await["status"], "dnd");
}

/// With several instances only: one dies, and another notices.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn users_of_an_instance_that_was_killed_go_offline_by_themselves() {
    let mut plaza = Options::new(Setup::Distributed)
        .variable("PLAZA_PRESENCE__REFRESH_SECONDS", "1")
        .variable("PLAZA_PRESENCE__TTL_SECONDS", "3")
        .start()
        .await;
    let Scene { ada, bob, mut bobs, .. } = scene(&plaza).await;
    let _hers = greeted(&ada).await;
    assert_eq!(told(&mut bobs, &ada).await["status"], "online");
    plaza.kill(0);
    let gone = told(&mut bobs, &ada).await;
    assert_eq!(gone["status"], "offline");
    let bob = bob.at(plaza.b());
    let found = until(PATIENCE, || async {
        let found = seen_by(&bob, &ada).await;
        if found["last_seen_at"].is_string() { Ok(found) } else { Err(found) }
    })
    .await
    .expect("it is known when she was last seen");
    assert_eq!(found["status"], "offline");
}

/// With several instances only: what they share is lost, and comes back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_redis_users_connect_and_each_instance_knows_its_own() {
    let mut redis = PrivateRedis::start().await;
    let plaza = Options::new(Setup::Distributed)
        .redis(redis.url())
        .variable("PLAZA_PRESENCE__REFRESH_SECONDS", "1")
        .variable("PLAZA_PRESENCE__TTL_SECONDS", "3")
        .start()
        .await;
    let Scene { ada, bob, mut bobs, .. } = scene(&plaza).await;
    until_seen(&ada, &bob, "online").await;
    redis.kill().await;
    let _hers = greeted(&ada.at(plaza.b())).await;
    assert_eq!(told(&mut bobs, &ada).await["status"], "online", "they are at the same instance");
    until_seen(&ada, &bob, "offline").await;
    redis.restart().await;
    until_seen(&ada, &bob, "online").await;
    until_seen(&bob.at(plaza.a()), &ada, "online").await;
    redis.flush_all().await;
    until_seen(&ada, &bob, "online").await;
}
