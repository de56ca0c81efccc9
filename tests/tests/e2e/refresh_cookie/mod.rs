//! Pages of a browser stay logged in by a cookie that no script reads, and no other page can use.

mod origins;

use futures::future::join_all;
use plaza_tests::{
    Options, Plaza, Setup, both_setups,
    client::{Answer, Api, Browser, Method, PASSWORD, User, header, second_factor},
};
use serde_json::{Value, json};

use crate::oidc;

both_setups!(
    the_cookie_is_given_to_who_asks_for_it,
    a_page_goes_on_by_its_cookie,
    tabs_that_refresh_at_the_same_time_stay_logged_in,
    fifty_parallel_refreshes_by_cookie_leave_one_chain,
    a_cookie_that_comes_back_after_its_successor_was_used_ends_the_session,
    logging_out_takes_the_cookie_back,
    an_expired_page_logs_out_by_its_cookie,
    the_second_step_and_a_providers_code_give_the_cookie_too,
    the_log_tells_no_cookie,
);

const COOKIE: &str = "__Host-plaza_refresh";
const PARALLEL: usize = 50;
/// `auth.refresh_ttl_seconds`.
const TTL: u64 = 7 * 24 * 60 * 60;
const STRANGER: &str = "https://evil.example";

fn url(base: &str, path: &str) -> String {
    format!("{base}/api/v1/auth/{path}")
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("text was expected, not {value}")).to_owned()
}

fn wish(login: &str) -> Value {
    json!({ "login": login, "password": PASSWORD, "refresh_token_in": "cookie" })
}

/// Somebody registers, and logs in on a page of the instance at `base`.
async fn given_page(base: &str, username: &str) -> (Browser, Value) {
    User::register(base, username).await;
    log_in(base, username).await
}

async fn log_in(base: &str, username: &str) -> (Browser, Value) {
    let mut browser = Browser::new().on_page_of(base);
    let login = browser.post(&url(base, "login"), None, &wish(username)).await.expect(200);
    assert_eq!(login["refresh_token"], Value::Null, "{login}");
    assert_ne!(browser.cookie(COOKIE), "");
    (browser, login)
}

/// A page of the instance at `base` refreshes.
async fn refresh(browser: &mut Browser, base: &str) -> Answer {
    let mut page = browser.on_page_of(base);
    let answer = page.post_empty(&url(base, "refresh"), None).await;
    *browser = page;
    answer
}

fn cookies(answer: &Answer) -> Vec<String> {
    let values = answer.headers.get_all("set-cookie").iter();
    values.map(|value| value.to_str().unwrap_or_default().to_owned()).collect()
}

/// The value of the refresh cookie that an answer sets, after checking what else it says.
fn given(answer: &Answer) -> String {
    let cookies = cookies(answer);
    let [cookie] = cookies.as_slice() else { panic!("one cookie was expected: {cookies:?}") };
    let (pair, attributes) = cookie.split_once("; ").expect("attributes");
    let (name, value) = pair.split_once('=').expect("a value");
    assert_eq!(name, COOKIE);
    let (attributes, ttl) = attributes.rsplit_once("; Max-Age=").expect("a Max-Age");
    assert_eq!(attributes, "Path=/; Secure; HttpOnly; SameSite=Strict");
    let ttl: u64 = ttl.parse().expect("seconds");
    assert!((TTL - 60..=TTL).contains(&ttl), "{ttl}");
    assert!(value.len() > 40 && !answer.text().contains(value), "it is in no body");
    value.to_owned()
}

fn is_taken_back(answer: &Answer) -> bool {
    cookies(answer) == [format!("{COOKIE}=; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=0")]
}

fn refuse_origin(answer: &Answer) {
    let problem = answer.expect_problem(403);
    assert_eq!(problem["type"], "/problems/foreign-origin");
    assert_eq!(cookies(answer), Vec::<String>::new(), "{}", answer.request);
}

async fn the_cookie_is_given_to_who_asks_for_it(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let base = plaza.a();
    let ada = User::register(base, "ada").await;
    let mut page = Browser::new().on_page_of(base);
    let answer = page.post(&url(base, "login"), None, &wish("ada")).await;
    let login = answer.expect(200);
    assert_eq!(login["refresh_token"], Value::Null);
    assert_eq!(given(&answer), page.cookie(COOKIE));
    assert_eq!(answer.header("cache-control"), "no-store");
    ada.api.with_token(&text(&login["access_token"])).get("/users/me").await.expect(200);

    for place in [json!(null), json!("body")] {
        let body = json!({ "login": "ada", "password": PASSWORD, "refresh_token_in": place });
        let answer = page.post(&url(base, "login"), None, &body).await;
        assert!(answer.expect(200)["refresh_token"].is_string());
        assert_eq!(cookies(&answer), Vec::<String>::new());
    }
    let body = json!({ "login": "ada", "password": PASSWORD, "refresh_token_in": "pocket" });
    page.post(&url(base, "login"), None, &body).await.expect_problem(422);
    let wrong = json!({ "login": "ada", "password": "wrong", "refresh_token_in": "cookie" });
    let refused = page.post(&url(base, "login"), None, &wrong).await;
    refused.expect_problem(401);
    assert_eq!(cookies(&refused), Vec::<String>::new());
}

