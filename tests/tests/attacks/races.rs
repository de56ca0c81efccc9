//! What works once, used many times at the same moment, at both instances.

use futures::future::join_all;
use plaza_tests::{
    Options, Plaza, Setup, both_setups,
    client::{
        Api, Ended, PASSWORD, Socket, User,
        second_factor::{answer, challenge, enrol, recover},
    },
    servers::Smtp,
};
use serde_json::{Value, json};
use tokio::time::{Duration, Instant};

use crate::{report::tell, turns::beside_others};

const PARALLEL: usize = 20;
const ADMINS: usize = 5;
const REMOVALS: usize = 10;
/// As many as a connection may have on their way to the database.
const SENT_AHEAD: usize = 256;
const PATIENCE: Duration = Duration::from_secs(20);

both_setups!(
    of_twenty_uses_of_a_code_one_logs_in,
    of_twenty_registrations_with_an_invitation_one_is_made,
    of_twenty_uses_of_a_link_one_sets_the_password,
    of_twenty_uses_of_a_ticket_one_connects,
    admins_who_end_each_other_leave_one,
    of_what_is_sent_ahead_of_ones_removal_nothing_comes_after_it,
);

/// An instance for each of `PARALLEL` attempts.
fn bases(plaza: &Plaza) -> impl Iterator<Item = &str> {
    [plaza.a(), plaza.b()].into_iter().cycle().take(PARALLEL)
}

fn count(statuses: &[u16], status: u16) -> usize {
    statuses.iter().filter(|it| **it == status).count()
}

fn text(value: &Value) -> &str {
    value.as_str().expect("text")
}

/// Tells of attempts of which one has worked, and all others were refused with one of `refusals`.
fn one_of(setup: Setup, what: &str, statuses: &[u16], worked: u16, refusals: &[u16]) {
    let refused: usize = refusals.iter().map(|status| count(statuses, *status)).sum();
    let (tried, worked) = (statuses.len(), count(statuses, worked));
    tell(setup, what, &format!("tried = {tried}, worked = {worked}, refused = {refused}"));
    assert_eq!((worked, refused), (1, tried - 1), "{what}: {statuses:?}");
}

async fn of_twenty_uses_of_a_code_one_logs_in(setup: Setup) {
    let _turn = beside_others().await;
    let plaza = Plaza::start(setup).await;
    let ada = User::register(plaza.a(), "ada").await;
    let mut authenticator = enrol(&ada).await;
    let mut asked = Vec::new();
    for base in bases(&plaza) {
        asked.push((base, challenge(base, "ada").await));
    }
    let code = authenticator.code();
    let tried = join_all(asked.iter().map(|(base, challenge)| answer(base, challenge, &code))).await;
    let statuses: Vec<_> = tried.iter().map(|answer| answer.status.as_u16()).collect();
    one_of(
        setup,
        &format!("{PARALLEL} parallel uses of one code of an authenticator"),
        &statuses,
        200,
        &[401],
    );
    let mut left = statuses.iter();
    asked.retain(|_| left.next() != Some(&200));

    let code = authenticator.recovery_code();
    let tried = join_all(asked.iter().map(|(base, challenge)| recover(base, challenge, &code))).await;
    let statuses: Vec<_> = tried.iter().map(|answer| answer.status.as_u16()).collect();
    one_of(setup, &format!("{} parallel uses of one recovery code", asked.len()), &statuses, 200, &[401]);
    let mut left = statuses.iter();
    asked.retain(|_| left.next() != Some(&200));

    // One challenge is answered once, whatever it is answered with.
    let (_, challenge) = asked.pop().expect("a challenge is left");
    let codes = std::mem::take(&mut authenticator.recovery_codes);
    let tried = codes.iter().zip(bases(&plaza)).map(|(code, base)| recover(base, &challenge, code));
    let statuses: Vec<_> = join_all(tried).await.iter().map(|answer| answer.status.as_u16()).collect();
    one_of(setup, &format!("{} parallel answers to one challenge", codes.len()), &statuses, 200, &[401]);
}

