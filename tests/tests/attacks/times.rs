//! Whether there is an account can not be told by how long an answer takes.
//!
//! Both are tried in pairs, in an order that chance chooses, and the medians of the differences compared: what slows the
//! machine down for a while slows both of a pair, and a single slow answer moves no median. On a machine that is busy with
//! other things it takes more pairs until it is certain that the difference is small.

use std::time::Duration;

use chrono::TimeDelta;
use fastrand::Rng;
use plaza_domain::{Clock, PasswordHash, Suspension, SuspensionKind, User as Account};
use plaza_infrastructure::clock::SystemClock;
use plaza_tests::{
    OpenPlaza, Options, Setup, both_setups,
    client::{Api, PASSWORD, User},
};
use serde_json::json;
use tokio::time::Instant;

use crate::{
    report::tell,
    statistics::{Difference, quantile},
    turns::alone,
};

const SEED: u64 = 11;
/// Each of them tries a known and an unknown user: 1,000 tries.
const ROUNDS: usize = 500;
/// How often a known and an unknown address ask for a new password.
const REQUESTS: usize = 150;
/// About 8 ms on the machine this was written on: one hash is most of an answer, and 1,000 of them are a few seconds. An
/// operator's 12 is sixteen times as slow, and hides the rest of an answer all the better.
const BCRYPT_COST: &str = "7";
/// A hash of the lowest cost.
const CHEAP: &str = "$2b$04$KIXQ4RTm7lyPoDbgTEEhxu8cYpYQpyUFBHP6ANBhnAPVYXyvL8KQi";
/// The difference that is looked for, as a part of an answer's time, and in milliseconds at least.
const BOUND: f64 = 0.1;
const LEAST_BOUND: f64 = 0.5;
/// How many pairs are tried when fewer do not make it certain, and how many of them at a time.
const MOST: usize = 1_000;
const MORE: usize = 25;

both_setups!(
    a_login_takes_as_long_whether_there_is_an_account_or_not,
    a_request_for_a_new_password_takes_as_long_whether_there_is_an_account_or_not,
);

/// Whose login is tried, and which unknown name that is compared with.
struct Kind {
    what: &'static str,
    login: &'static str,
    unknown: &'static str,
    pairs: Vec<(f64, f64)>,
}

impl Kind {
    const fn new(what: &'static str, login: &'static str, unknown: &'static str) -> Self {
        Self { what, login, unknown, pairs: Vec::new() }
    }
}

/// Accounts of every kind.
async fn fill(open: &OpenPlaza) -> Vec<Kind> {
    let kinds = vec![
        Kind::new("a wrong password", "grace", "alan1"),
        Kind::new("by e-mail address", "grace@example.org", "alan1@example.org"),
        Kind::new("a banned user", "erwin", "alan2"),
        Kind::new("a deactivated user", "kurt1", "alan3"),
        Kind::new("a user without a password", "marie", "alan4"),
        Kind::new("a user who is to be erased", "lise1", "alan5"),
        Kind::new("a user since before the cost was raised", "emmy1", "alan6"),
    ];
    for name in ["grace", "erwin", "kurt1", "marie", "lise1", "emmy1"] {
        User::register(open.plaza.a(), name).await;
    }
    let now = SystemClock.now();
    let deactivated = Suspension { kind: SuspensionKind::Deactivated, ..Suspension::ban(now) };
    change(open, "erwin", |user| user.suspension = Some(Suspension::ban(now))).await;
    change(open, "kurt1", |user| user.suspension = Some(deactivated)).await;
    change(open, "marie", |user| user.password_hash = PasswordHash::none()).await;
    change(open, "emmy1", |user| user.password_hash = PasswordHash::new(CHEAP.to_owned())).await;
    change(open, "lise1", |user| user.erase_at = Some(now + TimeDelta::days(14))).await;
    kinds
}

async fn change(open: &OpenPlaza, name: &str, change: impl FnOnce(&mut Account)) {
    let username = plaza_domain::Username::parse(name).expect("a name");
    let mut work = open.store.begin().await.expect("a transaction");
    let user = work.users().find_by_username(&username).await.expect("the database");
    let mut user = user.expect("the user");
    change(&mut user);
    work.users().update(&user).await.expect("the user is stored");
    work.commit().await.expect("a commit");
}

