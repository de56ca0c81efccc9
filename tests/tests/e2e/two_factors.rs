//! Two factors: set up, asked for at logins, guessed at, lost, and required.

use std::time::Duration;

use plaza_tests::{
    Options, Plaza, Setup,
    backstage::Backstage,
    both_setups,
    client::{
        Answer, Api, Method, PASSWORD, User,
        second_factor::{Authenticator, SECOND_STEP, TOTP, answer, challenge, codes, enrol, recover},
    },
    servers::until,
};
use serde_json::{Value, json};
use totp_rs::Secret;

pub(crate) const RECOVERY_CODES: &str = "/users/me/totp/recovery-codes";
/// How soon a connection ends that may not be there, and how late an instance learns what a session is good for.
const SOON: Duration = Duration::from_secs(5);

both_setups!(
    the_life_of_a_second_factor,
    a_challenge_is_good_for_its_user_once_and_while_nothing_changed,
    who_tries_codes_is_stopped_and_the_right_one_has_to_wait,
    admins_have_to_set_one_up_before_anything_else,
    neither_the_database_nor_the_log_tells_a_secret,
);

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("text was expected, not {value}")).to_owned()
}

/// A wrong answer, after which the challenge stands.
fn is_wrong(answer: &Answer) {
    let problem = answer.expect_problem(401);
    assert_eq!(problem["type"], "/problems/second-factor-required", "{problem}");
    assert!(text(&problem["detail"]).contains("wrong"), "{problem}");
}

/// An answer to a challenge that is over.
fn is_over(answer: &Answer) {
    assert_eq!(answer.expect_problem(401)["type"], "/problems/unauthenticated");
}

async fn the_life_of_a_second_factor(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let ada = User::register(plaza.a(), "ada").await;
    let other = User::log_in(plaza.b(), "ada").await;
    let mut closed = other.connect().await;
    closed.expect_type("hello").await;
    ada.api.post(TOTP, &json!({ "password": "wrong" })).await.expect_problem(422);
    ada.api.post(&format!("{TOTP}/confirm"), &json!({ "code": "000000" })).await.expect_problem(409);
    // Begun and not confirmed: nobody is asked.
    ada.api.post(TOTP, &json!({ "password": PASSWORD })).await.expect(200);
    let other_again = User::log_in(plaza.b(), "ada").await;

    let mut authenticator = enrol(&ada).await;
    assert_eq!(closed.ends_within(SOON).await, Some(4401));
    for ended in [&other, &other_again] {
        ended.api.get("/users/me").await.expect_problem(401);
    }
    let status = ada.at(plaza.b()).api.get(TOTP).await.expect(200);
    assert_eq!(status, json!({ "enabled": true, "required": false, "recovery_codes_left": 10 }));
    ada.api.post(TOTP, &json!({ "password": PASSWORD })).await.expect_problem(409);

    // Wrong, used, right, and right once; the other instance knows the challenge too.
    let asked = challenge(plaza.a(), "ada").await;
    is_wrong(&answer(plaza.b(), &asked, &authenticator.wrong()).await);
    is_wrong(&answer(plaza.b(), &asked, &authenticator.last()).await);
    let login = answer(plaza.b(), &asked, &authenticator.code()).await.expect(200);
    let api = Api::anonymous(plaza.a()).with_token(&text(&login["access_token"]));
    assert_eq!(api.get("/users/me").await.expect(200)["username"], "ada");
    is_over(&answer(plaza.a(), &asked, &authenticator.last()).await);
    let asked = challenge(plaza.a(), "ada@example.org").await;
    is_wrong(&answer(plaza.a(), &asked, &authenticator.last()).await);

    // A recovery code stands in, once.
    let code = authenticator.recovery_code();
    recover(plaza.a(), &asked, &code.to_uppercase().replace('-', "")).await.expect(200);
    let asked = challenge(plaza.b(), "ada").await;
    is_wrong(&recover(plaza.b(), &asked, &code).await);
    assert_eq!(ada.api.get(TOTP).await.expect(200)["recovery_codes_left"], 9);

    // Others take their place; then it is given up: both take the password and a code.
    let unused = authenticator.recovery_code();
    let unlock = json!({ "password": "wrong", "recovery_code": unused });
    ada.api.post(RECOVERY_CODES, &unlock).await.expect_problem(422);
    let unlock = json!({ "password": PASSWORD, "recovery_code": unused });
    authenticator.recovery_codes = codes(&ada.api.post(RECOVERY_CODES, &unlock).await.expect(200));
    is_wrong(&recover(plaza.b(), &asked, &unused).await);
    let disable = |body: Value| ada.api.request(Method::DELETE, TOTP).json(&body);
    let code = authenticator.recovery_code();
    for (password, code) in [("wrong", code.as_str()), (PASSWORD, unused.as_str())] {
        let refused = json!({ "password": password, "recovery_code": code });
        ada.api.send(disable(refused)).await.expect_problem(422);
    }
    ada.api.send(disable(json!({ "password": PASSWORD, "recovery_code": code }))).await.expect(204);
    User::log_in(plaza.b(), "ada").await;
    let status = ada.at(plaza.b()).api.get(TOTP).await.expect(200);
    assert_eq!(status, json!({ "enabled": false, "required": false, "recovery_codes_left": 0 }));
    // And again, with another secret.
    enrol(&ada).await;
    challenge(plaza.b(), "ada").await;
}

