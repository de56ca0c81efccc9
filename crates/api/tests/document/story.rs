//! What users do, one after the other, so that every operation is called, and also what they do wrong.

use reqwest::header;
use serde_json::json;

use super::client::{Checked, CheckingClient, TestResult};

pub(super) const NOBODY: &str = "01923e5a-7b1c-7d3e-8f10-2a3b4c5d6e7f";
pub(super) const PASSWORD: &str = "correct horse battery";

pub(super) async fn accounts(client: &mut CheckingClient) -> TestResult {
    client.get("GET /healthz", "/healthz", 200).await?;
    client.get("GET /readyz", "/readyz", 200).await?;
    client.get("GET /.well-known/jwks.json", "/.well-known/jwks.json", 200).await?;
    for name in ["ada", "grace"] {
        let account = json!({"email": format!("{name}@example.org"), "username": name, "password": PASSWORD});
        let made = client.send("POST /auth/register", "/auth/register", account.clone(), 201).await?;
        assert!(made.header(header::LOCATION).ends_with(&made.text("id")?));
        client.send("POST /auth/register", "/auth/register", account, 409).await?;
    }
    let incomplete = json!({"email": 1, "username": "x"});
    let refused = client.send("POST /auth/register", "/auth/register", incomplete, 422).await?;
    assert_eq!(refused.body["errors"].as_array().map(Vec::len), Some(2), "{}", refused.body);
    client.call("POST /auth/login", "/auth/login", 400, |request| json_text(request, "{")).await?;
    client.call("POST /auth/login", "/auth/login", 415, |request| request.body("login=ada")).await?;
    let packed = |request| json_text(request, "{}").header(header::CONTENT_ENCODING, "gzip");
    client.call("POST /auth/login", "/auth/login", 415, packed).await?;
    client.send("POST /auth/login", "/auth/login", json!({"login": "ada", "password": "wrong"}), 401).await?;
    let huge = format!("{{\"login\": \"{}\"}}", "a".repeat(2 << 20));
    client.call("POST /auth/login", "/auth/login", 413, |request| json_text(request, &huge)).await?;

    client.get("GET /users/me", "/users/me", 401).await?;
    let login = json!({"login": "ada", "password": PASSWORD});
    let tokens = client.send("POST /auth/login", "/auth/login", login, 200).await?;
    let refresh = json!({"refresh_token": tokens.text("refresh_token")?});
    let tokens = client.send("POST /auth/refresh", "/auth/refresh", refresh, 200).await?;
    client.token = Some(tokens.text("access_token")?);
    let unknown = json!({"refresh_token": "made up"});
    client.send("POST /auth/refresh", "/auth/refresh", unknown, 401).await?;
    page(client).await?;

    client.call("POST /auth/ws-ticket", "/auth/ws-ticket", 200, |request| request).await?;
    client.get("GET /users/me", "/users/me", 200).await?;
    client.send("PUT /users/me", "/users/me", json!({"bio": "Engines."}), 200).await?;
    client.send("PUT /users/me", "/users/me", json!({"username": "grace"}), 409).await?;
    client.send("PUT /users/me", "/users/me", json!({"display_name": "", "time_zone": "Mars"}), 422).await?;
    for username in ["ada.l", "ada"] {
        client.send("PUT /users/me", "/users/me", json!({"username": username}), 200).await?;
    }
    client.send("PUT /users/me", "/users/me", json!({"username": "ada.l"}), 429).await?;
    client.get("GET /users/me/export", "/users/me/export", 404).await?;
    client.call("POST /users/me/export", "/users/me/export", 202, |request| request).await?;
    client.get("GET /users/me/export", "/users/me/export", 200).await?;
    let history = "GET /users/me/username-history";
    client.get(history, "/users/me/username-history?limit=1", 200).await?;
    client.get(history, "/users/me/username-history?cursor=x", 422).await?;
    let preferences = "/users/me/preferences";
    client.get("GET /users/me/preferences", preferences, 200).await?;
    let update = "PUT /users/me/preferences";
    client.send(update, preferences, json!({"shows_receipts": "never"}), 422).await?;
    client.send(update, preferences, json!({"shows_receipts": true}), 200).await?;
    let id = tokens.body["user"]["id"].as_str().unwrap_or_default();
    let profile = client.get("GET /users/{user_id}", &format!("/users/{id}"), 200).await?;
    assert_eq!(profile.body.get("email"), None);
    client.get("GET /users/{user_id}", &format!("/users/{NOBODY}"), 404).await?;
    client.get("GET /users/{user_id}", "/users/ada", 400).await?;
    presence(client, id).await?;
    sessions(client).await?;
    password_and_ban(client, id).await
}

