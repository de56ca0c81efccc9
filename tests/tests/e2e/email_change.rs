//! An account moves to another address.

use plaza_tests::{
    Setup, both_setups,
    client::{Answer, Api, PASSWORD, User},
    servers::Smtp,
};
use serde_json::json;

use crate::{
    mail::{CONFIRM, start, with_mail},
    password_reset::until_idle,
};

both_setups!(
    an_account_moves_when_both_addresses_agree,
    either_side_may_agree_first,
    one_side_alone_is_not_enough,
    a_newer_change_replaces_the_one_before,
    nobody_moves_to_somebody_elses_address,
    a_profile_does_not_change_the_address,
    strangers_are_not_flooded,
);

const AT_OLD: &str = "Confirm the change of your e-mail address";
const AT_NEW: &str = "Confirm your new e-mail address";
const OLD: &str = "ada@example.org";
const NEW: &str = "lovelace@example.net";

async fn request(user: &User, new_email: &str, password: &str) -> Answer {
    user.api.post("/users/me/email-change", &json!({ "new_email": new_email, "password": password })).await
}

async fn agree(api: &Api, token: &str) -> Answer {
    api.post("/auth/email-change", &json!({ "token": token })).await
}

async fn email_of(user: &User) -> String {
    let me = user.api.get("/users/me").await.expect(200);
    me["email"].as_str().expect("an address").to_owned()
}

/// The links to the old address and the new one.
async fn links(smtp: &Smtp) -> [String; 2] {
    [smtp.mail(OLD, AT_OLD).await.token(), smtp.mail(NEW, AT_NEW).await.token()]
}

async fn an_account_moves_when_both_addresses_agree(setup: Setup) {
    let (smtp, plaza) = start(setup).await;
    let ada = User::register(plaza.a(), "ada").await;
    request(&ada, NEW, "wrong").await.expect_problem(422);
    request(&ada, OLD, PASSWORD).await.expect_problem(422);
    request(&ada, "nowhere", PASSWORD).await.expect_problem(422);
    request(&ada, NEW, PASSWORD).await.expect(202);
    let [at_old, at_new] = links(&smtp).await;
    let anyone = Api::anonymous(plaza.b());
    assert_eq!(agree(&anyone, &at_old).await.expect(200)["state"], "waiting");
    assert_eq!(email_of(&ada).await, OLD);
    assert_eq!(agree(&anyone, &at_new).await.expect(200)["state"], "done");
    assert_eq!(email_of(&ada).await, NEW);
    assert!(ada.api.get("/users/me").await.expect(200)["email_verified_at"].is_string());
    // The old address learns of it, and is good for nothing any more.
    let told = smtp.mail(OLD, "Your e-mail address was changed").await;
    assert!(told.text.is_some_and(|text| text.contains("lovelace")));
    anyone.log_in(OLD, PASSWORD).await.expect_problem(401);
    anyone.log_in(NEW, PASSWORD).await.expect(200);
    let before = smtp.mail(OLD, CONFIRM).await.token();
    anyone.post("/auth/verify-email", &json!({ "token": before })).await.expect_problem(422);
    for token in [at_old, at_new] {
        agree(&anyone, &token).await.expect_problem(422);
    }
}

async fn either_side_may_agree_first(setup: Setup) {
    let (smtp, plaza) = start(setup).await;
    let ada = User::register(plaza.a(), "ada").await;
    request(&ada, NEW, PASSWORD).await.expect(202);
    let [at_old, at_new] = links(&smtp).await;
    assert_eq!(agree(&ada.api, &at_new).await.expect(200)["state"], "waiting");
    assert_eq!(email_of(&ada).await, OLD);
    assert_eq!(agree(&ada.api, &at_old).await.expect(200)["state"], "done");
    assert_eq!(email_of(&ada).await, NEW);
}

