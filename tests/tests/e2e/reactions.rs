//! Reactions, over WebSocket and REST, as each user sees them.

use plaza_tests::{
    Plaza, Setup, both_setups,
    client::{Socket, User},
};
use serde_json::{Value, json};

both_setups!(
    a_reaction_is_acknowledged_and_told_to_everybody,
    everybody_is_told_which_reactions_are_their_own,
    who_comes_back_is_told_the_reactions_as_they_are,
    a_reaction_is_made_and_taken_back_over_rest,
    one_user_reacting_everywhere_at_once_reacts_once,
    what_is_no_reaction_is_refused,
);

/// A room with three members and a message of the first.
struct Scene {
    plaza: Plaza,
    ada: User,
    bob: User,
    cem: User,
    room: String,
    message: String,
}

async fn scene(setup: Setup) -> Scene {
    let plaza = Plaza::start(setup).await;
    let ada = User::register(plaza.a(), "ada").await;
    let bob = User::register(plaza.b(), "bob").await;
    let cem = User::register(plaza.a(), "cem").await;
    let room = ada.open_room("lounge").await;
    bob.join(&room).await;
    cem.join(&room).await;
    let message = text(&ada.say(&room, "hello").await["id"]);
    Scene { plaza, ada, bob, cem, room, message }
}

async fn following(user: &User, room: &str) -> Socket {
    let mut socket = user.connect_to(room).await;
    socket.expect_type("synced").await;
    socket
}

fn text(value: &Value) -> String {
    value.as_str().expect("text").to_owned()
}

/// Emoji, count, and whether it is the viewer's own.
fn reactions(message: &Value) -> Vec<(String, u64, bool)> {
    let shown = message["reactions"].as_array().expect("reactions");
    let shown = shown.iter().map(|reaction| {
        let count = reaction["count"].as_u64().expect("a count");
        (text(&reaction["emoji"]), count, reaction["me"] == true)
    });
    shown.collect()
}

fn of(emoji: &str, count: u64, me: bool) -> (String, u64, bool) {
    (emoji.to_owned(), count, me)
}

async fn a_reaction_is_acknowledged_and_told_to_everybody(setup: Setup) {
    let Scene { plaza: _plaza, ada, bob, room, message, .. } = scene(setup).await;
    let (mut hers, mut his) = (following(&ada, &room).await, following(&bob, &room).await);
    his.send(json!({ "type": "react", "message_id": message, "emoji": "👍", "id": 1 })).await;
    let (ack, before) = his.collect_until("ack", |frame| frame["type"] == "ack").await;
    assert!(!before.iter().any(|frame| frame["type"] == "message_updated"), "{before:?}");
    assert_eq!((&ack["id"], &ack["message_id"]), (&json!(1), &json!(message)));
    for (socket, me) in [(&mut hers, false), (&mut his, true)] {
        let updated = socket.expect_type("message_updated").await;
        assert_eq!(updated["version"], ack["version"]);
        assert_eq!(updated["message"]["version"], ack["version"]);
        assert_eq!(reactions(&updated["message"]), [of("👍", 1, me)]);
        assert_eq!(updated["message"]["reactions"][0]["user_ids"], json!([bob.id]));
    }
    // Again: acknowledged with the same version, and told to nobody.
    his.send(json!({ "type": "react", "message_id": message, "emoji": "👍", "id": 2 })).await;
    assert_eq!(his.expect_type("ack").await["version"], ack["version"]);
    his.send(json!({ "type": "unreact", "message_id": message, "emoji": "👍", "id": 3 })).await;
    let taken_back = his.expect_type("ack").await;
    for socket in [&mut hers, &mut his] {
        let (updated, before) =
            socket.collect_until("no reaction", |frame| frame["type"] == "message_updated").await;
        assert!(before.iter().all(|frame| frame["type"] != "message_updated"));
        assert_eq!(updated["version"], taken_back["version"]);
        assert_eq!(reactions(&updated["message"]), []);
    }
}