async fn of_twenty_registrations_with_an_invitation_one_is_made(setup: Setup) {
    let _turn = beside_others().await;
    let plaza = Options::new(setup).variable("PLAZA_AUTH__REGISTRATION", "invited").start().await;
    let root = User::register(plaza.a(), "root").await;
    let order = json!({ "role": "member", "max_uses": 1, "days": 1 });
    let made = root.api.post("/admin/invitations", &order).await.expect(201);
    let register = |(number, base): (usize, &str)| {
        let account = json!({
            "email": format!("guest{number}@example.org"),
            "username": format!("guest{number}"),
            "password": PASSWORD,
            "invitation_code": made["code"],
        });
        let api = Api::anonymous(base);
        async move { api.post("/auth/register", &account).await.status.as_u16() }
    };
    let statuses = join_all(bases(&plaza).enumerate().map(register)).await;
    let what = format!("{PARALLEL} parallel registrations with an invitation for one");
    one_of(setup, &what, &statuses, 201, &[422]);
    let accounts = root.api.get("/admin/users").await.expect(200);
    assert_eq!(accounts["items"].as_array().expect("accounts").len(), 2);
    assert_eq!(root.api.get("/admin/invitations").await.expect(200)["items"][0]["uses"], 1);
}

async fn of_twenty_uses_of_a_link_one_sets_the_password(setup: Setup) {
    let _turn = beside_others().await;
    let smtp = Smtp::start().await;
    let plaza = Options::new(setup)
        .variable("PLAZA_MAIL__URL", &smtp.url())
        .variable("PLAZA_MAIL__FROM", "Plaza <plaza@example.org>")
        .variable("PLAZA_SERVER__PUBLIC_URL", "https://chat.example.org")
        .start()
        .await;
    User::register(plaza.a(), "ada").await;
    let anyone = Api::anonymous(plaza.b());
    anyone.post("/auth/password-reset/request", &json!({ "email": "ada@example.org" })).await.expect(202);
    let token = smtp.mail("ada@example.org", "Set a new password").await.token();
    let password = |number: usize| format!("another battery {number}");
    let reset = |(number, base): (usize, &str)| {
        let order = json!({ "token": token, "new_password": password(number) });
        let api = Api::anonymous(base);
        async move { api.post("/auth/password-reset", &order).await.status.as_u16() }
    };
    let statuses = join_all(bases(&plaza).enumerate().map(reset)).await;
    one_of(setup, &format!("{PARALLEL} parallel uses of one link for a password"), &statuses, 204, &[422]);
    for (number, status) in statuses.iter().enumerate() {
        let expected = if *status == 204 { 200 } else { 401 };
        anyone.log_in("ada", &password(number)).await.expect(expected);
    }
}

async fn of_twenty_uses_of_a_ticket_one_connects(setup: Setup) {
    let _turn = beside_others().await;
    let plaza = Plaza::start(setup).await;
    let ada = User::register(plaza.a(), "ada").await;
    let made = ada.api.post_empty("/auth/ws-ticket").await.expect(200);
    let path = format!("?ticket={}", text(&made["ticket"]));
    let connect = async |base: &str| {
        let mut socket = Socket::connect(base, &path, "").await;
        let deadline = Instant::now() + PATIENCE;
        match socket.next_before(deadline).await.expect("an answer") {
            Ok(frame) if frame["type"] == "hello" => 200,
            Err(Ended::Closed(4401)) => 401,
            other => panic!("neither let in nor refused: {other:?}"),
        }
    };
    let statuses = join_all(bases(&plaza).map(&connect)).await;
    one_of(setup, &format!("{PARALLEL} parallel uses of one ticket"), &statuses, 200, &[401]);
}