/// Ada, who has logged in once.
async fn sessions(client: &mut CheckingClient) -> TestResult {
    let (list, path) = ("GET /users/me/sessions", "/users/me/sessions");
    let login = json!({"login": "ada", "password": PASSWORD});
    client.send("POST /auth/login", "/auth/login", login, 200).await?;
    let first = client.get(list, "/users/me/sessions?limit=1", 200).await?;
    let next = format!("/users/me/sessions?limit=1&cursor={}", first.text("next_cursor")?);
    client.get(list, &next, 200).await?;
    client.get(list, "/users/me/sessions?limit=0", 400).await?;
    client.get(list, "/users/me/sessions?cursor=made-up", 422).await?;
    let end = "DELETE /users/me/sessions/{session_id}";
    let newest = first.body["items"][0]["id"].as_str().unwrap_or_default();
    let newest = format!("{path}/{newest}");
    client.call(end, &newest, 204, |request| request).await?;
    client.call(end, &newest, 404, |request| request).await?;
    client.call(end, &format!("{path}/{NOBODY}"), 404, |request| request).await?;
    client.call(end, "/users/me/sessions/this-one", 400, |request| request).await?;
    client.call("DELETE /users/me/sessions", path, 204, |request| request).await?;
    Ok(())
}

async fn presence(client: &mut CheckingClient, id: &str) -> TestResult {
    let one = "GET /users/{user_id}/presence";
    let found = client.get(one, &format!("/users/{id}/presence"), 200).await?;
    assert_eq!(found.body, json!({"user_id": id, "status": "offline", "last_seen_at": null}));
    client.get(one, &format!("/users/{NOBODY}/presence"), 404).await?;
    let many = "POST /presence/query";
    client.send(many, "/presence/query", json!({"user_ids": [id, NOBODY]}), 200).await?;
    client.send(many, "/presence/query", json!({"user_ids": vec![id; 201]}), 422).await?;
    client.send(many, "/presence/query", json!({"user_ids": "ada"}), 422).await?;
    Ok(())
}

/// Ada, who is the server's admin, changes her password to the same, and keeps somebody out for a moment.
async fn password_and_ban(client: &mut CheckingClient, ada_id: &str) -> TestResult {
    let (operation, path) = ("PUT /users/me/password", "/users/me/password");
    let passwords = |current: &str, new: &str| json!({"current_password": current, "new_password": new});
    client.send(operation, path, passwords("wrong", PASSWORD), 422).await?;
    client.send(operation, path, passwords(PASSWORD, "short"), 422).await?;
    client.send(operation, path, passwords(PASSWORD, PASSWORD), 204).await?;

    let login = json!({"login": "grace", "password": PASSWORD});
    let grace = client.send("POST /auth/login", "/auth/login", login.clone(), 200).await?;
    let ban = format!("/users/{}/ban", grace.body["user"]["id"].as_str().unwrap_or_default());
    let reason = json!({"reason": "Spam.", "until": "2999-01-01T00:00:00Z"});
    client.send("PUT /users/{user_id}/ban", &ban, reason, 204).await?;
    client.send("PUT /users/{user_id}/ban", &ban, json!({"until": "1999-01-01T00:00:00Z"}), 422).await?;
    client.send("POST /auth/login", "/auth/login", login, 403).await?;
    client.call("DELETE /users/{user_id}/ban", &ban, 204, |request| request).await?;
    let own = format!("/users/{ada_id}/ban");
    client.send("PUT /users/{user_id}/ban", &own, json!({}), 403).await?;
    let nobodys = format!("/users/{NOBODY}/ban");
    client.call("DELETE /users/{user_id}/ban", &nobodys, 404, |request| request).await?;
    Ok(())
}

