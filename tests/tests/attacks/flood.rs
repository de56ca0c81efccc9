//! A flood of logins beside a conversation: it is turned away, and the conversation goes on.

use std::{collections::BTreeMap, num::NonZeroUsize, thread::available_parallelism, time::Duration};

use plaza_tests::{
    Options, Setup, both_setups,
    client::{Api, PASSWORD, Socket, User},
};
use serde_json::json;
use tokio::{
    task::JoinSet,
    time::{Instant, interval},
};

use crate::{report::tell, statistics::quantile, turns::alone};

const MESSAGES_PER_SECOND: u32 = 20;
const CALM: Duration = Duration::from_secs(3);
const FLOOD: Duration = Duration::from_secs(10);
/// What an operator has, though this may be a debug build: what is slow on purpose is optimised in both.
const BCRYPT_COST: &str = "12";
/// How many are tried a second for each core of this machine: a core checks about four passwords in that time, and half of
/// the logins are turned away by their address.
const LOGINS_PER_CORE: usize = 50;
/// How many are tried a second at most: there are no more addresses than for those.
const MOST_LOGINS: usize = 2_000;
/// How long 99 of 100 messages may take from being posted at one instance to being seen at the other: a debug build,
/// which shares two cores with the flood, its own clients, and at times with Postgres and Redis.
const BOUND: Duration = Duration::from_secs(1);
/// How often it is tried, as the machine may be busy with other things for a while.
const ATTEMPTS: usize = 3;
/// How long the server takes for any answer at most, and a little for the way.
const LOGIN_BOUND: Duration = Duration::from_secs(32);
const PATIENCE: Duration = Duration::from_secs(30);

both_setups!(more_logins_than_can_be_checked_are_turned_away_and_a_room_goes_on);

async fn more_logins_than_can_be_checked_are_turned_away_and_a_room_goes_on(setup: Setup) {
    let _turn = alone().await;
    let plaza = Options::new(setup)
        .variable("PLAZA_AUTH__BCRYPT_COST", BCRYPT_COST)
        .variable("PLAZA_LIMITS__ENABLED", "true")
        .variable("PLAZA_LIMITS__ROOM_MESSAGES_PER_USER", "100000")
        .variable("PLAZA_SERVER__TRUSTED_PROXIES", "127.0.0.0/8")
        .start()
        .await;
    let (ada, bob) = (User::register(plaza.a(), "ada").await, User::register(plaza.b(), "bob").await);
    let room = ada.open_room("lounge").await;
    bob.join(&room).await;
    let mut socket = bob.connect_to(&room).await;
    socket.expect_type("synced").await;
    socket.settle().await;

    let calm = talk(&ada, &room, &mut socket, "calm", CALM).await;
    let bases = [plaza.a().to_owned(), plaza.b().to_owned()];
    let mut slow = f64::INFINITY;
    for attempt in 0..ATTEMPTS {
        let topic = format!("flood {attempt}:");
        let (flooded, logins) =
            tokio::join!(talk(&ada, &room, &mut socket, &topic, FLOOD), flood(&bases, attempt));
        let answered = told(setup, &logins, &flooded, &calm);
        assert!(answered.keys().all(|status| [401, 429, 503].contains(status)), "{answered:?}");
        assert!(answered.contains_key(&429) && answered.contains_key(&503), "{answered:?}");
        assert!(logins.iter().all(|(_, time)| *time < milliseconds(LOGIN_BOUND)));
        slow = quantile(&flooded, 0.99);
        if slow < milliseconds(BOUND) {
            break;
        }
    }
    assert!(slow < milliseconds(BOUND), "99 of 100 messages are seen within {slow} ms");
    // And then all is as before.
    Api::anonymous(plaza.b()).log_in("bob", PASSWORD).await.expect(200);
}