async fn admins_who_end_each_other_leave_one(setup: Setup) {
    let _turn = beside_others().await;
    let plaza = Plaza::start(setup).await;
    let root = User::register(plaza.a(), "root").await;
    let role = |user: &User| format!("/admin/users/{}/role", user.id);
    let mut admins = vec![root.clone()];
    for (number, base) in bases(&plaza).take(ADMINS - 1).enumerate() {
        let name = format!("admin{number}");
        let made = User::register(base, &name).await;
        root.api.put(&role(&made), &json!({ "role": "admin" })).await.expect(200);
        admins.push(User::log_in(base, &name).await);
    }
    // Everybody ends everybody, themselves too.
    let orders = admins.iter().flat_map(|one| admins.iter().map(move |other| (one, other)));
    let orders = orders.map(|(one, other)| async {
        let path = role(other);
        one.api.put(&path, &json!({ "role": "member" })).await.status.as_u16()
    });
    let statuses = join_all(orders).await;
    let mut left = 0;
    for admin in &admins {
        let again = User::log_in(plaza.a(), &admin.username).await;
        left += usize::from(again.api.get("/users/me").await.expect(200)["role"] == "admin");
    }
    tell(
        setup,
        &format!("{ADMINS} admins demote each other and themselves at the same moment"),
        &format!(
            "tried = {}, worked = {}, refused = {}, admins left = {left}",
            statuses.len(),
            count(&statuses, 200),
            statuses.len() - count(&statuses, 200)
        ),
    );
    assert!((1..ADMINS).contains(&left), "{statuses:?}");
    assert!(statuses.iter().all(|status| [200, 401, 403, 409].contains(status)), "{statuses:?}");
}

/// Somebody hurries to say much while they are removed, by the other instance: what is told after the removal is not
/// theirs, and what was acknowledged is there.
async fn of_what_is_sent_ahead_of_ones_removal_nothing_comes_after_it(setup: Setup) {
    let _turn = beside_others().await;
    let plaza = Plaza::start(setup).await;
    let (ada, bob) = (User::register(plaza.a(), "ada").await, User::register(plaza.b(), "bob").await);
    let mut socket = bob.connect().await;
    let (mut sent, mut kept, mut late) = (0, 0, 0);
    for round in 0..REMOVALS {
        let room = ada.open_private_room("Lounge").await;
        ada.add(&room, &bob).await;
        for number in 0..SENT_AHEAD {
            let name = format!("{round}-{number}");
            let frame = json!({ "type": "message", "room_id": room, "content": "spam", "client_id": name });
            socket.send(frame).await;
        }
        sent += SENT_AHEAD;
        let is_answer = |frame: &Value| ["ack", "error"].contains(&text(&frame["type"]));
        let mut answers = vec![socket.expect("an answer", is_answer).await];
        let removed = ada.api.delete(&format!("/rooms/{room}/members/{}", bob.id)).await;
        removed.expect(204);
        while answers.len() < SENT_AHEAD {
            answers.push(socket.expect("an answer", is_answer).await);
        }
        let mut history = Vec::new();
        loop {
            let after = history.last().map_or(0, |message: &Value| message["seq"].as_i64().expect("a place"));
            let page = ada.history(&room, &format!("?after={after}&limit=100")).await;
            if page.is_empty() {
                break;
            }
            history.extend(page);
        }
        let is_theirs = |message: &&Value| message["content"] == "spam";
        let removal = history.iter().position(|message| message["system_event"] == "member_removed");
        let removal = removal.expect("the removal is told");
        let acknowledged = answers.iter().filter(|answer| answer["type"] == "ack").count();
        let stored = history.iter().filter(is_theirs).count();
        assert_eq!(stored, acknowledged, "round {round}");
        kept += stored;
        late += history[removal..].iter().filter(is_theirs).count();
    }
    let what = "messages that were sent ahead of one's removal";
    tell(setup, what, &format!("sent = {sent}, kept = {kept}, after it = {late}"));
    assert!(kept > 0, "nobody was quicker than their removal");
    assert_eq!(late, 0);
}