async fn one_side_alone_is_not_enough(setup: Setup) {
    let (smtp, plaza) = start(setup).await;
    let ada = User::register(plaza.a(), "ada").await;
    request(&ada, NEW, PASSWORD).await.expect(202);
    let [_, at_new] = links(&smtp).await;
    assert_eq!(agree(&ada.api, &at_new).await.expect(200)["state"], "waiting");
    agree(&ada.api, &at_new).await.expect_problem(422);
    assert_eq!(email_of(&ada).await, OLD);
}

async fn a_newer_change_replaces_the_one_before(setup: Setup) {
    let (smtp, plaza) = start(setup).await;
    let ada = User::register(plaza.a(), "ada").await;
    request(&ada, NEW, PASSWORD).await.expect(202);
    let [at_old, at_new] = links(&smtp).await;
    assert_eq!(agree(&ada.api, &at_old).await.expect(200)["state"], "waiting");
    request(&ada, "ada@example.com", PASSWORD).await.expect(202);
    agree(&ada.api, &at_new).await.expect_problem(422);
    let at_newer = smtp.mail("ada@example.com", AT_NEW).await.token();
    assert_eq!(agree(&ada.api, &at_newer).await.expect(200)["state"], "waiting");
    assert_eq!(email_of(&ada).await, OLD, "the agreement to one change is none to another");
}

async fn nobody_moves_to_somebody_elses_address(setup: Setup) {
    let (smtp, plaza) = start(setup).await;
    let ada = User::register(plaza.a(), "ada").await;
    let bob = User::register(plaza.a(), "bob").await;
    // The answer does not tell that the address is an account's.
    request(&ada, "bob@example.org", PASSWORD).await.expect(202);
    let at_old = smtp.mail(OLD, AT_OLD).await.token();
    let at_new = smtp.mail("bob@example.org", AT_NEW).await.token();
    agree(&ada.api, &at_old).await.expect(200);
    agree(&ada.api, &at_new).await.expect_problem(409);
    assert_eq!((email_of(&ada).await, email_of(&bob).await), (OLD.to_owned(), "bob@example.org".to_owned()));
}

async fn a_profile_does_not_change_the_address(setup: Setup) {
    let (_smtp, plaza) = start(setup).await;
    let ada = User::register(plaza.a(), "ada").await;
    ada.api.put("/users/me", &json!({ "email": NEW, "bio": "Engines." })).await.expect(200);
    assert_eq!(email_of(&ada).await, OLD);
}

async fn strangers_are_not_flooded(setup: Setup) {
    let smtp = Smtp::start().await;
    let plaza = with_mail(setup, &smtp.url())
        .variable("PLAZA_LIMITS__ENABLED", "true")
        .variable("PLAZA_LIMITS__DAILY_MAILS_PER_USER", "3")
        .variable("PLAZA_LIMITS__DAILY_MAILS_PER_RECIPIENT", "2")
        .start()
        .await;
    let ada = User::register(plaza.a(), "ada").await;
    let bob = User::register(plaza.b(), "bob").await;
    request(&ada, NEW, PASSWORD).await.expect(202);
    request(&bob, NEW, PASSWORD).await.expect(202);
    // However it is written.
    let refused = request(&ada, "Lovelace@EXAMPLE。net", PASSWORD).await;
    refused.expect_problem(429);
    assert!(
        refused.header("ratelimit-policy").contains("\"move-mails\";q=2;w=86400"),
        "{:?}",
        refused.headers
    );
    request(&ada, "ada@example.com", PASSWORD).await.expect(202);
    let refused = request(&ada, "ada@example.net", PASSWORD).await;
    refused.expect_problem(429);
    assert!(
        refused.header("ratelimit-policy").contains("\"daily-mails\";q=3;w=86400"),
        "{:?}",
        refused.headers
    );
    until_idle(&ada).await;
    let told = [NEW, "ada@example.com", "ada@example.net"].map(|address| smtp.mails_to(address).len());
    assert_eq!(told, [2, 1, 0], "mails to strangers");
}
