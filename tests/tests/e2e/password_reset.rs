//! Another password for who has forgotten theirs.

use std::time::Duration;

use chrono::TimeDelta;
use plaza_domain::{Clock, Email, MailPurpose, MailToken};
use plaza_infrastructure::clock::SystemClock;
use plaza_tests::{
    OpenPlaza, Setup, both_setups,
    client::{Answer, Api, PASSWORD, User},
    servers::{Smtp, until},
};
use reqwest::Method;
use serde_json::json;

use crate::mail::{CONFIRM, mailing, start, with_mail};

const PATIENCE: Duration = Duration::from_secs(30);

both_setups!(
    a_reset_sets_the_password_and_ends_all_sessions,
    a_reset_works_once_and_in_time,
    nobody_learns_which_addresses_are_accounts,
    requests_are_counted_by_address_and_by_account,
    nobody_keeps_others_from_a_new_password,
);

/// How long nobody is sent another link.
const PAUSE: TimeDelta = TimeDelta::minutes(5);
const SUBJECT: &str = "Set a new password";
const NEW: &str = "a better horse battery";
/// How soon a connection ends whose right to be there does.
const SOON: Duration = Duration::from_secs(2);

async fn request(api: &Api, email: &str) -> Answer {
    api.post("/auth/password-reset/request", &json!({ "email": email })).await
}

async fn reset(api: &Api, token: &str, password: &str) -> Answer {
    api.post("/auth/password-reset", &json!({ "token": token, "new_password": password })).await
}

async fn a_reset_sets_the_password_and_ends_all_sessions(setup: Setup) {
    let (smtp, plaza) = start(setup).await;
    let ada = User::register(plaza.a(), "ada").await;
    let other = User::log_in(plaza.b(), "ada").await;
    let mut sockets = [ada.connect().await, other.connect().await];
    for socket in &mut sockets {
        socket.expect_type("hello").await;
        socket.settle().await;
    }
    let anyone = Api::anonymous(plaza.b());
    request(&anyone, " Ada@Example.org ").await.expect(202);
    let mail = smtp.mail("ada@example.org", SUBJECT).await;
    assert!(mail.text.as_deref().is_some_and(|text| text.contains("/reset-password#token=")), "{mail:?}");
    // Only to ask changes nothing.
    ada.api.get("/users/me").await.expect(200);
    reset(&anyone, &mail.token(), NEW).await.expect(204);

    for socket in &mut sockets {
        assert_eq!(socket.ends_within(SOON).await, Some(4401));
    }
    for session in [&ada, &other] {
        session.api.get("/users/me").await.expect_problem(401);
        let refresh = json!({ "refresh_token": session.refresh_token });
        session.api.post("/auth/refresh", &refresh).await.expect_problem(401);
    }
    anyone.log_in("ada", PASSWORD).await.expect_problem(401);
    let login = anyone.log_in("ada", NEW).await.expect(200);
    assert!(login["user"]["email_verified_at"].is_string(), "who follows the link reads the mail: {login}");
    smtp.mail("ada@example.org", "Your password was changed").await;
}

async fn a_reset_works_once_and_in_time(setup: Setup) {
    let smtp = Smtp::start().await;
    let open = OpenPlaza::start(setup, |options| mailing(options, &smtp.url())).await;
    let plaza = &open.plaza;
    User::register(plaza.a(), "ada").await;
    let anyone = Api::anonymous(plaza.b());
    request(&anyone, "ada@example.org").await.expect(202);
    let first = smtp.mail("ada@example.org", SUBJECT).await.token();
    change(&open, "ada@example.org", |link| MailToken { created_at: link.created_at - PAUSE, ..link }).await;
    request(&anyone, "ada@example.org").await.expect(202);
    let second = smtp.nth_mail("ada@example.org", SUBJECT, 2).await.token();
    let replaced = reset(&anyone, &first, NEW).await.expect_problem(422);
    reset(&anyone, &second, "short").await.expect_problem(422);
    // Links for other purposes are good for nothing here, and go with the password.
    let verification = smtp.mail("ada@example.org", CONFIRM).await.token();
    let wrong = reset(&anyone, &verification, NEW).await.expect_problem(422);
    reset(&anyone, &second, NEW).await.expect(204);
    let used = reset(&anyone, &second, "yet another battery").await.expect_problem(422);
    anyone.post("/auth/verify-email", &json!({ "token": verification })).await.expect_problem(422);

    request(&anyone, "ada@example.org").await.expect(202);
    let third = smtp.nth_mail("ada@example.org", SUBJECT, 3).await.token();
    change(&open, "ada@example.org", |link| {
        assert_eq!((link.expires_at - link.created_at).num_minutes(), 30);
        MailToken { expires_at: SystemClock.now(), ..link }
    })
    .await;
    let expired = reset(&anyone, &third, "yet another battery").await.expect_problem(422);
    for other in [wrong, used, expired] {
        assert_eq!(other["errors"], replaced["errors"], "whatever the reason, it is not told");
    }
    anyone.log_in("ada", NEW).await.expect(200);
}

