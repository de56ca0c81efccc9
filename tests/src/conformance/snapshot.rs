//! A room as somebody new is told of it, over REST.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use reqwest::{Method, StatusCode};
use serde_json::Value;

use super::{Mirror, RoomState};
use crate::{client::Api, servers::Failure};

/// How often a request is tried that the server does not answer, or answers with a fault of its own.
const ATTEMPTS: u32 = 8;
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const PAGE: usize = 100;

/// Sends a request until a server answers it; one of `bases` is asked after the other.
///
/// # Errors
/// When none answers in time, or one refuses.
pub async fn call(
    api: &Api,
    bases: &[String],
    method: Method,
    path: &str,
    body: Option<&Value>,
) -> Result<Value, Failure> {
    let mut pause = FIRST_PAUSE;
    let mut failure = Failure::from("no server was asked");
    for base in bases.iter().cycle().take(bases.len() * ATTEMPTS as usize) {
        let request = api.at(base).request(method.clone(), path);
        let request = if let Some(body) = body { request.json(body) } else { request };
        failure = match api.try_send(request).await {
            Ok(answer) if answer.status.is_success() => return Ok(answer.json()),
            Ok(answer) if answer.status == StatusCode::TOO_MANY_REQUESTS => {
                return Err(super::stage::LIMITED.into());
            }
            Ok(answer) if answer.status.is_server_error() => {
                format!("{}: {} {}", answer.request, answer.status, answer.text()).into()
            }
            Ok(answer) => {
                return Err(format!("{}: {} {}", answer.request, answer.status, answer.text()).into());
            }
            Err(error) => error.into(),
        };
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(Duration::from_secs(2));
    }
    Err(failure)
}

/// Reads everything there is to know of a room: first its version, so that what changes meanwhile is told by later
/// events.
///
/// # Errors
/// As [`call`].
pub async fn read_room(api: &Api, bases: &[String], room_id: &str) -> Result<Mirror, Failure> {
    let get = async |path: String| call(api, bases, Method::GET, &path, None).await;
    let room = get(format!("/rooms/{room_id}")).await?;
    let version = room["version"].as_i64().ok_or("a room without a version")?;
    let mut state = RoomState { details: RoomState::details(&room), ..RoomState::default() };
    let mut cursor = String::new();
    loop {
        let page = get(format!("/rooms/{room_id}/members?limit={PAGE}{cursor}")).await?;
        let members = page["items"].as_array().ok_or("a list of members without items")?;
        state.members.extend(members.iter().map(|member| {
            let id = member["user"]["id"].as_str().unwrap_or_default().to_owned();
            (id, ["user", "role"].map(|field| member[field].clone()))
        }));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    state.messages = read_history(api, bases, room_id).await?;
    Ok(Mirror::new(version, state))
}

async fn read_history(
    api: &Api,
    bases: &[String],
    room_id: &str,
) -> Result<BTreeMap<i64, Arc<Value>>, Failure> {
    let mut history = BTreeMap::new();
    let mut after = 0;
    loop {
        let path = format!("/rooms/{room_id}/messages?after={after}&limit={PAGE}");
        let mut page = call(api, bases, Method::GET, &path, None).await?;
        let Value::Array(items) = page["items"].take() else { return Err("a history without items".into()) };
        for message in items {
            let seq = message["seq"].as_i64().ok_or("a message without a seq")?;
            if seq <= after {
                return Err(format!("a history that goes back from {after} to {seq}").into());
            }
            after = seq;
            history.insert(seq, Arc::new(message));
        }
        if page["has_more"] != true {
            return Ok(history);
        }
    }
}
