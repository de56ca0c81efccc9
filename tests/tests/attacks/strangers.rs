//! Ids of others in every path, shown by those whom they do not concern: nothing is given, and nothing is told.

use std::collections::{BTreeMap, BTreeSet};

use futures::{StreamExt, stream};
use plaza_tests::{
    Setup, both_setups,
    client::{Api, Socket, User},
    permissions::{
        call::{call, parameters},
        matrix::{Row, rows},
        stage::{Stage, UPLOAD, about, uploaded},
    },
};
use serde_json::json;

use crate::{report::tell, turns::beside_others};

both_setups!(
    ids_of_others_open_nothing_in_any_path,
    no_operation_but_the_public_ones_answers_without_a_token,
);

const PARALLEL: usize = 6;

/// Somebody who tries, and how they stand to users whom they do not know, by the table.
struct Stranger {
    name: &'static str,
    api: Api,
    role: usize,
}

/// What somebody else has, by kind.
async fn treasures(stage: &Stage) -> BTreeMap<&'static str, String> {
    let (host, friend) = (&stage.host, stage.newcomer("member").await);
    let room_id = host.open_private_room("secrets").await;
    let message = host.say(&room_id, "a secret").await;
    let (file_id, task_id) = uploaded(host, UPLOAD, "secret.txt", b"a secret".to_vec()).await;
    let direct = host.api.post("/rooms/direct", &json!({ "user_id": friend.id })).await.expect(201);
    let whisper = host.say(direct["id"].as_str().expect("an id"), "a secret for two").await;
    let sessions = host.api.get("/users/me/sessions").await.expect(200);
    let id = |value: &serde_json::Value| value["id"].as_str().expect("an id").to_owned();
    BTreeMap::from([
        ("a private room", room_id),
        ("a message in it", id(&message)),
        ("a direct room", id(&direct)),
        ("a message in that", id(&whisper)),
        ("an upload's task", task_id),
        ("an upload", file_id),
        ("a session", id(&sessions["items"][0])),
        ("a user", friend.id),
    ])
}

async fn strangers(stage: &Stage) -> Vec<Stranger> {
    let banned = stage.newcomer("member").await;
    let root = User::log_in(stage.host.api.base(), "root").await;
    let ban = format!("/users/{}/ban", banned.id);
    let outcome = root.api.put(&ban, &json!({ "reason": "spam" })).await;
    assert!(outcome.status.is_success(), "{}", outcome.text());
    let (guest, member) = (stage.newcomer("guest").await, stage.newcomer("member").await);
    vec![
        Stranger { name: "a guest", api: guest.api, role: 0 },
        Stranger { name: "a member", api: member.api, role: 1 },
        Stranger { name: "a banned user", api: banned.api, role: 1 },
    ]
}

async fn ids_of_others_open_nothing_in_any_path(setup: Setup) {
    let _turn = beside_others().await;
    let stage = Stage::set(setup).await;
    let (treasures, strangers) = (treasures(&stage).await, strangers(&stage).await);
    let rows = with_parameters();
    let attempts: Vec<_> = rows
        .iter()
        .flat_map(|row| strangers.iter().map(move |stranger| (row, stranger)))
        .flat_map(|(row, stranger)| treasures.iter().map(move |(what, id)| (row, stranger, *what, id)))
        .collect();
    let outcomes: Vec<_> = stream::iter(&attempts)
        .map(|(row, stranger, what, id)| {
            let stage = &stage;
            async move {
                let subject = about(row, id);
                let answer = call(&stage.openapi, row, &stranger.api, &subject).await;
                (format!("{}: {} shows {what}", row.title(), stranger.name), answer.status.as_u16())
            }
        })
        .buffered(PARALLEL)
        .collect()
        .await;

    let mut counts: BTreeMap<u16, usize> = BTreeMap::new();
    let (mut open, mut other) = (0, Vec::new());
    for ((row, stranger, what, _), (attempt, status)) in attempts.iter().zip(outcomes) {
        let is_banned = stranger.name == "a banned user";
        let is_refused = if is_banned { status == 401 } else { matches!(status, 403 | 404) };
        // Who the others are is no secret to members.
        let is_open = !is_banned && *what == "a user" && is_open_to_strangers(row, stranger);
        if is_refused {
            *counts.entry(status).or_default() += 1;
        } else if is_open && (status < 400 || status == 409) {
            open += 1;
        } else {
            other.push(format!("{attempt}: {status}"));
        }
    }
    tell(
        setup,
        "ids of others in every path",
        &format!(
            "operations = {}, strangers = {}, ids = {}, tried = {}, refused = {counts:?}, open by the table = {open}, \
             others = {}",
            rows.len(),
            strangers.len(),
            treasures.len(),
            attempts.len(),
            other.len()
        ),
    );
    assert!(other.is_empty(), "{other:#?}");
    stage.host.api.get("/users/me").await.expect(200);

    let mut closed = 0;
    for stranger in &strangers {
        for what in ["a private room", "a direct room"] {
            let (base, token) = (stranger.api.base(), stranger.api.token());
            let mut socket = Socket::connect(base, &format!("/{}", treasures[what]), token).await;
            let expected = if stranger.name == "a banned user" { 4403 } else { 4404 };
            assert_eq!(socket.close_code().await, expected, "{} follows {what}", stranger.name);
            closed += 1;
        }
    }
    tell(setup, "connections to rooms of others", &format!("tried = {closed}, closed = {closed}"));
}

async fn no_operation_but_the_public_ones_answers_without_a_token(setup: Setup) {
    let _turn = beside_others().await;
    let stage = Stage::set(setup).await;
    let anonymous = Api::anonymous(stage.plaza.plaza.a());
    let (mut refused, mut public, mut other) = (0, 0, Vec::new());
    for row in rows().iter().filter(|row| !row.is_frame()) {
        if row.nobody == "yes" {
            public += 1;
            continue;
        }
        for api in [anonymous.clone(), anonymous.with_token("made up")] {
            match call(&stage.openapi, row, &api, &about(row, &stage.host.id)).await.status.as_u16() {
                401 => refused += 1,
                status => other.push(format!("{}: {status}", row.title())),
            }
        }
    }
    tell(
        setup,
        "operations without a token, and with a made up one",
        &format!("answered 401 = {refused}, public operations = {public}, others = {}", other.len()),
    );
    assert!(other.is_empty(), "{other:#?}");
}

/// Operations whose path names something, but for those that whoever has a link may call.
fn with_parameters() -> Vec<Row> {
    let named = |row: &Row| !row.is_frame() && row.nobody != "yes" && !parameters(row.parts().1).is_empty();
    let mut rows: Vec<Row> = rows().into_iter().filter(named).collect();
    // That of a job is a name, and no id.
    rows.retain(|row| row.name != "POST /admin/jobs/{name}/run");
    let mut seen = BTreeSet::new();
    rows.retain(|row| seen.insert(row.title()));
    rows
}

fn is_open_to_strangers(row: &Row, stranger: &Stranger) -> bool {
    let of_strangers = row.answers.iter().find(|(standing, _)| standing == "stranger");
    of_strangers.is_some_and(|(_, answers)| answers[stranger.role] == "yes")
}
