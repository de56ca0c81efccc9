//! Users are told by mail when it is another thing that lets them in: a password, a second factor, a recovery code.

use plaza_tests::{
    Setup, both_setups,
    client::{
        Method, PASSWORD, User,
        second_factor::{TOTP, challenge, codes, enrol, recover},
    },
    servers::{ReceivedMail, Smtp},
};
use serde_json::json;

use crate::{mail, two_factors::RECOVERY_CODES};

both_setups!(a_mail_tells_of_every_change_of_two_factors, a_mail_tells_of_another_password);

const NEW: &str = "a better horse battery";

/// The mail with that subject, which has come in both parts.
async fn told(smtp: &Smtp, subject: &str) -> (ReceivedMail, String) {
    let mail = smtp.mail("ada@example.org", subject).await;
    let text = mail.text.clone().expect("a text part");
    assert!(mail.html.is_some() && text.contains("Hello ada,"), "{text}");
    assert!(!text.contains("#token="), "it asks for nothing: {text}");
    (mail, text)
}

async fn a_mail_tells_of_every_change_of_two_factors(setup: Setup) {
    let (smtp, plaza) = mail::start(setup).await;
    let root = User::register(plaza.a(), "root").await;
    let ada = User::register(plaza.b(), "ada").await;
    let mut authenticator = enrol(&ada).await;
    told(&smtp, "Two factors are on").await;

    let asked = challenge(plaza.a(), "ada").await;
    recover(plaza.b(), &asked, &authenticator.recovery_code()).await.expect(200);
    let (_, text) = told(&smtp, "A recovery code was used").await;
    assert!(text.contains("9 are left."), "{text}");

    let unlock = json!({ "password": PASSWORD, "recovery_code": authenticator.recovery_code() });
    let others = codes(&ada.api.post(RECOVERY_CODES, &unlock).await.expect(200));
    let (_, text) = told(&smtp, "Your recovery codes are new").await;
    assert!(others.iter().all(|code| !text.contains(code)), "{text}");

    let unlock = json!({ "password": PASSWORD, "recovery_code": others[0] });
    ada.api.send(ada.api.request(Method::DELETE, TOTP).json(&unlock)).await.expect(204);
    told(&smtp, "Two factors are off").await;

    enrol(&ada).await;
    root.api.delete(&format!("/admin/users/{}/second-factor", ada.id)).await.expect(204);
    told(&smtp, "Two factors were taken off by an admin").await;
    let ada = User::log_in(plaza.a(), "ada").await;
    enrol(&ada).await;
    let output = plaza.run(&["admin", "reset-two-factors", "ada"]).await;
    assert!(output.status.success(), "{output:?}");
    smtp.nth_mail("ada@example.org", "Two factors were taken off by an admin", 2).await;
    assert_eq!(smtp.mails_to("root@example.org").len(), 1, "that after registering");
}

async fn a_mail_tells_of_another_password(setup: Setup) {
    let (smtp, plaza) = mail::start(setup).await;
    User::register(plaza.a(), "root").await;
    let ada = User::register(plaza.b(), "ada").await;
    let change = json!({ "current_password": PASSWORD, "new_password": NEW });
    ada.api.put("/users/me/password", &change).await.expect(204);
    told(&smtp, "Your password was changed").await;
    let output =
        plaza.run_with_input(&["admin", "reset-password", "ada", "--password-stdin"], PASSWORD).await;
    assert!(output.status.success(), "{output:?}");
    let (_, text) = told(&smtp, "Your password was changed by an admin").await;
    assert!(!text.contains(PASSWORD), "{text}");
}
