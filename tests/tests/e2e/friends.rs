//! Friends: asked and answered at two instances, told in real time, and nothing that tells of a decline or a block.

use std::time::Duration;

use futures::future::join_all;
use plaza_tests::{
    Options, Plaza, Setup, both_setups,
    client::{Socket, User},
    servers::wait::until,
};
use reqwest::StatusCode;
use serde_json::{Value, json};

both_setups!(
    a_request_is_told_accepted_and_ended_at_every_instance,
    who_asks_learns_nothing_of_a_decline_or_a_block,
    those_who_ask_each_other_at_the_same_moment_are_friends,
    friends_see_and_are_told_of_each_other_though_they_share_no_room,
    a_block_ends_a_friendship,
    a_request_and_a_block_at_the_same_moment_leave_no_request_that_is_seen,
    friends_and_requests_are_read_in_pages,
    requests_are_limited,
);

const PATIENCE: Duration = Duration::from_secs(30);

/// Two users at two instances.
async fn two(plaza: &Plaza) -> (User, User) {
    User::register(plaza.a(), "root").await;
    (User::register(plaza.a(), "ada").await, User::register(plaza.b(), "bob").await)
}

async fn ask(user: &User, other: &User) -> Value {
    user.api.post("/friends/requests", &json!({ "user_id": other.id })).await.expect(201)
}

async fn befriend(user: &User, other: &User) {
    ask(user, other).await;
    other.api.post_empty(&answer_path(user, "accept")).await.expect(200);
}

fn answer_path(asker: &User, answer: &str) -> String {
    format!("/friends/requests/{}/{answer}", asker.id)
}

fn request_path(asked: &User) -> String {
    format!("/friends/requests/{}", asked.id)
}

/// What two users are to each other, as one sees it, without since when.
async fn relation(viewer: &User, other: &User) -> String {
    let seen = viewer.api.get(&format!("/friends/{}", other.id)).await.expect(200);
    seen["relation"].as_str().expect("a word").to_owned()
}

async fn names(user: &User, path: &str) -> Vec<String> {
    let page = user.api.get(path).await.expect(200);
    let items = page["items"].as_array().expect("items");
    items.iter().map(|item| item["user"]["username"].as_str().expect("a name").to_owned()).collect()
}

async fn greeted(user: &User) -> Socket {
    let mut socket = user.connect().await;
    socket.expect_type("hello").await;
    socket
}

/// The next that is told about friends: what, of whom, and whether the user did it themselves.
async fn told(socket: &mut Socket) -> (String, String, bool) {
    let frame = socket.expect_type("friend").await;
    let text = |value: &Value| value.as_str().expect("a word").to_owned();
    (text(&frame["kind"]), text(&frame["user"]["username"]), frame["is_own"] == true)
}

fn news(kind: &str, name: &str, is_own: bool) -> (String, String, bool) {
    (kind.to_owned(), name.to_owned(), is_own)
}

async fn a_request_is_told_accepted_and_ended_at_every_instance(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let (ada, bob) = two(&plaza).await;
    // Each of them is connected where they are not asking.
    let (mut hers, mut his) = (greeted(&ada.at(plaza.b())).await, greeted(&bob.at(plaza.a())).await);
    let asked = ask(&ada, &bob).await;
    assert_eq!((&asked["relation"], &asked["user"]["username"]), (&json!("outgoing"), &json!("bob")));
    assert_eq!(told(&mut hers).await, news("requested", "bob", true));
    assert_eq!(told(&mut his).await, news("requested", "ada", false));
    let again = ada.api.post("/friends/requests", &json!({ "user_id": bob.id })).await.expect(200);
    assert_eq!(again, asked);
    assert_eq!(names(&bob, "/friends/requests").await, ["ada"]);
    assert_eq!(names(&bob, "/friends/requests?direction=outgoing").await, Vec::<String>::new());
    assert_eq!(names(&ada, "/friends/requests?direction=outgoing").await, ["bob"]);

    let accepted = bob.api.post_empty(&answer_path(&ada, "accept")).await.expect(200);
    assert_eq!(accepted["relation"], "friends");
    assert_eq!(told(&mut hers).await, news("accepted", "bob", false));
    assert_eq!(told(&mut his).await, news("accepted", "ada", true));
    assert_eq!(
        (names(&ada, "/friends").await, names(&bob, "/friends").await),
        (vec!["bob".to_owned()], vec!["ada".to_owned()])
    );
    for gone in [answer_path(&ada, "accept"), answer_path(&ada, "decline")] {
        bob.api.post_empty(&gone).await.expect_problem(404);
    }
    ada.api.delete(&request_path(&bob)).await.expect_problem(404);

    ada.api.delete(&format!("/friends/{}", bob.id)).await.expect(204);
    ada.api.delete(&format!("/friends/{}", bob.id)).await.expect_problem(404);
    assert_eq!(told(&mut hers).await, news("removed", "bob", true));
    assert_eq!(told(&mut his).await, news("removed", "ada", false));

    ask(&bob, &ada).await;
    bob.api.delete(&request_path(&ada)).await.expect(204);
    for kind in ["requested", "cancelled"] {
        assert_eq!(told(&mut hers).await, news(kind, "bob", false));
    }
    bob.api.post("/friends/requests", &json!({ "user_id": ada.id })).await.expect_problem(409);
}

