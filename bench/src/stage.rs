//! What a run begins with: users who are logged in, and rooms that they are members of.

use std::net::SocketAddr;

use futures::future::try_join_all;
use serde_json::{Value, json};

use crate::{Failure, peers::Peer, wire::Http};

/// Everybody's.
pub(crate) const PASSWORD: &str = "correct horse battery staple";
/// How many set up at once.
const AT_ONCE: usize = 16;

/// Somebody and the room that they are in.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seat {
    pub(crate) username: String,
    pub(crate) user_id: String,
    pub(crate) token: String,
    pub(crate) room_id: String,
    /// Which room that is, from 0.
    pub(crate) room: usize,
}

/// Registers users over REST and logs them in; then each room is opened by its first member and the others join it.
///
/// With those who know neither users nor rooms there is nothing to do.
pub(crate) async fn set(
    peer: &dyn Peer,
    addresses: &[SocketAddr],
    rooms: usize,
    members: usize,
) -> Result<Vec<Seat>, Failure> {
    if rooms == 0 {
        return Ok(Vec::new());
    }
    if !peer.has_accounts() {
        let seat = |number: usize| {
            let room = number / members;
            Seat {
                username: format!("user{number}"),
                room,
                room_id: format!("room-{room}"),
                ..Seat::default()
            }
        };
        return Ok((0..rooms * members).map(seat).collect());
    }
    let mut seats =
        in_parallel(addresses, vec![Seat::default(); rooms * members], async |http, number, mut seat| {
            seat.room = number / members;
            seat.username = format!("user{number}");
            register(http, &mut seat).await?;
            if number % members == 0 {
                let name = json!({ "name": format!("Room {}", seat.room) });
                let room = http.post("/api/v1/rooms", &seat.token, Some(&name)).await?;
                seat.room_id = text(&room, "/id")?;
            }
            Ok(seat)
        })
        .await?;
    for number in 0..seats.len() {
        seats[number].room_id = seats[number - number % members].room_id.clone();
    }
    in_parallel(addresses, seats, async |http, number, seat| {
        if number % members != 0 {
            http.post(&format!("/api/v1/rooms/{}/join", seat.room_id), &seat.token, None).await?;
        }
        Ok(seat)
    })
    .await
}

async fn register(http: &mut Http, seat: &mut Seat) -> Result<(), Failure> {
    let name = &seat.username;
    let account = json!({ "email": format!("{name}@example.org"), "username": name, "password": PASSWORD });
    http.post("/api/v1/auth/register", "", Some(&account)).await?;
    let login = log_in(http, name).await?;
    seat.token = text(&login, "/access_token")?;
    seat.user_id = text(&login, "/user/id")?;
    Ok(())
}

/// Logs somebody in who is registered.
pub(crate) async fn log_in(http: &mut Http, username: &str) -> Result<Value, Failure> {
    let login = json!({ "login": username, "password": PASSWORD });
    http.post("/api/v1/auth/login", "", Some(&login)).await
}

fn text(value: &Value, pointer: &str) -> Result<String, Failure> {
    let text = value.pointer(pointer).and_then(Value::as_str);
    Ok(text.ok_or_else(|| format!("there is no {pointer} in {value}"))?.to_owned())
}

/// Does something for every seat, several at a time, each worker on a connection of its own.
async fn in_parallel(
    addresses: &[SocketAddr],
    seats: Vec<Seat>,
    work: impl AsyncFn(&mut Http, usize, Seat) -> Result<Seat, Failure>,
) -> Result<Vec<Seat>, Failure> {
    let (work, seats) = (&work, &seats);
    let workers = (0..AT_ONCE).map(|worker| async move {
        let mut http = Http::connect(addresses[worker % addresses.len()]).await?;
        let mut done = Vec::new();
        for number in (worker..seats.len()).step_by(AT_ONCE) {
            done.push((number, work(&mut http, number, seats[number].clone()).await?));
        }
        Ok::<_, Failure>(done)
    });
    let mut done: Vec<_> = try_join_all(workers).await?.into_iter().flatten().collect();
    done.sort_unstable_by_key(|(number, _)| *number);
    Ok(done.into_iter().map(|(_, seat)| seat).collect())
}
