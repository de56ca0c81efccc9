//! Mail goes out: to a real SMTP server, with both parts, once it is back, and not at all where it is refused.

use std::time::Duration;

use plaza_tests::{
    Options, Plaza, Setup, both_setups,
    client::{Api, PASSWORD, User},
    servers::{Smtp, until},
};
use serde_json::{Value, json};

both_setups!(
    a_mail_has_two_parts_and_says_whose_it_is,
    mails_wait_for_a_server_that_is_away,
    a_mail_that_is_put_off_is_tried_again,
    a_mail_that_is_refused_is_given_up,
    a_server_without_encryption_is_not_used_where_it_is_required,
    no_link_is_shown_to_admins_or_in_the_log,
    a_server_without_mail_writes_it_to_the_log,
    what_cannot_work_is_told_at_the_start,
    a_domain_in_other_letters_gets_its_mail_and_is_one_address,
);

const DEADLINE: Duration = Duration::from_secs(60);
/// What the mail after registering says.
pub(crate) const CONFIRM: &str = "Confirm your e-mail address";
const PUBLIC_URL: &str = "https://chat.example.org";

/// A Plaza that sends its mail there, not started yet.
pub(crate) fn with_mail(setup: Setup, url: &str) -> Options {
    mailing(Options::new(setup), url)
}

/// The same with other options.
pub(crate) fn mailing(options: Options, url: &str) -> Options {
    options
        .variable("PLAZA_MAIL__URL", url)
        .variable("PLAZA_MAIL__FROM", "Plaza <plaza@example.org>")
        .variable("PLAZA_SERVER__PUBLIC_URL", PUBLIC_URL)
}

/// A Plaza with a mail server of its own.
pub(crate) async fn start(setup: Setup) -> (Smtp, Plaza) {
    let smtp = Smtp::start().await;
    let plaza = with_mail(setup, &smtp.url()).start().await;
    (smtp, plaza)
}

/// Registers with an address that the mail server treats in its own way.
async fn register(plaza: &Plaza, username: &str, email: &str) {
    let account = json!({ "email": email, "username": username, "password": PASSWORD });
    Api::anonymous(plaza.a()).post("/auth/register", &account).await.expect(201);
}

/// The mail tasks, as admins see them, once all of them are as wanted.
async fn tasks_until(admin: &User, wanted: impl Fn(&Value) -> bool) -> Vec<Value> {
    until(DEADLINE, || async {
        let page = admin.api.get("/admin/tasks?queue=mail&limit=100").await.expect(200);
        let tasks = page["items"].as_array().expect("tasks").clone();
        if tasks.iter().any(&wanted) { Ok(tasks) } else { Err(page) }
    })
    .await
    .unwrap_or_else(|page| panic!("no such task: {page}"))
}

async fn a_mail_has_two_parts_and_says_whose_it_is(setup: Setup) {
    let (smtp, plaza) = start(setup).await;
    let ada = User::register(plaza.a(), "ada.lovelace").await;
    let mail = smtp.mail("ada.lovelace@example.org", CONFIRM).await;
    assert_eq!(mail.defects, Vec::<String>::new());
    assert_eq!(
        (mail.from.as_str(), mail.to.as_slice()),
        ("plaza@example.org", &["ada.lovelace@example.org".to_owned()][..])
    );
    for (name, value) in [
        ("from", "Plaza <plaza@example.org>"),
        ("to", "ada.lovelace@example.org"),
        ("auto-submitted", "auto-generated"),
        ("mime-version", "1.0"),
    ] {
        assert_eq!(mail.headers.get(name).map(String::as_str), Some(value), "{name}");
    }
    assert!(mail.headers.contains_key("date"), "{:?}", mail.headers);
    let (text, html) = (mail.text.clone().expect("a text part"), mail.html.clone().expect("an HTML part"));
    let link = format!("{PUBLIC_URL}/verify-email#token={}", mail.token());
    assert!(text.contains(&link) && html.contains(&format!("href=\"{link}\"")), "{text}");
    // Nothing that a mail program makes a link of: a handle may look like one.
    assert!(text.contains("Hello ada.\u{200b}lovelace,"), "{text}");

    // By its task it can be recognised when it comes twice.
    let tasks = tasks_until(&ada, |task| task["state"] == "succeeded").await;
    let message_id = mail.headers.get("message-id").expect("an id");
    let is_its =
        |task: &Value| message_id == &format!("<{}@example.org>", task["id"].as_str().unwrap_or_default());
    assert!(tasks.iter().any(is_its), "{message_id}");
}

async fn mails_wait_for_a_server_that_is_away(setup: Setup) {
    let (mut smtp, plaza) = start(setup).await;
    let admin = User::register(plaza.a(), "root").await;
    smtp.mail("root@example.org", CONFIRM).await;
    smtp.stop();
    register(&plaza, "ada", "ada@example.org").await;
    let is_put_off = |task: &Value| task["last_error"].as_str().is_some_and(|it| it.contains("mail server"));
    let tasks = tasks_until(&admin, is_put_off).await;
    let waiting = tasks.iter().find(|task| is_put_off(task)).expect("the task");
    assert_ne!(waiting["state"], "dead", "{waiting}");
    smtp.restart().await;
    smtp.mail("ada@example.org", CONFIRM).await;
    let id = waiting["id"].as_str().expect("an id");
    let tasks = tasks_until(&admin, |task| task["id"] == id && task["state"] == "succeeded").await;
    let done = tasks.iter().find(|task| task["id"] == id).expect("the task");
    assert_eq!(done["attempt"], 1, "what is not its fault does not count: {done}");
    assert_eq!(smtp.mails_to("ada@example.org").len(), 1);
}