/// Prints what became of a flood; returns how often each status was answered.
fn told(setup: Setup, logins: &[(u16, f64)], flooded: &[f64], calm: &[f64]) -> BTreeMap<u16, usize> {
    let mut answered: BTreeMap<u16, usize> = BTreeMap::new();
    for (status, _) in logins {
        *answered.entry(*status).or_default() += 1;
    }
    let times: Vec<f64> = logins.iter().map(|(_, time)| *time).collect();
    let turned_away = [429, 503].iter().filter_map(|status| answered.get(status)).sum::<usize>();
    tell(
        setup,
        &format!("{} logins a second for {} s", logins_per_second(), FLOOD.as_secs()),
        &format!(
            "logins = {}, answered = {answered:?}, turned away = {turned_away}, slowest {:.0} ms (bound {} ms); \
             messages = {}, seen = {}, p50 {:.1} p99 {:.1} max {:.1} ms (bound of p99 {} ms), \
             without the flood p50 {:.1} p99 {:.1} ms",
            logins.len(),
            quantile(&times, 1.0),
            LOGIN_BOUND.as_millis(),
            flooded.len(),
            flooded.len(),
            quantile(flooded, 0.5),
            quantile(flooded, 0.99),
            quantile(flooded, 1.0),
            BOUND.as_millis(),
            quantile(calm, 0.5),
            quantile(calm, 0.99),
        ),
    );
    answered
}

/// Posts messages, whether those before were answered or not, and returns how many milliseconds after its time each of
/// them was seen.
async fn talk(ada: &User, room: &str, socket: &mut Socket, topic: &str, length: Duration) -> Vec<f64> {
    let count = usize::try_from(MESSAGES_PER_SECOND).expect("a number") * seconds(length);
    let began = Instant::now();
    let due = |number: usize| began + Duration::from_secs(1) / MESSAGES_PER_SECOND * number as u32;
    let post = async {
        let mut posting = JoinSet::new();
        for number in 0..count {
            tokio::time::sleep_until(due(number)).await;
            let (ada, room, content) = (ada.clone(), room.to_owned(), format!("{topic} {number}"));
            posting.spawn(async move { ada.say(&room, &content).await });
        }
        assert_eq!(posting.join_all().await.len(), count);
    };
    let see = async {
        let mut times = Vec::new();
        let deadline = due(count) + PATIENCE;
        while times.len() < count {
            let frame = socket.next_before(deadline).await.expect("all messages are seen in time");
            let frame = frame.expect("the connection stays");
            let content = frame["message"]["content"].as_str().unwrap_or_default();
            if let Some(number) = content.strip_prefix(topic).and_then(|number| number.trim().parse().ok()) {
                times.push(milliseconds(due(number).elapsed()));
            }
        }
        times
    };
    let ((), times) = tokio::join!(post, see);
    times
}

/// Tries to log in at a steady rate, whether those before were answered or not: half of the time from one address, half
/// of the time from everywhere, which no limit of addresses helps against, elsewhere in each attempt. Returns statuses and milliseconds.
async fn flood(bases: &[String; 2], attempt: usize) -> Vec<(u16, f64)> {
    let apis = bases.each_ref().map(|base| Api::anonymous(base));
    let mut trying = JoinSet::new();
    let rate = logins_per_second();
    let mut ticks = interval(Duration::from_secs(1) / u32::try_from(rate).expect("a number"));
    for number in 0..rate * seconds(FLOOD) {
        ticks.tick().await;
        let api = apis[number / 2 % 2].clone();
        let (address, login) = if number % 2 == 0 {
            ("203.0.113.7".to_owned(), "alan".to_owned())
        } else {
            (
                format!("198.{}.{}.{}", 18 + attempt, number / 250, number % 250),
                format!("user{attempt}.{number}"),
            )
        };
        trying.spawn(async move {
            let began = Instant::now();
            let request = api.request(plaza_tests::client::Method::POST, "/auth/login");
            let request = request.json(&json!({ "login": login, "password": "a guess" }));
            let answer = api.send(request.header("x-forwarded-for", address)).await;
            (answer.status.as_u16(), milliseconds(began.elapsed()))
        });
    }
    trying.join_all().await
}

/// More than this machine can check.
fn logins_per_second() -> usize {
    let cores = available_parallelism().map_or(1, NonZeroUsize::get);
    (LOGINS_PER_CORE * cores).clamp(2 * LOGINS_PER_CORE, MOST_LOGINS)
}

fn seconds(time: Duration) -> usize {
    usize::try_from(time.as_secs()).expect("a number")
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}