async fn a_login_takes_as_long_whether_there_is_an_account_or_not(setup: Setup) {
    let _turn = alone().await;
    let open =
        OpenPlaza::start(setup, |options| options.variable("PLAZA_AUTH__BCRYPT_COST", BCRYPT_COST)).await;
    let mut kinds = fill(&open).await;
    let anyone = Api::anonymous(open.plaza.a());
    let refusal = anyone.log_in("alan0", "a guess").await;
    let refusal = refusal.expect_problem(401);
    let attempt = async |login: &str| {
        let began = Instant::now();
        let answer = anyone.log_in(login, "a guess").await;
        let time = milliseconds(began.elapsed());
        assert_eq!(answer.expect_problem(401), refusal, "{login}");
        time
    };
    let mut rng = Rng::with_seed(SEED);
    for round in 0..ROUNDS {
        // A wrong password each time, and one of the others.
        let other = 1 + round % (kinds.len() - 1);
        for number in [0, other] {
            let kind = &mut kinds[number];
            kind.pairs.push(in_some_order(&mut rng, attempt(kind.login), attempt(kind.unknown)).await);
        }
    }
    for kind in &mut kinds {
        while needs_more(&kind.pairs) {
            for _ in 0..MORE {
                kind.pairs.push(in_some_order(&mut rng, attempt(kind.login), attempt(kind.unknown)).await);
            }
        }
        compare(setup, &format!("login: {}, and nobody", kind.what), &kind.pairs);
    }
    for name in ["grace", "grace@example.org"] {
        anyone.log_in(name, PASSWORD).await.expect(200);
    }
}

async fn a_request_for_a_new_password_takes_as_long_whether_there_is_an_account_or_not(setup: Setup) {
    let _turn = alone().await;
    // What a request is followed by is another's work: here nobody does it.
    let mut plaza = Options::new(setup).variable("PLAZA_WORKER__EMBEDDED", "false").start().await;
    if setup == Setup::Distributed {
        plaza.kill_worker(0);
    }
    User::register(plaza.a(), "grace").await;
    let anyone = Api::anonymous(plaza.a());
    let request = async |email: &str| {
        let began = Instant::now();
        let answer = anyone.post("/auth/password-reset/request", &json!({ "email": email })).await;
        let time = milliseconds(began.elapsed());
        answer.expect(202);
        time
    };
    let mut rng = Rng::with_seed(SEED);
    let mut pairs = Vec::new();
    while pairs.len() < REQUESTS || needs_more(&pairs) {
        for _ in 0..MORE {
            let pair = in_some_order(&mut rng, request("grace@example.org"), request("alan1@example.org"));
            pairs.push(pair.await);
        }
    }
    compare(setup, "request for a new password: a user, and nobody", &pairs);
}

/// Does both, one after the other; what they return stands in the order in which they were given.
async fn in_some_order(
    rng: &mut Rng,
    one: impl Future<Output = f64>,
    other: impl Future<Output = f64>,
) -> (f64, f64) {
    if rng.bool() {
        let one = one.await;
        (one, other.await)
    } else {
        let other = other.await;
        (one.await, other)
    }
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}

fn needs_more(pairs: &[(f64, f64)]) -> bool {
    pairs.len() < MOST && !Difference::of(pairs).is_within(bound(pairs))
}

/// Which difference is looked for, in milliseconds.
fn bound(pairs: &[(f64, f64)]) -> f64 {
    let unknown: Vec<f64> = pairs.iter().map(|(_, unknown)| *unknown).collect();
    (BOUND * quantile(&unknown, 0.5)).max(LEAST_BOUND)
}

fn compare(setup: Setup, what: &str, pairs: &[(f64, f64)]) {
    let (known, unknown): (Vec<f64>, Vec<f64>) = pairs.iter().copied().unzip();
    let (difference, bound) = (Difference::of(pairs), bound(pairs));
    let Difference { median, interval, .. } = difference;
    tell(
        setup,
        what,
        &format!(
            "tries = {}, medians = {:.2} and {:.2} ms, median of {} paired differences = {median:+.3} ms, 99.7 % \
             interval {:+.3} to {:+.3} ms, bound ±{bound:.2} ms",
            pairs.len() * 2,
            quantile(&known, 0.5),
            quantile(&unknown, 0.5),
            difference.pairs,
            interval.0,
            interval.1
        ),
    );
    assert!(difference.is_within(bound), "{what}: {interval:?} ms is not within ±{bound} ms");
}