async fn a_mail_that_is_put_off_is_tried_again(setup: Setup) {
    let (smtp, plaza) = start(setup).await;
    let admin = User::register(plaza.a(), "root").await;
    register(&plaza, "ada", "later.ada@example.org").await;
    smtp.mail("later.ada@example.org", CONFIRM).await;
    let is_done =
        |task: &Value| task["payload"]["to"] == "later.ada@example.org" && task["state"] == "succeeded";
    let tasks = tasks_until(&admin, is_done).await;
    let done = tasks.iter().find(|task| is_done(task)).expect("the task");
    assert_eq!(done["attempt"], 1, "what is not its fault does not count: {done}");
    assert_eq!(smtp.mails_to("later.ada@example.org").len(), 1);
}

async fn a_mail_that_is_refused_is_given_up(setup: Setup) {
    let (smtp, plaza) = start(setup).await;
    let admin = User::register(plaza.a(), "root").await;
    register(&plaza, "ada", "nobody.ada@example.org").await;
    // An address for forms, and none for mail.
    register(&plaza, "bob", "bob..bob@example.org").await;
    for email in ["nobody.ada@example.org", "bob..bob@example.org"] {
        let is_dead = |task: &Value| task["payload"]["to"] == email && task["state"] == "dead";
        let tasks = tasks_until(&admin, is_dead).await;
        let dead = tasks.iter().find(|task| is_dead(task)).expect("the task");
        assert_eq!(dead["attempt"], 1, "{dead}");
        assert!(dead["last_error"].as_str().is_some_and(|it| it.contains("refused")), "{dead}");
    }
    assert_eq!(smtp.mails().len(), 1, "that to the admin");
    // Who has no mail may still use the account.
    User::log_in(plaza.b(), "ada").await;
}

async fn a_server_without_encryption_is_not_used_where_it_is_required(setup: Setup) {
    let smtp = Smtp::start().await;
    let url = smtp.url().replace("none", "required");
    let plaza = with_mail(setup, &url).start().await;
    let admin = User::register(plaza.a(), "root").await;
    tasks_until(&admin, |task| task["last_error"].is_string() && task["state"] != "dead").await;
    assert_eq!(smtp.mails().len(), 0);
}

async fn no_link_is_shown_to_admins_or_in_the_log(setup: Setup) {
    let (smtp, plaza) = start(setup).await;
    let admin = User::register(plaza.a(), "root").await;
    let request = json!({ "email": "root@example.org" });
    admin.api.post("/auth/password-reset/request", &request).await.expect(202);
    let mut secrets = Vec::new();
    for subject in [CONFIRM, "Set a new password"] {
        secrets.push(smtp.mail("root@example.org", subject).await.token());
    }
    let is_open = |task: &Value| !["succeeded", "dead"].contains(&task["state"].as_str().unwrap_or_default());
    let page = until(DEADLINE, || async {
        let page = admin.api.get("/admin/tasks?limit=100").await.expect(200);
        if page["items"].as_array().expect("tasks").iter().any(is_open) { Err(page) } else { Ok(page) }
    })
    .await
    .unwrap_or_else(|page| panic!("tasks that are not done: {page}"));
    let mut seen = page.to_string();
    for task in page["items"].as_array().expect("tasks") {
        let id = task["id"].as_str().expect("an id");
        seen += &admin.api.get(&format!("/admin/tasks/{id}")).await.text();
    }
    seen += &plaza.log(0);
    if setup == Setup::Distributed {
        seen += &plaza.log(1);
        seen += &plaza.worker_log(0);
    }
    for secret in secrets {
        assert_eq!(secret.len(), 43, "256 bits");
        assert!(!seen.contains(&secret), "a link was shown");
    }
    assert!(!seen.contains("#token="), "a link was shown");
}

async fn a_server_without_mail_writes_it_to_the_log(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    User::register(plaza.a(), "ada").await;
    let log = || if setup == Setup::Distributed { plaza.worker_log(0) } else { plaza.log(0) };
    let found = until(DEADLINE, || async {
        let log = log();
        if log.contains("/verify-email#token=") { Ok(()) } else { Err(log) }
    });
    found.await.unwrap_or_else(|log| panic!("no mail in the log: {log}"));
}

async fn what_cannot_work_is_told_at_the_start(setup: Setup) {
    let said =
        Options::new(setup).variable("PLAZA_MAIL__URL", "smtps://ada:hunter2@mail").start_refused().await;
    for key in ["mail.from", "server.public_url"] {
        assert!(said.contains(key), "{said}");
    }
    let said = with_mail(setup, "smtp://ada:hunter2@mail?tls=opportunistic").start_refused().await;
    assert!(said.contains("mail.url must say tls=required"), "{said}");
    assert!(!said.contains("hunter2"), "{said}");
}

async fn a_domain_in_other_letters_gets_its_mail_and_is_one_address(setup: Setup) {
    let (smtp, plaza) = start(setup).await;
    register(&plaza, "ada", "Ada@Exämple.org").await;
    smtp.mail("ada@xn--exmple-cua.org", CONFIRM).await;
    let anyone = Api::anonymous(plaza.b());
    let same = json!({ "email": "ada@xn--exmple-cua.org", "username": "eve", "password": PASSWORD });
    anyone.post("/auth/register", &same).await.expect_problem(409);
    anyone.log_in("ada@exämple.org", PASSWORD).await.expect(200);
}