/// The id of a room whose owner is who asks.
pub(super) async fn rooms(client: &mut CheckingClient) -> TestResult<String> {
    client.send("POST /rooms", "/rooms", json!({"name": ""}), 422).await?;
    for name in ["Lounge", "Garden"] {
        client.send("POST /rooms", "/rooms", json!({"name": name}), 201).await?;
    }
    let mine = client.get("GET /rooms", "/rooms?mine=true&limit=1", 200).await?;
    let cursor = mine.text("next_cursor")?;
    let mine = client.get("GET /rooms", &format!("/rooms?mine=true&limit=1&cursor={cursor}"), 200).await?;
    assert_eq!(mine.body["items"][0]["membership"]["role"], "owner");
    client.get("GET /rooms", &format!("/rooms?cursor={cursor}"), 422).await?;
    let first = client.get("GET /rooms", "/rooms?limit=1", 200).await?;
    let next = format!("/rooms?limit=1&cursor={}", first.text("next_cursor")?);
    let second = client.get("GET /rooms", &next, 200).await?;
    client.get("GET /rooms", "/rooms?limit=0", 400).await?;
    client.get("GET /rooms", "/rooms?mine=perhaps", 400).await?;
    client.get("GET /rooms", "/rooms?cursor=made-up", 422).await?;
    let room = second.body["items"][0]["id"].as_str().unwrap_or_default().to_owned();
    let path = format!("/rooms/{room}");
    client.get("GET /rooms/{room_id}", &path, 200).await?;
    client.get("GET /rooms/{room_id}", &format!("/rooms/{NOBODY}"), 404).await?;
    let update = json!({"name": "Salon", "description": "For everything else"});
    client.send("PATCH /rooms/{room_id}", &path, update, 200).await?;
    client.call("POST /rooms/{room_id}/join", &format!("{path}/join"), 200, |request| request).await?;
    mute(client, &path).await?;
    members(client, &path).await?;
    Ok(room)
}

async fn mute(client: &mut CheckingClient, room: &str) -> TestResult {
    let (mute, path) = ("PUT /rooms/{room_id}/mute", format!("{room}/mute"));
    client.send(mute, &path, json!({"until": "2026-01-01T00:00:00Z"}), 422).await?;
    client.send(mute, &path, json!({"until": "tomorrow"}), 422).await?;
    client.send(mute, &path, json!({"until": "2226-01-01T00:00:00.123456Z"}), 204).await?;
    let muted = client.get("GET /rooms/{room_id}", room, 200).await?;
    assert_eq!(muted.body["membership"]["muted_until"], "2226-01-01T00:00:00.123456Z");
    client.send(mute, &path, json!({}), 204).await?;
    client.get("DELETE /rooms/{room_id}/mute", &path, 204).await?;
    client.send(mute, &format!("/rooms/{NOBODY}/mute"), json!({}), 404).await?;
    Ok(())
}