async fn who_asks_learns_nothing_of_a_decline_or_a_block(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let (ada, bob) = two(&plaza).await;
    let (cem, dora) = (User::register(plaza.b(), "cem").await, User::register(plaza.b(), "dora").await);
    let mut hers = greeted(&ada).await;
    cem.api.put_empty(&format!("/users/{}/block", ada.id)).await.expect(204);
    let mut seen = Vec::new();
    for other in [&bob, &cem, &dora] {
        ask(&ada, other).await;
        assert_eq!(told(&mut hers).await, news("requested", &other.username, true));
    }
    bob.api.post_empty(&answer_path(&ada, "decline")).await.expect(204);
    dora.api.put_empty(&format!("/users/{}/block", ada.id)).await.expect(204);
    for other in [&bob, &cem, &dora] {
        assert_eq!(names(other, "/friends/requests").await, Vec::<String>::new());
        assert_eq!(relation(other, &ada).await, "strangers");
        let repeated = ada.api.post("/friends/requests", &json!({ "user_id": other.id })).await.expect(200);
        seen.push((relation(&ada, other).await, repeated["relation"].clone()));
    }
    assert_eq!(seen, vec![("outgoing".to_owned(), json!("outgoing")); 3]);
    assert_eq!(names(&ada, "/friends/requests?direction=outgoing").await, ["dora", "cem", "bob"]);
    let before = hers.settle().await;
    assert!(!before.iter().any(|frame| frame["type"] == "friend"), "{before:?}");
    // Taken back and made again, it is the same, and who declined hears nothing.
    let mut his = greeted(&bob).await;
    ada.api.delete(&request_path(&bob)).await.expect(204);
    ada.api.post("/friends/requests", &json!({ "user_id": bob.id })).await.expect_problem(409);
    let before = his.settle().await;
    assert!(!before.iter().any(|frame| frame["type"] == "friend"), "{before:?}");
}

async fn those_who_ask_each_other_at_the_same_moment_are_friends(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let (ada, bob) = two(&plaza).await;
    let request = async |user: &User, other: &User| {
        user.api.post("/friends/requests", &json!({ "user_id": other.id })).await.status
    };
    let asking = (0..10).map(|number| {
        let request = &request;
        let (user, other) = if number % 2 == 0 { (&ada, &bob) } else { (&bob, &ada) };
        async move { request(user, other).await }
    });
    let answers = join_all(asking).await;
    let created = answers.iter().filter(|status| **status == StatusCode::CREATED).count();
    let known = answers.iter().filter(|status| **status == StatusCode::OK).count();
    assert_eq!((created, known), (1, 9), "{answers:?}");
    assert_eq!(
        (relation(&ada, &bob).await, relation(&bob, &ada).await),
        ("friends".into(), "friends".into())
    );
}