async fn everybody_is_told_which_reactions_are_their_own(setup: Setup) {
    let Scene { plaza, ada, bob, cem, room, message } = scene(setup).await;
    let mut sockets =
        [following(&ada, &room).await, following(&bob, &room).await, following(&cem, &room).await];
    let mut elsewhere = following(&ada.at(plaza.b()), &room).await;
    for (socket, emoji) in [(0, "👍"), (1, "👍"), (1, "🎉")] {
        let react = json!({ "type": "react", "message_id": message, "emoji": emoji });
        sockets[socket].send(react).await;
        sockets[socket].expect_type("ack").await;
    }
    // An edit of a message with reactions is told to each in the same way.
    ada.api.patch(&format!("/messages/{message}"), &json!({ "content": "hello all" })).await.expect(200);
    let is_edit =
        |frame: &Value| frame["type"] == "message_updated" && frame["message"]["content"] == "hello all";
    let expected = [(true, false), (true, true), (false, false)];
    let [a, b, c] = &mut sockets;
    for (socket, (thumb, party)) in
        [a, b, c, &mut elsewhere].into_iter().zip(expected.into_iter().chain([(true, false)]))
    {
        let updated = socket.expect("the edit", is_edit).await;
        assert_eq!(reactions(&updated["message"]), [of("👍", 2, thumb), of("🎉", 1, party)]);
    }
    let path = format!("/messages/{message}");
    for (user, (thumb, party)) in [&ada, &bob, &cem].into_iter().zip(expected) {
        let shown = user.api.get(&path).await.expect(200);
        assert_eq!(reactions(&shown), [of("👍", 2, thumb), of("🎉", 1, party)]);
        let history = user.history(&room, "").await;
        assert_eq!(history.last(), Some(&shown));
        let changes = user.api.get(&format!("/rooms/{room}/changes?since=0")).await.expect(200);
        let changed = changes["changes"].as_array().expect("changes").iter();
        assert!(changed.into_iter().any(|change| change["message"] == shown), "{changes}");
    }
}

async fn who_comes_back_is_told_the_reactions_as_they_are(setup: Setup) {
    let Scene { plaza, ada, bob, room, message, .. } = scene(setup).await;
    let mut his = bob.connect().await;
    his.send(json!({ "type": "subscribe", "rooms": [{ "room_id": room, "since": 0 }] })).await;
    let known = his.expect_type("synced").await["version"].clone();
    his.close().await;
    for (user, emoji) in [(&ada, "🎉"), (&bob, "👍"), (&bob, "🎉"), (&ada, "👎")] {
        user.api.put_empty(&format!("/messages/{message}/reactions/{emoji}")).await.expect(200);
    }
    ada.api.delete(&format!("/messages/{message}/reactions/👎")).await.expect(200);
    for at in [plaza.a(), plaza.b()] {
        let mut his = bob.at(at).connect().await;
        his.send(json!({ "type": "subscribe", "rooms": [{ "room_id": room, "since": known }] })).await;
        let (_, before) = his.collect_until("synced", |frame| frame["type"] == "synced").await;
        let updates: Vec<_> = before.iter().filter(|frame| frame["type"] == "message_updated").collect();
        let [updated] = updates[..] else { panic!("one change of one message: {before:?}") };
        assert_eq!(reactions(&updated["message"]), [of("🎉", 2, true), of("👍", 1, true)]);
    }
}