async fn members(client: &mut CheckingClient, room: &str) -> TestResult {
    let admin = client.token.take();
    let login = json!({"login": "grace", "password": PASSWORD});
    let grace = client.send("POST /auth/login", "/auth/login", login, 200).await?;
    let grace_id = grace.body["user"]["id"].as_str().unwrap_or_default().to_owned();
    client.token = Some(grace.text("access_token")?);
    client.send("PATCH /rooms/{room_id}", room, json!({"name": "Mine"}), 403).await?;
    client.token = admin;

    let list = format!("{room}/members");
    client
        .send("POST /rooms/{room_id}/members", &list, json!({"user_id": grace_id, "role": "king"}), 422)
        .await?;
    client.send("POST /rooms/{room_id}/members", &list, json!({"user_id": grace_id}), 201).await?;
    client.send("POST /rooms/{room_id}/members", &list, json!({"user_id": grace_id}), 409).await?;
    let listed = client.get("GET /rooms/{room_id}/members", &list, 200).await?;
    assert_eq!(listed.body["items"].as_array().map(Vec::len), Some(2));
    let member = format!("{list}/{grace_id}");
    let change = "PATCH /rooms/{room_id}/members/{user_id}";
    client.send(change, &member, json!({"role": "admin"}), 200).await?;
    let remove = "DELETE /rooms/{room_id}/members/{user_id}";
    client.get(remove, &member, 204).await?;
    client.get(remove, &member, 404).await?;
    let leave = format!("{room}/leave");
    client.call("POST /rooms/{room_id}/leave", &leave, 409, |request| request).await?;
    client
        .send("POST /rooms/{room_id}/members", &list, json!({"user_id": grace_id, "role": "owner"}), 201)
        .await?;
    Ok(())
}

pub(super) async fn direct_rooms(client: &mut CheckingClient) -> TestResult {
    let me = client.get("GET /users/me", "/users/me", 200).await?.text("id")?;
    let other = json!({"email": "john@example.org", "username": "john", "password": PASSWORD});
    let other = client.send("POST /auth/register", "/auth/register", other, 201).await?.text("id")?;
    let open = "POST /rooms/direct";
    let made = client.send(open, "/rooms/direct", json!({"user_id": other}), 201).await?;
    assert!(made.header(header::LOCATION).ends_with(&made.text("id")?));
    assert_eq!(made.body["peer"]["id"], other.as_str());
    let known = client.send(open, "/rooms/direct", json!({"user_id": other}), 200).await?;
    assert_eq!(known.body, made.body);
    client.send(open, "/rooms/direct", json!({"user_id": me}), 422).await?;
    client.send(open, "/rooms/direct", json!({"user_id": NOBODY}), 404).await?;
    let room = format!("/rooms/{}", made.text("id")?);
    client.get("GET /rooms/{room_id}", &room, 200).await?;
    client.send("PATCH /rooms/{room_id}", &room, json!({"name": "Ours"}), 403).await?;

    let (block, unblock) = ("PUT /users/{user_id}/block", "DELETE /users/{user_id}/block");
    let path = |user: &str| format!("/users/{user}/block");
    client.get(block, &path(&other), 204).await?;
    client.get(block, &path(&me), 422).await?;
    client.get(block, &path(NOBODY), 404).await?;
    let text = json!({"content": "hello"});
    client.send("POST /rooms/{room_id}/messages", &format!("{room}/messages"), text, 403).await?;
    let blocks = client.get("GET /users/me/blocks", "/users/me/blocks?limit=1", 200).await?;
    assert_eq!(blocks.body["items"][0]["user"]["id"], other.as_str());
    client.get("GET /users/me/blocks", "/users/me/blocks?cursor=made-up", 422).await?;
    client.get(unblock, &path(&other), 204).await?;
    client.get(unblock, &path(NOBODY), 404).await?;
    Ok(())
}