/// Makes the user's link another one, such as one that was ordered before.
async fn change(open: &OpenPlaza, email: &str, change: impl FnOnce(MailToken) -> MailToken) {
    let email = Email::parse(email).expect("an address");
    let mut work = open.store.begin().await.expect("the database");
    let user = work.users().find_by_email(&email).await.expect("the database").expect("the user");
    let link = work.mail_tokens().find_for(user.id, MailPurpose::ResetPassword).await;
    let link = change(link.expect("the database").expect("a link"));
    work.mail_tokens().replace(&link).await.expect("the database");
    work.commit().await.expect("the database");
}

async fn nobody_learns_which_addresses_are_accounts(setup: Setup) {
    let (smtp, plaza) = start(setup).await;
    User::register(plaza.a(), "ada").await;
    let anyone = Api::anonymous(plaza.b());
    for email in ["eve@example.org", "ada@example.org"] {
        let answer = request(&anyone, email).await;
        answer.expect(202);
        assert_eq!(answer.text(), "", "{email}");
    }
    smtp.mail("ada@example.org", SUBJECT).await;
    assert_eq!(smtp.mails_to("eve@example.org").len(), 0);
}

async fn requests_are_counted_by_address_and_by_account(setup: Setup) {
    let smtp = Smtp::start().await;
    let plaza = with_mail(setup, &smtp.url())
        .variable("PLAZA_LIMITS__ENABLED", "true")
        .variable("PLAZA_LIMITS__RESET_PER_ACCOUNT", "2")
        .variable("PLAZA_LIMITS__RESET_PER_ADDRESS", "6")
        .start()
        .await;
    User::register(plaza.a(), "ada").await;
    let anyone = Api::anonymous(plaza.b());
    for email in ["ada@example.org", "eve@example.org"] {
        request(&anyone, email).await.expect(202);
        // However it is written.
        request(&anyone, &email.to_uppercase().replace('.', "。")).await.expect(202);
        let refused = request(&anyone, email).await;
        refused.expect_problem(429);
        assert!(
            refused.header("ratelimit-policy").contains("reset-account"),
            "{:?}",
            refused.header("ratelimit-policy")
        );
    }
    let refused = request(&anyone, "bob@example.org").await;
    refused.expect_problem(429);
    assert!(
        refused.header("ratelimit-policy").contains("reset-address"),
        "{:?}",
        refused.header("ratelimit-policy")
    );
}

/// Asks as from another computer, behind a proxy.
async fn request_from(api: &Api, email: &str, address: &str) -> Answer {
    let request = api.request(Method::POST, "/auth/password-reset/request");
    api.send(request.json(&json!({ "email": email })).header("x-forwarded-for", address)).await
}

/// Waits until nobody works at mail.
pub(crate) async fn until_idle(admin: &User) {
    let idle = until(PATIENCE, || async {
        let queues = admin.api.get("/admin/queues").await.expect(200);
        let mail =
            queues["items"].as_array().and_then(|queues| queues.iter().find(|it| it["name"] == "mail"));
        let is_idle =
            mail.is_some_and(|it| ["scheduled", "ready", "running"].iter().all(|state| it[state] == 0));
        if is_idle { Ok(()) } else { Err(queues) }
    });
    idle.await.unwrap_or_else(|queues| panic!("mail is still on its way: {queues}"));
}

async fn nobody_keeps_others_from_a_new_password(setup: Setup) {
    let smtp = Smtp::start().await;
    let plaza = with_mail(setup, &smtp.url())
        .variable("PLAZA_LIMITS__ENABLED", "true")
        .variable("PLAZA_SERVER__TRUSTED_PROXIES", "127.0.0.0/8")
        .start()
        .await;
    let user = User::register(plaza.a(), "ada").await;
    let anyone = Api::anonymous(plaza.b());
    let (eve, ada) = ("203.0.113.6", "203.0.113.7");
    request_from(&anyone, "ada@example.org", ada).await.expect(202);
    let token = smtp.mail("ada@example.org", SUBJECT).await.token();
    // Eve asks until she may not any more. An address that is no account's is answered in the same way.
    for email in ["ada@example.org", "nobody@example.org"] {
        let mut statuses = Vec::new();
        for _ in 0..4 {
            statuses.push(request_from(&anyone, email, eve).await.status.as_u16());
        }
        assert_eq!(statuses, [202, 202, 202, 429], "{email}");
        request_from(&anyone, email, ada).await.expect(202);
    }
    until_idle(&user).await;
    // The link that was on its way works, whatever else was asked for: no other one took its place.
    reset(&anyone, &token, NEW).await.expect(204);
    smtp.mail("ada@example.org", "Your password was changed").await;
    let links = smtp.mails_to("ada@example.org").into_iter().filter(|mail| mail.subject() == SUBJECT);
    assert_eq!(links.count(), 1);
}