async fn a_page_goes_on_by_its_cookie(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let (mut browser, _) = given_page(plaza.a(), "ada").await;
    let mut seen = vec![browser.cookie(COOKIE).to_owned()];
    for base in [plaza.b(), plaza.a()] {
        let answer = refresh(&mut browser, base).await;
        let login = answer.expect(200);
        assert_eq!(login["refresh_token"], Value::Null);
        let next = given(&answer);
        assert!(!seen.contains(&next));
        seen.push(next);
        Api::anonymous(base).with_token(&text(&login["access_token"])).get("/users/me").await.expect(200);
    }
    // A body may be there, but no second token.
    let (base, mut page) = (plaza.a(), browser.on_page_of(plaza.a()));
    let both = json!({ "refresh_token": page.cookie(COOKIE) });
    let refused = page.post(&url(base, "refresh"), None, &both).await;
    assert_eq!(refused.expect_problem(422)["errors"][0]["field"], "refresh_token");
    assert_eq!(cookies(&refused), Vec::<String>::new());
    for body in [json!({}), json!({ "refresh_token": null })] {
        given(&page.post(&url(base, "refresh"), None, &body).await);
    }
    // Neither of both: there is nobody.
    let mut nobody = Browser::new().on_page_of(base);
    nobody.post_empty(&url(base, "refresh"), None).await.expect_problem(401);
    nobody.post(&url(base, "refresh"), None, &json!({})).await.expect_problem(401);
    // A cookie that is good for nothing does not stay.
    nobody.set_cookie(COOKIE, "made-up");
    let refused = nobody.post_empty(&url(base, "refresh"), None).await;
    refused.expect_problem(401);
    assert!(is_taken_back(&refused), "{:?}", cookies(&refused));
    assert_eq!(nobody.cookie(COOKIE), "");
}

async fn tabs_that_refresh_at_the_same_time_stay_logged_in(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    User::register(plaza.a(), "ada").await;
    // Whichever answer the browser reads last, it has the cookie that is good.
    for last in [0, 1] {
        let (mut browser, _) = log_in(plaza.a(), "ada").await;
        for _ in 0..3 {
            let (mut tab, mut other) = (browser.clone(), browser.clone());
            let (first, second) = tokio::join!(refresh(&mut tab, plaza.a()), refresh(&mut other, plaza.b()));
            let answers = [first, second];
            for answer in &answers {
                let token = text(&answer.expect(200)["access_token"]);
                Api::anonymous(plaza.b()).with_token(&token).get("/users/me").await.expect(200);
            }
            for answer in [&answers[1 - last], &answers[last]] {
                if !cookies(answer).is_empty() {
                    browser.set_cookie(COOKIE, &given(answer));
                }
            }
        }
        given(&refresh(&mut browser, plaza.a()).await);
    }
}

async fn fifty_parallel_refreshes_by_cookie_leave_one_chain(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let (mut browser, _) = given_page(plaza.a(), "ada").await;
    let tabs = (0..PARALLEL).map(|number| {
        let (mut tab, base) = (browser.clone(), if number % 2 == 0 { plaza.a() } else { plaza.b() });
        async move { refresh(&mut tab, base).await }
    });
    let answers = join_all(tabs).await;
    for answer in &answers {
        answer.expect(200);
    }
    let with_cookie: Vec<_> = answers.iter().filter(|answer| !cookies(answer).is_empty()).collect();
    let [only] = with_cookie.as_slice() else { panic!("{} chains", with_cookie.len()) };
    browser.set_cookie(COOKIE, &given(only));
    given(&refresh(&mut browser, plaza.b()).await);
}

async fn a_cookie_that_comes_back_after_its_successor_was_used_ends_the_session(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let (mut browser, login) = given_page(plaza.a(), "ada").await;
    let mut thief = browser.clone();
    refresh(&mut browser, plaza.a()).await.expect(200);
    let token = text(&refresh(&mut browser, plaza.b()).await.expect(200)["access_token"]);
    let refused = refresh(&mut thief, plaza.b()).await;
    refused.expect_problem(401);
    assert!(is_taken_back(&refused));
    let refused = refresh(&mut browser, plaza.a()).await;
    refused.expect_problem(401);
    assert!(is_taken_back(&refused));
    for token in [token, text(&login["access_token"])] {
        Api::anonymous(plaza.b()).with_token(&token).get("/users/me").await.expect_problem(401);
    }
}

