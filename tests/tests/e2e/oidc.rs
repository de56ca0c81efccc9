//! Users log in by a real OpenID provider, and link what they have there to their accounts.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64};
use plaza_tests::{
    Options, Plaza, Setup, both_setups,
    client::{Answer, Api, Browser, PASSWORD, User},
    servers::{OpenIdServer, Smtp},
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

both_setups!(
    users_log_in_by_a_provider_and_get_an_account,
    an_account_is_linked_by_its_user_and_not_because_of_an_address,
    a_mail_tells_of_what_is_linked_and_unlinked,
    a_provider_lets_people_in_where_nobody_else_may_register,
    the_only_way_into_an_account_stays,
    tokens_reach_the_app_that_wanted_the_login,
    a_banned_user_does_not_get_in_by_a_provider,
    those_without_an_account_get_none_unless_the_operator_wants_it,
    a_provider_that_does_not_answer_stops_nothing_else,
    logins_by_providers_are_limited,
    a_login_that_was_linked_to_an_address_of_others_is_out_once_its_owner_has_come,
);

pub(crate) const ID: &str = "corp";
/// Where users find all instances; nobody listens there, the tests go to an instance instead.
pub(crate) const PUBLIC_URL: &str = "http://plaza.test";
const APP_URL: &str = "org.example.plaza:/done";
const VERIFIER: &str = "a-secret-of-an-app-which-is-long-enough-for-rfc-7636";

pub(crate) async fn provider() -> OpenIdServer {
    OpenIdServer::start(ID, PUBLIC_URL).await
}

pub(crate) fn options(setup: Setup, provider: &OpenIdServer) -> Options {
    let options = Options::new(setup)
        .variable("PLAZA_SERVER__PUBLIC_URL", PUBLIC_URL)
        .variable("PLAZA_OIDC__ALLOWED_RETURN_URLS", APP_URL)
        .variable("PLAZA_OIDC__PROVIDERS__CORP__NAME", "The Corporation")
        .variable("PLAZA_OIDC__PROVIDERS__CORP__ALLOW_REGISTRATION", "true");
    provider.variables(ID).iter().fold(options, |options, (name, value)| options.variable(name, value))
}

/// Goes to the provider from the instance at `base`; where it sends the browser back to.
pub(crate) async fn prove(browser: &mut Browser, base: &str, query: &str, name: &str) -> String {
    let begun = browser.visit(&format!("{base}/api/v1/auth/oidc/{ID}/login{query}")).await;
    begun.expect(303);
    browser.prove(begun.header("location"), name).await
}

/// The same address at an instance.
pub(crate) fn at(base: &str, url: &str) -> String {
    url.replacen(PUBLIC_URL, base, 1)
}

/// The login code on the page that ends a login.
pub(crate) fn code_on(page: &Answer) -> String {
    assert_eq!(page.status, 200, "{}", page.text());
    let text = page.text();
    let code = text.split_once("<code>").and_then(|(_, rest)| rest.split_once("</code>"));
    code.expect("a login code").0.to_owned()
}

async fn redeem(browser: &mut Browser, base: &str, code: &str) -> Answer {
    browser.post(&format!("{base}/api/v1/auth/oidc/token"), None, &json!({ "login_code": code })).await
}

/// Logs in as somebody of that name: begun at one instance, ended at another one.
async fn log_in(plaza: &Plaza, browser: &mut Browser, name: &str) -> Value {
    let callback = prove(browser, plaza.a(), "", name).await;
    let page = browser.visit(&at(plaza.b(), &callback)).await;
    redeem(browser, plaza.a(), &code_on(&page)).await.expect(200)
}

fn text(value: &Value) -> &str {
    value.as_str().expect("text")
}

async fn users_log_in_by_a_provider_and_get_an_account(setup: Setup) {
    let provider = provider().await;
    let plaza = options(setup, &provider).start().await;
    let anybody = Api::anonymous(plaza.b());
    let listed = anybody.get("/auth/oidc/providers").await.expect(200);
    assert_eq!(listed, json!({"items": [{"id": ID, "name": "The Corporation"}]}));

    let mut browser = Browser::new();
    let first = log_in(&plaza, &mut browser, "ada").await;
    let user = &first["user"];
    assert_eq!((text(&user["username"]), text(&user["email"])), ("ada", "ada@corp.example"));
    assert_eq!(text(&user["display_name"]), "ada of the corporation");
    assert_eq!(browser.cookie("plaza_login"), "", "it is taken back");
    let api = anybody.with_token(text(&first["access_token"]));
    api.get("/users/me").await.expect(200);
    let refresh = json!({ "refresh_token": first["refresh_token"] });
    anybody.post("/auth/refresh", &refresh).await.expect(200);

    let again = log_in(&plaza, &mut Browser::new(), "ada").await;
    assert_eq!(again["user"]["id"], user["id"]);
    let identities = api.get("/users/me/identities").await.expect(200);
    let identity = &identities["items"][0];
    assert_eq!((&identity["provider"]["id"], &identity["email"]), (&json!(ID), &json!("ada@corp.example")));
    assert_eq!(identities["items"].as_array().map(Vec::len), Some(1));

    // Somebody else of the same name there is another user here, with another handle.
    let other = User::register(plaza.a(), "grace").await;
    let grace = log_in(&plaza, &mut Browser::new(), "grace").await;
    assert_eq!(text(&grace["user"]["username"]), "grace-2");
    assert_ne!(text(&grace["user"]["id"]), other.id);
}

async fn an_account_is_linked_by_its_user_and_not_because_of_an_address(setup: Setup) {
    let provider = provider().await;
    let plaza = options(setup, &provider).start().await;
    let account = json!({"email": "ada@corp.example", "username": "countess", "password": PASSWORD});
    let api = Api::anonymous(plaza.a());
    api.post("/auth/register", &account).await.expect(201);
    let mut browser = Browser::new();
    let callback = prove(&mut browser, plaza.a(), "", "ada").await;
    let refused = browser.visit(&at(plaza.b(), &callback)).await.expect_problem(409);
    assert!(text(&refused["detail"]).contains("link"), "{refused}");

    let ada = User::log_in(plaza.a(), "countess").await;
    let ask = json!({ "provider": ID, "return_to": "/settings" });
    let url = format!("{}/api/v1/users/me/identities", plaza.a());
    let linking = browser.post(&url, Some(ada.api.token()), &ask).await.expect(200);
    let callback = browser.prove(text(&linking["authorization_url"]), "ada").await;
    // Another browser brings it back: nothing is linked.
    Browser::new().visit(&at(plaza.a(), &callback)).await.expect_problem(401);
    let linking = browser.post(&url, Some(ada.api.token()), &ask).await.expect(200);
    let callback = browser.prove(text(&linking["authorization_url"]), "ada").await;
    let linked = browser.visit(&at(plaza.b(), &callback)).await;
    assert_eq!(
        (linked.status.as_u16(), linked.header("location")),
        (303, "http://plaza.test/settings#linked=1")
    );
    assert_eq!(text(&log_in(&plaza, &mut Browser::new(), "ada").await["user"]["id"]), ada.id);

    // What is linked to one account is not linked to another one, and a user has one of each provider.
    let eve = User::register(plaza.a(), "eve").await;
    for (user, name) in [(&eve, "ada"), (&ada, "other")] {
        // The provider knows who comes again.
        let mut browser = Browser::new();
        let linking =
            browser.post(&url, Some(user.api.token()), &json!({ "provider": ID })).await.expect(200);
        let callback = browser.prove(text(&linking["authorization_url"]), name).await;
        browser.visit(&at(plaza.a(), &callback)).await.expect_problem(409);
    }

    let listed = ada.api.get("/users/me/identities").await.expect(200);
    let path = format!("/users/me/identities/{}", text(&listed["items"][0]["id"]));
    eve.api.delete(&path).await.expect_problem(404);
    ada.at(plaza.b()).api.delete(&path).await.expect(204);
    ada.api.delete(&path).await.expect_problem(404);
    let callback = prove(&mut browser, plaza.a(), "", "ada").await;
    browser.visit(&at(plaza.b(), &callback)).await.expect_problem(409);
}

async fn a_mail_tells_of_what_is_linked_and_unlinked(setup: Setup) {
    let (provider, smtp) = (provider().await, Smtp::start().await);
    let plaza = options(setup, &provider)
        .variable("PLAZA_MAIL__URL", &smtp.url())
        .variable("PLAZA_MAIL__FROM", "Plaza <plaza@example.org>")
        .start()
        .await;
    let ada = User::register(plaza.a(), "ada").await;
    let mut browser = Browser::new();
    let url = format!("{}/api/v1/users/me/identities", plaza.a());
    let linking = browser.post(&url, Some(ada.api.token()), &json!({ "provider": ID })).await.expect(200);
    let callback = browser.prove(text(&linking["authorization_url"]), "ada").await;
    assert_eq!(browser.visit(&at(plaza.b(), &callback)).await.status, 200);
    let told = smtp.mail("ada@example.org", "A login was linked to your account").await;
    assert!(told.text.is_some_and(|text| text.contains("a login at The Corporation")));
    let listed = ada.api.get("/users/me/identities").await.expect(200);
    let path = format!("/users/me/identities/{}", text(&listed["items"][0]["id"]));
    ada.at(plaza.b()).api.delete(&path).await.expect(204);
    smtp.mail("ada@example.org", "A login was unlinked from your account").await;
    // The provider's address for her is not hers here.
    assert_eq!(smtp.mails_to("ada@corp.example").len(), 0);
}

async fn a_provider_lets_people_in_where_nobody_else_may_register(setup: Setup) {
    let provider = provider().await;
    let plaza = options(setup, &provider)
        .variable("PLAZA_AUTH__REGISTRATION", "closed")
        .variable("PLAZA_AUTH__DEFAULT_ROLE", "member")
        .variable("PLAZA_OIDC__PROVIDERS__CORP__DEFAULT_ROLE", "guest")
        .start()
        .await;
    let ada = log_in(&plaza, &mut Browser::new(), "ada").await;
    assert_eq!(ada["user"]["role"], "guest", "nobody becomes the first admin by a provider");
    let account = json!({ "email": "eve@example.org", "username": "eve", "password": PASSWORD });
    Api::anonymous(plaza.b()).post("/auth/register", &account).await.expect_problem(403);
    let output = plaza.run(&["admin", "set-role", "ada", "admin"]).await;
    assert!(output.status.success(), "{output:?}");
    let ada = log_in(&plaza, &mut Browser::new(), "ada").await;
    assert_eq!(ada["user"]["role"], "admin");
}

async fn the_only_way_into_an_account_stays(setup: Setup) {
    let provider = provider().await;
    let plaza = options(setup, &provider).start().await;
    let login = log_in(&plaza, &mut Browser::new(), "ada").await;
    let api = Api::anonymous(plaza.b()).with_token(text(&login["access_token"]));
    let listed = api.get("/users/me/identities").await.expect(200);
    let path = format!("/users/me/identities/{}", text(&listed["items"][0]["id"]));
    api.delete(&path).await.expect_problem(409);
    // There is no password, and none is as good as another.
    for password in ["", "!", PASSWORD] {
        let answer = api.log_in("ada", password).await;
        assert!([401, 422].contains(&answer.status.as_u16()), "{password:?}: {}", answer.text());
    }
    let change = json!({ "current_password": "!", "new_password": PASSWORD });
    let refused = api.put("/users/me/password", &change).await;
    assert!(refused.status.is_client_error(), "{}", refused.text());
    assert_eq!(text(&log_in(&plaza, &mut Browser::new(), "ada").await["user"]["username"]), "ada");
}

async fn tokens_reach_the_app_that_wanted_the_login(setup: Setup) {
    let provider = provider().await;
    let plaza = options(setup, &provider).start().await;
    let challenge = BASE64.encode(Sha256::digest(VERIFIER));
    let query = format!("?return_to={APP_URL}&code_challenge={challenge}");
    let token = format!("{}/api/v1/auth/oidc/token", plaza.b());
    for (proof, status) in [
        (json!(null), 401),
        (json!("another-secret-of-an-app-which-is-long-enough-too"), 401),
        (json!(VERIFIER), 200),
    ] {
        let mut browser = Browser::new();
        let callback = prove(&mut browser, plaza.a(), &query, "ada").await;
        let sent = browser.visit(&at(plaza.b(), &callback)).await;
        let code = sent.header("location").strip_prefix(&format!("{APP_URL}#login_code=")).map(str::to_owned);
        let redeeming = json!({ "login_code": code.expect("a login code"), "code_verifier": proof });
        // Whoever sees the code, and the browser too, has no use of it.
        browser.post(&token, None, &redeeming).await.expect(status);
        Browser::new().post(&token, None, &redeeming).await.expect_problem(401);
    }
    // Without a challenge, the browser that logged in is who gets the tokens.
    let mut browser = Browser::new();
    let callback = prove(&mut browser, plaza.a(), "?return_to=/chat", "ada").await;
    let sent = browser.visit(&at(plaza.b(), &callback)).await;
    let code = sent.header("location").strip_prefix("http://plaza.test/chat#login_code=").map(str::to_owned);
    let code = code.expect("a login code");
    redeem(&mut browser.clone(), plaza.a(), &code).await.expect(200);
    redeem(&mut browser, plaza.a(), &code).await.expect_problem(401);
    let callback = prove(&mut browser, plaza.a(), "", "ada").await;
    let code = code_on(&browser.visit(&at(plaza.b(), &callback)).await);
    redeem(&mut Browser::new(), plaza.a(), &code).await.expect_problem(401);

    // Who changes their mind at the provider is sent to the app all the same.
    let begun = browser.visit(&format!("{}/api/v1/auth/oidc/{ID}/login{query}", plaza.a())).await;
    let callback = Browser::new().cancel(begun.header("location")).await;
    assert!(callback.contains("error=access_denied"), "{callback}");
    let sent = browser.visit(&at(plaza.a(), &callback)).await;
    assert_eq!(sent.header("location"), format!("{APP_URL}#error=unauthenticated"));
}

async fn a_banned_user_does_not_get_in_by_a_provider(setup: Setup) {
    let provider = provider().await;
    let plaza = options(setup, &provider).start().await;
    let admin = User::register(plaza.a(), "admin").await;
    let login = log_in(&plaza, &mut Browser::new(), "ada").await;
    let id = text(&login["user"]["id"]);
    let mut browser = Browser::new();
    let callback = prove(&mut browser, plaza.a(), "", "ada").await;
    let code = code_on(&browser.visit(&at(plaza.b(), &callback)).await);
    let banned = admin.api.put(&format!("/users/{id}/ban"), &json!({ "reason": "Spam" })).await;
    assert!(banned.status.is_success(), "{}", banned.text());
    redeem(&mut browser, plaza.b(), &code).await.expect_problem(403);
    let callback = prove(&mut browser, plaza.a(), "", "ada").await;
    browser.visit(&at(plaza.b(), &callback)).await.expect_problem(403);
}

async fn those_without_an_account_get_none_unless_the_operator_wants_it(setup: Setup) {
    let provider = provider().await;
    let key = "PLAZA_OIDC__PROVIDERS__CORP__ALLOW_REGISTRATION";
    let plaza = options(setup, &provider).variable(key, "false").start().await;
    let mut browser = Browser::new();
    let callback = prove(&mut browser, plaza.a(), "?return_to=/", "ada").await;
    let sent = browser.visit(&at(plaza.b(), &callback)).await;
    assert_eq!(sent.header("location"), "http://plaza.test/#error=forbidden");
    Api::anonymous(plaza.a()).get("/auth/oidc/nobody/login").await.expect_problem(404);
}

async fn a_provider_that_does_not_answer_stops_nothing_else(setup: Setup) {
    let provider = provider().await;
    provider.pause();
    let plaza = options(setup, &provider).start().await;
    let api = Api::anonymous(plaza.a());
    let problem = api.get("/auth/oidc/corp/login").await.expect_problem(503);
    assert!(text(&problem["detail"]).contains("login provider"), "{problem}");
    User::register(plaza.a(), "ada").await;
    provider.resume();
    let mut browser = Browser::new();
    let url = format!("{}/api/v1/auth/oidc/{ID}/login", plaza.a());
    let patience = std::time::Duration::from_secs(30);
    let begun = plaza_tests::servers::until(patience, || {
        let mut browser = browser.clone();
        let url = url.clone();
        async move {
            let answer = browser.visit(&url).await;
            if answer.status == 303 { Ok((browser, answer)) } else { Err(answer) }
        }
    });
    let (with_cookie, begun) = begun.await.expect("the provider is asked again");
    browser.clone_from(&with_cookie);
    let callback = browser.prove(begun.header("location"), "grace").await;
    let page = browser.visit(&at(plaza.a(), &callback)).await;
    redeem(&mut browser, plaza.a(), &code_on(&page)).await.expect(200);
}

async fn logins_by_providers_are_limited(setup: Setup) {
    let provider = provider().await;
    let plaza = options(setup, &provider)
        .variable("PLAZA_LIMITS__ENABLED", "true")
        .variable("PLAZA_LIMITS__PROVIDER_LOGIN_PER_ADDRESS", "4")
        .start()
        .await;
    let api = Api::anonymous(plaza.a());
    let mut statuses = Vec::new();
    for path in ["/auth/oidc/corp/callback?state=x", "/auth/oidc/nobody/login"].into_iter().cycle().take(6) {
        statuses.push(api.get(path).await.status.as_u16());
    }
    assert_eq!(statuses, [401, 404, 401, 404, 429, 429]);
    let token = json!({ "login_code": "made up" });
    let limited = api.post("/auth/oidc/token", &token).await;
    limited.expect_problem(429);
    assert!(limited.header("ratelimit-policy").starts_with("\"provider-login\""));
}

async fn a_login_that_was_linked_to_an_address_of_others_is_out_once_its_owner_has_come(setup: Setup) {
    let (provider, smtp) = (provider().await, Smtp::start().await);
    let plaza = options(setup, &provider)
        .variable("PLAZA_MAIL__URL", &smtp.url())
        .variable("PLAZA_MAIL__FROM", "plaza@example.org")
        .start()
        .await;
    // Eve takes Ada's address, proves nothing, and leaves a way in.
    let eve = User::register(plaza.a(), "ada").await;
    let mut browser = Browser::new();
    let url = format!("{}/api/v1/users/me/identities", plaza.a());
    let linking = browser.post(&url, Some(eve.api.token()), &json!({ "provider": ID })).await.expect(200);
    let callback = browser.prove(text(&linking["authorization_url"]), "eve").await;
    assert_eq!(browser.visit(&at(plaza.b(), &callback)).await.status, 200);
    // A code that she got just before is worth nothing either.
    let callback = prove(&mut browser, plaza.a(), "", "eve").await;
    let code = code_on(&browser.visit(&at(plaza.b(), &callback)).await);

    let ada = Api::anonymous(plaza.b());
    let request = json!({ "email": "ada@example.org" });
    ada.post("/auth/password-reset/request", &request).await.expect(202);
    let token = smtp.mail("ada@example.org", "Set a new password").await.token();
    let new = "a better horse battery";
    ada.post("/auth/password-reset", &json!({ "token": token, "new_password": new })).await.expect(204);
    redeem(&mut browser, plaza.a(), &code).await.expect_problem(401);
    let other = log_in(&plaza, &mut Browser::new(), "eve").await;
    assert_ne!(text(&other["user"]["id"]), eve.id, "an account of her own");
    let login = ada.log_in("ada", new).await.expect(200);
    let ada = ada.with_token(text(&login["access_token"]));
    assert_eq!(ada.get("/users/me/identities").await.expect(200)["items"], json!([]));
}