async fn a_reaction_is_made_and_taken_back_over_rest(setup: Setup) {
    let Scene { plaza: _plaza, ada, bob, cem, room, message } = scene(setup).await;
    let mut hers = following(&ada, &room).await;
    // A heart with its variation selector, as a client would encode it, and without.
    let path = format!("/messages/{message}/reactions");
    let shown = bob.api.put_empty(&format!("{path}/%E2%9D%A4%EF%B8%8F")).await.expect(200);
    assert_eq!(reactions(&shown), [of("❤\u{fe0f}", 1, true)]);
    let same = bob.api.put_empty(&format!("{path}/%E2%9D%A4")).await.expect(200);
    assert_eq!(same, shown);
    cem.api.put_empty(&format!("{path}/❤")).await.expect(200);
    let two = |frame: &Value| frame["message"]["reactions"][0]["count"] == 2;
    assert_eq!(reactions(&hers.expect("two hearts", two).await["message"]), [of("❤\u{fe0f}", 2, false)]);
    let mut listed = Vec::new();
    let mut next = format!("{path}?limit=1");
    loop {
        let page = ada.api.get(&next).await.expect(200);
        let items = page["items"].as_array().expect("items");
        listed.extend(items.iter().map(|entry| (text(&entry["user"]["username"]), text(&entry["emoji"]))));
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        next = format!("{path}?limit=1&cursor={cursor}");
    }
    let heart = |name: &str| (name.to_owned(), "❤\u{fe0f}".to_owned());
    assert_eq!(listed, [heart("bob"), heart("cem")]);
    for _ in 0..2 {
        let left = bob.api.delete(&format!("{path}/❤")).await.expect(200);
        assert_eq!(reactions(&left), [of("❤\u{fe0f}", 1, false)]);
    }
}

async fn one_user_reacting_everywhere_at_once_reacts_once(setup: Setup) {
    let Scene { plaza, ada, bob, room, message, .. } = scene(setup).await;
    let version = async || ada.api.get(&format!("/rooms/{room}")).await.expect(200)["version"].as_i64();
    let before = version().await.expect("a version");
    let path = format!("/messages/{message}/reactions/👍");
    let (here, there) = (bob.at(plaza.a()), bob.at(plaza.b()));
    let attempts = (0..10).map(|number| if number % 2 == 0 { &here } else { &there });
    let answers = futures::future::join_all(attempts.map(|user| user.api.put_empty(&path))).await;
    for answer in answers {
        assert_eq!(reactions(&answer.expect(200)), [of("👍", 1, true)]);
    }
    assert_eq!(version().await, Some(before + 1));
    let (hers, his) = futures::join!(ada.api.put_empty(&path), there.api.put_empty(&path));
    assert_eq!((hers.status.as_u16(), his.status.as_u16()), (200, 200));
    let shown = ada.api.get(&format!("/messages/{message}")).await.expect(200);
    assert_eq!(reactions(&shown), [of("👍", 2, true)]);
    assert_eq!(version().await, Some(before + 2));
}

async fn what_is_no_reaction_is_refused(setup: Setup) {
    let Scene { plaza, ada, bob, room, message, .. } = scene(setup).await;
    let stranger = User::register(plaza.b(), "stranger").await;
    let path = format!("/messages/{message}/reactions");
    bob.api.put_empty(&format!("{path}/words")).await.expect_problem(422);
    bob.api.put_empty(&format!("{path}/👍👍")).await.expect_problem(422);
    stranger.api.put_empty(&format!("{path}/👍")).await.expect_problem(404);
    stranger.api.get(&path).await.expect_problem(404);
    let mut his = following(&bob, &room).await;
    for (frame, code) in [
        (json!({ "type": "react", "message_id": message, "emoji": "x" }), "invalid"),
        (json!({ "type": "react", "message_id": message }), "invalid"),
        (json!({ "type": "unreact", "message_id": ada.id, "emoji": "👍" }), "not_found"),
    ] {
        his.send(frame.clone()).await;
        assert_eq!(his.expect_type("error").await["code"], code, "{frame}");
    }
    bob.api.put_empty(&format!("{path}/👍")).await.expect(200);
    ada.api.delete(&format!("/messages/{message}")).await.expect(204);
    let tombstone = bob.api.get(&format!("/messages/{message}")).await.expect(200);
    assert_eq!(reactions(&tombstone), []);
    bob.api.put_empty(&format!("{path}/👍")).await.expect_problem(409);
}