pub(super) async fn messages(client: &mut CheckingClient, room: &str) -> TestResult {
    let path = format!("/rooms/{room}/messages");
    let post = "POST /rooms/{room_id}/messages";
    let text = json!({"content": "Hello **everybody**", "client_id": "1"});
    let posted = client.send(post, &path, text.clone(), 201).await?;
    let repeated = client.send(post, &path, text, 200).await?;
    assert_eq!(repeated.body, posted.body);
    client.send(post, &path, json!({"content": " "}), 422).await?;
    client.send(post, &path, json!({"content": "x", "message_type": "song"}), 422).await?;
    client.send(post, &format!("/rooms/{NOBODY}/messages"), json!({"content": "x"}), 404).await?;

    let history = "GET /rooms/{room_id}/messages";
    client.get(history, &path, 200).await?;
    client.get(history, &format!("{path}?after=0&limit=1"), 200).await?;
    client.get(history, &format!("{path}?after=0&before=9"), 422).await?;
    let message = format!("/messages/{}", posted.text("id")?);
    client.get("GET /messages/{message_id}", &message, 200).await?;
    let receipts = "GET /messages/{message_id}/receipts";
    let told = client.get(receipts, &format!("{message}/receipts"), 200).await?;
    assert_eq!(told.body["items"][0]["is_read"], false);
    client.get(receipts, &format!("/messages/{NOBODY}/receipts"), 404).await?;
    let mine = client.get("GET /rooms", "/rooms?mine=true", 200).await?;
    assert_eq!(mine.body["items"][0]["last_message"]["id"], posted.body["id"]);
    client.send("PATCH /messages/{message_id}", &message, json!({"content": "Hello"}), 200).await?;
    put_on(client, room, &message).await?;
    client.get("DELETE /messages/{message_id}", &message, 204).await?;
    let tombstone = client.get("GET /messages/{message_id}", &message, 200).await?;
    assert!(tombstone.body["deleted_at"].is_string() && tombstone.body["content"] == "");
    client.send("PATCH /messages/{message_id}", &message, json!({"content": "Hello"}), 409).await?;

    let changes =
        client.get("GET /rooms/{room_id}/changes", &format!("/rooms/{room}/changes?since=0"), 200).await?;
    let kinds: Vec<_> =
        changes.body["changes"].as_array().into_iter().flatten().map(|change| &change["type"]).collect();
    for kind in ["message", "member", "room"] {
        assert!(kinds.iter().any(|found| *found == kind), "{kinds:?}");
    }
    client.get("GET /rooms/{room_id}/changes", &format!("/rooms/{room}/changes"), 400).await?;
    Ok(())
}

/// Reactions, a pin, and what the message said before.
async fn put_on(client: &mut CheckingClient, room: &str, message: &str) -> TestResult {
    let (list, react) =
        ("GET /messages/{message_id}/reactions", "PUT /messages/{message_id}/reactions/{emoji}");
    let reactions = format!("{message}/reactions");
    for emoji in ["%F0%9F%91%8D", "%F0%9F%8E%89"] {
        client.get(react, &format!("{reactions}/{emoji}"), 200).await?;
    }
    client.get(react, &format!("{reactions}/words"), 422).await?;
    let first = client.get(list, &format!("{reactions}?limit=1"), 200).await?;
    let next = format!("{reactions}?limit=1&cursor={}", first.text("next_cursor")?);
    client.get(list, &next, 200).await?;
    client.get(list, &format!("{reactions}?cursor=made-up"), 422).await?;
    client.get(list, &format!("/messages/{NOBODY}/reactions"), 404).await?;
    let unreact = "DELETE /messages/{message_id}/reactions/{emoji}";
    client.get(unreact, &format!("{reactions}/%F0%9F%8E%89"), 200).await?;

    let (pin, pins) = ("PUT /messages/{message_id}/pin", "GET /rooms/{room_id}/pins");
    client.get(pin, &format!("{message}/pin"), 200).await?;
    client.get(pin, &format!("/messages/{NOBODY}/pin"), 404).await?;
    let pinned = client.get(pins, &format!("/rooms/{room}/pins"), 200).await?;
    assert_eq!(pinned.body["items"][0]["reactions"][0]["me"], true, "{}", pinned.body);
    client.get(pins, &format!("/rooms/{NOBODY}/pins"), 404).await?;
    client.get("DELETE /messages/{message_id}/pin", &format!("{message}/pin"), 200).await?;

    let history = "GET /messages/{message_id}/history";
    let edits = client.get(history, &format!("{message}/history"), 200).await?;
    assert_eq!(edits.body["items"][0]["content"], "Hello **everybody**");
    client.get(history, &format!("{message}/history?limit=0"), 400).await?;
    client.get(history, &format!("/messages/{NOBODY}/history"), 404).await?;
    Ok(())
}