async fn friends_see_and_are_told_of_each_other_though_they_share_no_room(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let (ada, bob) = two(&plaza).await;
    let eve = User::register(plaza.b(), "eve").await;
    befriend(&ada, &bob).await;
    ask(&eve, &ada).await;
    let (mut his, mut eves) = (greeted(&bob).await, greeted(&eve).await);
    let is_of_ada = |frame: &Value| frame["type"] == "presence" && frame["user_id"] == ada.id.as_str();
    let hers = greeted(&ada).await;
    let online = his.expect("presence", is_of_ada).await;
    assert_eq!(online["status"], "online");
    let listed = until(PATIENCE, || async {
        let friends = bob.api.get("/friends").await.expect(200);
        if friends["items"][0]["presence"]["status"] == "online" { Ok(friends) } else { Err(friends) }
    });
    let listed = listed.await.expect("she is online");
    assert_eq!(listed["items"][0]["presence"]["user_id"], ada.id.as_str());
    let shown = bob.api.get(&format!("/users/{}/presence", ada.id)).await.expect(200);
    assert_eq!(shown["status"], "online");
    let hidden = eve.api.get(&format!("/users/{}/presence", ada.id)).await.expect(200);
    assert_eq!(hidden["status"], "offline");

    hers.close().await;
    let gone = his.expect("presence", |frame| is_of_ada(frame) && frame["status"] == "offline").await;
    assert!(gone["last_seen_at"].is_string(), "{gone}");
    let before = eves.settle().await;
    assert!(!before.iter().any(is_of_ada), "{before:?}");
}

async fn a_block_ends_a_friendship(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let (ada, bob) = two(&plaza).await;
    befriend(&ada, &bob).await;
    let mut his = greeted(&bob).await;
    ada.api.put_empty(&format!("/users/{}/block", bob.id)).await.expect(204);
    assert_eq!(told(&mut his).await, news("removed", "ada", false));
    for user in [&ada, &bob] {
        assert_eq!(names(user, "/friends").await, Vec::<String>::new());
    }
    let refused = ada.api.post("/friends/requests", &json!({ "user_id": bob.id })).await;
    refused.expect_problem(409);
    ask(&bob, &ada).await;
    assert_eq!(names(&ada, "/friends/requests").await, Vec::<String>::new());
}

async fn a_request_and_a_block_at_the_same_moment_leave_no_request_that_is_seen(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let (ada, _) = two(&plaza).await;
    for round in 0..10 {
        let other = User::register(plaza.b(), &format!("user{round}")).await;
        let (request, block) = (json!({ "user_id": ada.id }), format!("/users/{}/block", other.id));
        let asking = other.api.post("/friends/requests", &request);
        let (asked, blocked) = tokio::join!(asking, ada.api.put_empty(&block));
        asked.expect(201);
        blocked.expect(204);
        assert_eq!(
            (relation(&other, &ada).await, relation(&ada, &other).await),
            ("outgoing".to_owned(), "strangers".to_owned())
        );
    }
    assert_eq!(names(&ada, "/friends/requests").await, Vec::<String>::new());
}

async fn friends_and_requests_are_read_in_pages(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let (ada, bob) = two(&plaza).await;
    let others = [bob, User::register(plaza.a(), "cem").await, User::register(plaza.b(), "dora").await];
    for other in &others {
        ask(other, &ada).await;
    }
    for (path, expected) in
        [("/friends/requests", ["dora", "cem", "bob"]), ("/friends", ["bob", "cem", "dora"])]
    {
        let mut found = Vec::new();
        let mut cursor = String::new();
        for _ in 0..3 {
            let page = ada.api.get(&format!("{path}?limit=1{cursor}")).await.expect(200);
            found.push(page["items"][0]["user"]["username"].as_str().expect("a name").to_owned());
            cursor = format!("&cursor={}", page["next_cursor"].as_str().unwrap_or("none"));
        }
        assert_eq!((found, cursor.as_str()), (expected.map(str::to_owned).to_vec(), "&cursor=none"));
        ada.api.get(&format!("{path}?cursor=made-up")).await.expect_problem(422);
        for other in others.iter().filter(|_| path == "/friends/requests") {
            ada.api.post_empty(&answer_path(other, "accept")).await.expect(200);
        }
    }
}

async fn requests_are_limited(setup: Setup) {
    let plaza = Options::new(setup)
        .variable("PLAZA_LIMITS__ENABLED", "true")
        .variable("PLAZA_LIMITS__FRIEND_REQUESTS_PER_USER", "2")
        .start()
        .await;
    let (ada, bob) = two(&plaza).await;
    ask(&ada, &bob).await;
    let request = json!({ "user_id": bob.id });
    ada.at(plaza.b()).api.post("/friends/requests", &request).await.expect(200);
    let refused = ada.api.post("/friends/requests", &request).await;
    assert!(refused.headers.contains_key("ratelimit-policy"), "{:?}", refused.headers);
    refused.expect_problem(429);
}
