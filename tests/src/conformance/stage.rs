//! What a run begins with: a deployment that is fit for it, users, and rooms.

use std::time::Duration;

use futures::{StreamExt, TryStreamExt, stream};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::Message;

use super::{Settings, call};
use crate::{
    client::{Api, PASSWORD, Socket, User},
    servers::Failure,
};

/// What is said when the server limits rates.
pub(super) const LIMITED: &str = "this deployment limits how often things may be done, so that nothing would be \
     measured but its limits: run it with limits.enabled = false (PLAZA_LIMITS__ENABLED=false)";
/// In how many rooms each client is.
const ROOMS_EACH: usize = 2;
/// How many requests are made at once.
const AT_ONCE: usize = 8;
const ANSWER: Duration = Duration::from_secs(20);
/// The most messages a minute for which the limits are tried out.
const MOST_TRIED: u64 = 1_000;

/// Who talks, and where.
#[derive(Debug)]
pub(super) struct Stage {
    /// Users who are logged in, and their rooms.
    pub(super) users: Vec<(User, Vec<String>)>,
    pub(super) room_ids: Vec<String>,
    /// Whether the server knows `react` and `unreact`.
    pub(super) reacts: bool,
}

impl Stage {
    /// Checks the deployment, registers users with names that nobody has, and makes rooms.
    ///
    /// # Errors
    /// When an instance does not answer, or rates are limited.
    pub(super) async fn set(settings: &Settings) -> Result<Self, Failure> {
        if settings.urls.is_empty() || settings.clients == 0 || settings.rooms == 0 {
            return Err("there must be a URL, a client and a room".into());
        }
        for url in &settings.urls {
            let nobody = Api::anonymous(url);
            call(&nobody, std::slice::from_ref(url), Method::GET, "//readyz", None).await?;
        }
        // Not from the seed: the names of an earlier run are taken.
        let run = format!("{:010x}", fastrand::u64(..) >> 24);
        let first = register(&settings.urls, &format!("c{run}x0")).await?;
        let reacts = probe(&first, &settings.urls).await?;
        let others = (1..settings.clients).map(|number| {
            let name = format!("c{run}x{number}");
            async move { register(&settings.urls, &name).await }
        });
        let mut users: Vec<User> = stream::iter(others).buffered(AT_ONCE).try_collect().await?;
        users.insert(0, first);
        let mut room_ids = Vec::new();
        for (number, owner) in users.iter().cycle().take(settings.rooms).enumerate() {
            let room = json!({ "name": format!("conformance {run} {number}") });
            let room = call(&owner.api, &settings.urls, Method::POST, "/rooms", Some(&room)).await?;
            room_ids.push(room["id"].as_str().ok_or("a room without an id")?.to_owned());
        }
        let users: Vec<_> = users
            .into_iter()
            .enumerate()
            .map(|(number, user)| {
                // The first one is the client's own; the others are spread, so that rooms have different members.
                let stride = 1 + number / settings.rooms % settings.rooms.saturating_sub(1).max(1);
                let rooms: Vec<String> = (0..ROOMS_EACH.min(settings.rooms))
                    .map(|nth| room_ids[(number + nth * stride) % settings.rooms].clone())
                    .collect();
                (user, rooms)
            })
            .collect();
        let joins = users.iter().flat_map(|(user, rooms)| rooms.iter().map(move |room| (user, room)));
        let joins = joins.map(|(user, room)| async move {
            call(&user.api, &settings.urls, Method::POST, &format!("/rooms/{room}/join"), None).await
        });
        stream::iter(joins).buffer_unordered(AT_ONCE).try_collect::<Vec<Value>>().await?;
        Ok(Self { users, room_ids, reacts })
    }
}

async fn register(urls: &[String], username: &str) -> Result<User, Failure> {
    let nobody = Api::anonymous(&urls[0]);
    let account = json!({
        "email": format!("{username}@example.org"),
        "username": username,
        "password": PASSWORD,
    });
    call(&nobody, urls, Method::POST, "/auth/register", Some(&account)).await?;
    let login = json!({ "login": username, "password": PASSWORD });
    let login = call(&nobody, urls, Method::POST, "/auth/login", Some(&login)).await?;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    Ok(User {
        api: nobody.with_token(&text(&login["access_token"])),
        id: text(&login["user"]["id"]),
        username: username.to_owned(),
        refresh_token: text(&login["refresh_token"]),
    })
}

/// Tries out whether rates are limited, with messages that are refused for another reason, and whether the server
/// knows reactions.
async fn probe(user: &User, urls: &[String]) -> Result<bool, Failure> {
    let mut socket = Socket::try_connect(&urls[0], "", user.api.token()).await?;
    let hello = answer(&mut socket).await?;
    let limit = hello["limits"]["room_per_minute"].as_u64().unwrap_or_default();
    let tries = if limit > MOST_TRIED { 0 } else { limit + 1 };
    for _ in 0..tries {
        // Without a room there is nothing to store.
        socket.try_send(Message::text(json!({ "type": "message", "content": "" }).to_string())).await?;
        if answer(&mut socket).await?["code"] == "rate_limited" {
            return Err(LIMITED.into());
        }
    }
    socket.try_send(Message::text(json!({ "type": "react" }).to_string())).await?;
    let reacts = answer(&mut socket).await?["code"] != "unknown_type";
    socket.close().await;
    Ok(reacts)
}

async fn answer(socket: &mut Socket) -> Result<Value, Failure> {
    match socket.next_before(Instant::now() + ANSWER).await {
        Some(Ok(frame)) => Ok(frame),
        Some(Err(ended)) => Err(format!("the connection ended: {ended:?}").into()),
        None => Err("a frame was not answered".into()),
    }
}