/// A page keeps its refresh token in a cookie, until it logs out by it.
async fn page(client: &mut CheckingClient) -> TestResult {
    let own = client.token.take();
    let (login, refresh, logout) = ("POST /auth/login", "POST /auth/refresh", "POST /auth/logout");
    let wish = json!({"login": "ada", "password": PASSWORD, "refresh_token_in": "cookie"});
    client.send(login, "/auth/login", wish.clone(), 403).await?;
    let on_page = |request: reqwest::RequestBuilder| request.header("sec-fetch-site", "same-origin");
    let given = client.call(login, "/auth/login", 200, |request| on_page(request).json(&wish)).await?;
    assert!(given.body["refresh_token"].is_null());
    let with_cookie = |request: reqwest::RequestBuilder, given: &Checked| {
        let cookie = given.header(header::SET_COOKIE).split(';').next().unwrap_or_default().to_owned();
        request.header(header::COOKIE, cookie)
    };
    client.call(refresh, "/auth/refresh", 403, |request| with_cookie(request, &given)).await?;
    let both = json!({"refresh_token": "made up"});
    client.call(refresh, "/auth/refresh", 422, |request| with_cookie(request, &given).json(&both)).await?;
    client.call(refresh, "/auth/refresh", 401, on_page).await?;
    let given =
        client.call(refresh, "/auth/refresh", 200, |request| on_page(with_cookie(request, &given))).await?;
    client.call(logout, "/auth/logout", 403, |request| with_cookie(request, &given)).await?;
    client.call(logout, "/auth/logout", 401, on_page).await?;
    let left =
        client.call(logout, "/auth/logout", 204, |request| on_page(with_cookie(request, &given))).await?;
    assert!(left.header(header::SET_COOKIE).ends_with("Max-Age=0"));
    client.token = own;
    Ok(())
}

pub(super) async fn endings(client: &mut CheckingClient, room: &str) -> TestResult {
    let leave = format!("/rooms/{room}/leave");
    client.call("POST /rooms/{room_id}/leave", &leave, 204, |request| request).await?;
    // Who runs the server may delete public rooms without being in them.
    client.get("DELETE /rooms/{room_id}", &format!("/rooms/{room}"), 204).await?;
    client.get("GET /rooms/{room_id}", &format!("/rooms/{room}"), 404).await?;
    client.call("POST /auth/logout", "/auth/logout", 204, |request| request).await?;
    client.get("GET /users/me", "/users/me", 401).await?;
    deletion(client).await
}

/// The last admin stays; somebody else goes.
async fn deletion(client: &mut CheckingClient) -> TestResult {
    let (delete, me) = ("DELETE /users/me", "/users/me");
    client.send(delete, me, json!({"password": PASSWORD}), 401).await?;
    for (name, status) in [("ada", 409), ("grace", 200)] {
        let login = json!({"login": name, "password": PASSWORD});
        let tokens = client.send("POST /auth/login", "/auth/login", login, 200).await?;
        client.token = Some(tokens.text("access_token")?);
        client.send(delete, me, json!({"password": "wrong"}), 422).await?;
        client.send(delete, me, json!({"password": PASSWORD}), status).await?;
    }
    Ok(())
}

fn json_text(request: reqwest::RequestBuilder, text: &str) -> reqwest::RequestBuilder {
    request.header(header::CONTENT_TYPE, "application/json").body(text.to_owned())
}