async fn logging_out_takes_the_cookie_back(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let (base, out) = (plaza.a(), url(plaza.a(), "logout"));
    let (mut browser, login) = given_page(base, "ada").await;
    let gone = browser.clone();
    let left = browser.post_empty(&out, login["access_token"].as_str()).await;
    left.expect(204);
    assert!(is_taken_back(&left));
    assert_eq!(browser.cookie(COOKIE), "");
    refresh(&mut gone.clone(), plaza.b()).await.expect_problem(401);

    // A page of another origin that has a token of its own logs out by that; the cookie is not its business.
    let (mut browser, login) = log_in(base, "ada").await;
    let other = Api::anonymous(base).log_in("ada", PASSWORD).await.expect(200);
    let mut foreign = browser.on_page_of(STRANGER);
    let left = foreign.post_empty(&out, other["access_token"].as_str()).await;
    left.expect(204);
    assert_eq!(cookies(&left), Vec::<String>::new());
    Api::anonymous(base).with_token(&text(&other["access_token"])).get("/users/me").await.expect_problem(401);
    given(&refresh(&mut browser, base).await);
    // Who has no cookie is told nothing about one.
    let left =
        Api::anonymous(base).with_token(&text(&login["access_token"])).post_empty("/auth/logout").await;
    left.expect(204);
    assert_eq!(cookies(&left), Vec::<String>::new());
}

async fn an_expired_page_logs_out_by_its_cookie(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let out = url(plaza.a(), "logout");
    User::register(plaza.a(), "ada").await;
    for token in [None, Some("expired or made up")] {
        let (mut browser, login) = log_in(plaza.a(), "ada").await;
        let access = text(&login["access_token"]);
        let mut socket = plaza_tests::client::Socket::connect(plaza.b(), "", &access).await;
        socket.expect_type("hello").await;
        let mut again = browser.clone();
        let left = browser.post_empty(&out, token).await;
        left.expect(204);
        assert!(is_taken_back(&left));
        assert_eq!(socket.close_code().await, 4401);
        Api::anonymous(plaza.b()).with_token(&access).get("/users/me").await.expect_problem(401);
        // Once more is no news, and so is a cookie that never was one.
        assert!(is_taken_back(&again.post_empty(&out, token).await));
        refresh(&mut again.clone(), plaza.a()).await.expect_problem(401);
        again.set_cookie(COOKIE, "made-up");
        assert!(is_taken_back(&again.post_empty(&out, token).await));
        Browser::new().on_page_of(plaza.a()).post_empty(&out, token).await.expect_problem(401);
    }
}

async fn the_second_step_and_a_providers_code_give_the_cookie_too(setup: Setup) {
    let provider = oidc::provider().await;
    let plaza = oidc::options(setup, &provider).start().await;
    let ada = User::register(plaza.a(), "ada").await;
    let mut authenticator = second_factor::enrol(&ada).await;
    let challenge = second_factor::challenge(plaza.a(), "ada").await;
    let step = json!({
        "challenge": challenge, "code": authenticator.code(), "refresh_token_in": "cookie"
    });
    let mut page = Browser::new().on_page_of(oidc::PUBLIC_URL);
    let answer = page.post(&url(plaza.b(), "login/second-factor"), None, &step).await;
    assert_eq!(answer.expect(200)["refresh_token"], Value::Null);
    given(&answer);
    given(&page.post_empty(&url(plaza.a(), "refresh"), None).await);

    let mut browser = Browser::new();
    let callback = oidc::prove(&mut browser, plaza.a(), "", "grace").await;
    let code = oidc::code_on(&browser.visit(&oidc::at(plaza.b(), &callback)).await);
    let mut page = browser.on_page_of(oidc::PUBLIC_URL);
    let code = json!({ "login_code": code, "refresh_token_in": "cookie" });
    let answer = page.post(&url(plaza.a(), "oidc/token"), None, &code).await;
    assert_eq!(answer.expect(200)["refresh_token"], Value::Null);
    let names: Vec<_> =
        cookies(&answer).iter().map(|cookie| cookie.split('=').next().map(str::to_owned)).collect();
    assert_eq!(names, [Some(COOKIE.to_owned()), Some("plaza_login".to_owned())]);
    assert_eq!(page.cookie("plaza_login"), "", "that one is taken back");
    given(&page.post_empty(&url(plaza.b(), "refresh"), None).await);
}

async fn the_log_tells_no_cookie(setup: Setup) {
    let plaza = Options::new(setup).variable("PLAZA_LOG__LEVEL", "debug").start().await;
    let (mut browser, _) = given_page(plaza.a(), "ada").await;
    let mut secrets = vec![browser.cookie(COOKIE).to_owned(), "made-up-c00kie".to_owned()];
    let mut thief = browser.on_page_of(STRANGER);
    refuse_origin(&thief.post_empty(&url(plaza.a(), "refresh"), None).await);
    for _ in 0..2 {
        secrets.push(given(&refresh(&mut browser, plaza.a()).await));
    }
    thief.set_cookie(COOKIE, "made-up-c00kie");
    refresh(&mut thief, plaza.a()).await.expect_problem(401);
    thief.set_cookie(COOKIE, &secrets[0]);
    refresh(&mut thief, plaza.a()).await.expect_problem(401);
    let log = plaza.log(0);
    assert!(log.contains(STRANGER), "what is refused is told where it came from");
    for secret in secrets {
        assert!(!log.contains(&secret), "a cookie is in the log");
    }
}