async fn a_challenge_is_good_for_its_user_once_and_while_nothing_changed(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let root = User::register(plaza.a(), "root").await;
    let (ada, grace) = (User::register(plaza.a(), "ada").await, User::register(plaza.a(), "grace").await);
    let (mut adas, mut graces) = (enrol(&ada).await, enrol(&grace).await);

    // Grace's codes do not answer what Ada was asked, and what nobody was asked has no answer.
    let asked = challenge(plaza.a(), "ada").await;
    is_wrong(&answer(plaza.b(), &asked, &graces.code()).await);
    is_wrong(&recover(plaza.b(), &asked, &graces.recovery_code()).await);
    is_over(&answer(plaza.b(), "made-up", &adas.last()).await);
    let both = json!({ "challenge": asked, "code": "123456", "recovery_code": "k3m9-0fzt-7qxa-vw2h" });
    for body in [both, json!({ "challenge": asked })] {
        Api::anonymous(plaza.a()).post(SECOND_STEP, &body).await.expect_problem(422);
    }
    // Five wrong codes are its end.
    for _ in 0..2 {
        is_wrong(&answer(plaza.a(), &asked, &adas.wrong()).await);
    }
    is_over(&answer(plaza.b(), &asked, &adas.wrong()).await);
    is_over(&recover(plaza.a(), &asked, &adas.recovery_code()).await);

    // Another password is the end of what was asked after the one before.
    let asked = challenge(plaza.a(), "grace").await;
    let change = json!({ "current_password": PASSWORD, "new_password": "a staple of another trade" });
    grace.api.put("/users/me/password", &change).await.expect(204);
    is_over(&recover(plaza.b(), &asked, &graces.recovery_code()).await);

    // Who is banned between both steps does not come in, and is told nothing.
    let asked = challenge(plaza.b(), "ada").await;
    root.api.put(&format!("/users/{}/ban", ada.id), &json!({})).await.expect(204);
    is_over(&recover(plaza.b(), &asked, &adas.recovery_code()).await);
    Api::anonymous(plaza.a()).log_in("ada", PASSWORD).await.expect_problem(403);
    root.api.delete(&format!("/users/{}/ban", ada.id)).await.expect(204);
    let asked = challenge(plaza.a(), "ada").await;
    answer(plaza.b(), &asked, &adas.code()).await.expect(200);
}

async fn who_tries_codes_is_stopped_and_the_right_one_has_to_wait(setup: Setup) {
    // Three codes a day, of which the first sets it up. Passwords may be tried as often as one likes.
    let plaza = Options::new(setup)
        .variable("PLAZA_LIMITS__ENABLED", "true")
        .variable("PLAZA_LIMITS__LOGIN_PER_ADDRESS", "1000")
        .variable("PLAZA_LIMITS__LOGIN_PER_ACCOUNT", "1000")
        .variable("PLAZA_LIMITS__SECOND_FACTOR_PER_ACCOUNT", "3")
        .start()
        .await;
    let ada = User::register(plaza.a(), "ada").await;
    let mut authenticator = enrol(&ada).await;
    let asked = challenge(plaza.a(), "ada").await;
    is_wrong(&answer(plaza.a(), &asked, &authenticator.wrong()).await);
    is_wrong(&answer(plaza.b(), &asked, &authenticator.wrong()).await);
    // Counted on all instances together, for all challenges; the challenge stands.
    for base in [plaza.a(), plaza.b()] {
        for asked in [asked.clone(), challenge(base, "ada").await] {
            let limited = answer(base, &asked, &authenticator.code()).await;
            limited.expect_problem(429);
            let wait: u64 = limited.header("retry-after").parse().expect("seconds");
            assert!((1..=8 * 60 * 60).contains(&wait), "{wait}");
            authenticator.shown -= 1;
        }
    }
    // Recovery codes are not found by trying, and do not wait; nobody else does, and who is logged in goes on.
    recover(plaza.b(), &asked, &authenticator.recovery_codes[0]).await.expect(200);
    let grace = User::register(plaza.b(), "grace").await;
    enrol(&grace).await;
    assert_eq!(ada.at(plaza.b()).api.get(TOTP).await.expect(200)["enabled"], true);
}

async fn admins_have_to_set_one_up_before_anything_else(setup: Setup) {
    let plaza = Options::new(setup).variable("PLAZA_AUTH__REQUIRE_SECOND_FACTOR", "admins").start().await;
    let root = User::register(plaza.a(), "root").await;
    let ada = User::register(plaza.a(), "ada").await;
    ada.open_room("Lounge").await;
    assert_eq!(root.api.get("/users/me").await.expect(200)["role"], "admin");
    let status = root.at(plaza.b()).api.get(TOTP).await.expect(200);
    assert_eq!(status, json!({ "enabled": false, "required": true, "recovery_codes_left": 0 }));
    for path in ["/rooms", "/users/me/sessions", "/admin/tasks", "/friends"] {
        let problem = root.api.get(path).await.expect_problem(403);
        assert_eq!(problem["type"], "/problems/second-factor-setup-required", "{path}");
    }
    root.api.post("/rooms", &json!({ "name": "Mine" })).await.expect_problem(403);
    root.api.post_empty("/auth/ws-ticket").await.expect_problem(403);
    assert_eq!(root.connect().await.ends_within(SOON).await, Some(4412));
    // To log out is possible.
    let leaving = User::log_in(plaza.b(), "root").await;
    leaving.api.post_empty("/auth/logout").await.expect(204);

    let mut authenticator = enrol(&root).await;
    for base in [plaza.a(), plaza.b()] {
        let here = root.at(base);
        let reached = until(SOON, || async {
            let answer = here.api.get("/rooms").await;
            if answer.status == 200 { Ok(()) } else { Err(answer.text()) }
        });
        reached.await.expect("the session is good for everything");
    }
    root.connect().await.expect_type("hello").await;
    // Given up, it is required again.
    let unlock = json!({ "password": PASSWORD, "code": authenticator.code() });
    root.api.send(root.api.request(Method::DELETE, TOTP).json(&unlock)).await.expect(204);
    root.api.get("/rooms").await.expect_problem(403);
    ada.api.get("/rooms").await.expect(200);
}

async fn neither_the_database_nor_the_log_tells_a_secret(setup: Setup) {
    let plaza = Options::new(setup).variable("PLAZA_LOG__LEVEL", "debug").start().await;
    let ada = User::register(plaza.a(), "ada").await;
    let begun = ada.api.post(TOTP, &json!({ "password": PASSWORD })).await.expect(200);
    let secret = text(&begun["secret"]);
    let mut authenticator = Authenticator::new(&secret);
    let first = authenticator.code();
    let confirmed = ada.api.post(&format!("{TOTP}/confirm"), &json!({ "code": first })).await.expect(200);
    authenticator.recovery_codes = codes(&confirmed);
    let asked = challenge(plaza.a(), "ada").await;
    is_wrong(&recover(plaza.a(), &asked, "0000-0000-0000-0000").await);
    let used = authenticator.recovery_codes[0].clone();
    recover(plaza.a(), &asked, &used).await.expect(200);

    let plain = Secret::try_from_base32(&secret).expect("base32").as_bytes().to_vec();
    let stored = Backstage::open(&plaza).await;
    let (sealed, digests) = stored.second_factor().await;
    stored.close().await;
    assert!(sealed.len() > plain.len() && !sealed.windows(plain.len()).any(|part| part == plain));
    assert_eq!(digests.len(), 10);
    for code in &authenticator.recovery_codes {
        let letters = code.replace('-', "");
        for told in [code.as_bytes(), letters.as_bytes()] {
            assert!(!digests.iter().any(|digest| digest.windows(8).any(|part| told.starts_with(part))));
        }
    }
    let logs = [plaza.log(0), if setup == Setup::Distributed { plaza.log(1) } else { String::new() }];
    let letters = used.replace('-', "");
    for told in [secret.as_str(), first.as_str(), asked.as_str(), used.as_str(), letters.as_str(), PASSWORD] {
        for log in &logs {
            assert!(!log.contains(told), "{told} is in the log");
        }
    }
}
