//! Accounts as admins look after them over REST.

use std::time::Duration;

use plaza_domain::{Clock, Timestamp};
use plaza_infrastructure::clock::SystemClock;
use plaza_tests::{
    Options, Plaza, Setup,
    backstage::Backstage,
    both_setups,
    client::{Answer, Api, Method, PASSWORD, Socket, User},
    servers::until,
};
use serde_json::{Value, json};

use crate::task_orders::{json_out, out};

/// How soon what an admin does acts everywhere.
pub(crate) const SOON: Duration = Duration::from_secs(2);
/// What takes a job, or another login.
pub(crate) const LATER: Duration = Duration::from_secs(10);
pub(crate) const NEW: &str = "a better horse battery";

both_setups!(
    admins_find_accounts,
    another_role_acts_at_once,
    the_last_admin_stays_one,
    a_banned_user_is_told_why_and_until_when,
    a_ban_that_is_over_is_lifted_without_a_login,
    a_deactivated_account_is_used_by_nobody,
    an_address_is_confirmed_and_sessions_end_by_an_admin,
    an_account_is_made_and_given_another_password_by_an_admin,
    an_account_is_deleted_by_an_admin,
);

pub(crate) fn now() -> Timestamp {
    SystemClock.now()
}

pub(crate) async fn three(plaza: &Plaza) -> (User, User, User) {
    let root = User::register(plaza.a(), "root").await;
    (root, User::register(plaza.b(), "ada").await, User::register(plaza.a(), "bob").await)
}

async fn names(root: &User, query: &str) -> Vec<String> {
    let page = root.api.get(&format!("/admin/users?{query}")).await.expect(200);
    let items = page["items"].as_array().expect("items").iter();
    items.map(|user| user["username"].as_str().unwrap_or_default().to_owned()).collect()
}

pub(crate) async fn account(root: &User, user: &User) -> Value {
    root.api.get(&format!("/admin/users/{}", user.id)).await.expect(200)
}

/// The newest entry of the audit log about a user.
async fn told(root: &User, user: &User) -> Value {
    let log = root.api.get(&format!("/admin/audit?target_id={}&limit=1", user.id)).await.expect(200);
    log["items"][0].clone()
}

pub(crate) async fn connected(user: &User, base: &str) -> Socket {
    let mut socket = user.at(base).connect().await;
    socket.expect_type("hello").await;
    socket.settle().await;
    socket
}

async fn admins_find_accounts(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let (root, ada, _) = three(&plaza).await;
    assert_eq!(names(&root, "").await, ["bob", "ada", "root"]);
    assert_eq!(names(&root, "search=AD").await, ["ada"]);
    assert_eq!(names(&root, "search=bob@example").await, ["bob"]);
    assert_eq!(names(&root, "search=%25").await, [""; 0]);
    ada.api.put("/users/me", &json!({ "display_name": "Émile" })).await.expect(200);
    assert_eq!(names(&root, "search=%C3%89M").await, ["ada"]);
    assert_eq!(names(&root, "search=em").await, [""; 0]);
    let problem = root.api.get("/admin/users?search=a%00").await.expect_problem(422);
    assert_eq!(problem["errors"][0]["field"], "search");
    assert_eq!(names(&root, "role=admin").await, ["root"]);
    assert_eq!(names(&root, "suspended=true").await, [""; 0]);
    let page = root.api.get("/admin/users?limit=2").await.expect(200);
    let cursor = page["next_cursor"].as_str().expect("there are more");
    assert_eq!(names(&root, &format!("limit=2&cursor={cursor}")).await, ["root"]);
    assert_eq!(account(&root, &ada).await["email"], "ada@example.org");
    let listed = json_out(&plaza.run(&["admin", "users", "--search", "a", "--json"]).await);
    assert_eq!(listed, root.api.get("/admin/users?search=a").await.expect(200), "the same shape");
    let table = out(&plaza.run(&["admin", "users", "--role", "admin"]).await);
    assert!(table.starts_with("ID ") && table.contains("root@example.org"), "{table}");
    for path in ["/admin/users".to_owned(), format!("/admin/users/{}", ada.id)] {
        ada.api.get(&path).await.expect_problem(403);
    }
}

async fn another_role_acts_at_once(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let (root, ada, _) = three(&plaza).await;
    let role = format!("/admin/users/{}/role", ada.id);
    ada.api.put(&role, &json!({ "role": "admin" })).await.expect_problem(403);
    let changed = root.api.put(&role, &json!({ "role": "admin" })).await.expect(200);
    assert_eq!(changed["role"], "admin");
    until(LATER, || async {
        let status = ada.api.get("/admin/users").await.status;
        if status == 200 { Ok(()) } else { Err(status) }
    })
    .await
    .expect("an admin may look at accounts");
    let mut socket = connected(&ada, plaza.b()).await;
    root.api.put(&role, &json!({ "role": "guest" })).await.expect(200);
    assert_eq!(socket.ends_within(SOON).await, Some(4401));
    ada.api.get("/admin/users").await.expect_problem(401);
    let again = User::log_in(plaza.a(), "ada").await;
    again.api.get("/admin/users").await.expect_problem(403);
    let entry = told(&root, &ada).await;
    assert_eq!(entry["action"], "login.succeeded");
    let log = root.api.get("/admin/audit?action=user.role_changed&limit=1").await.expect(200);
    assert_eq!(log["items"][0]["details"], json!({ "from": "admin", "to": "guest" }));
}

async fn the_last_admin_stays_one(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let (root, _, _) = three(&plaza).await;
    let own = format!("/admin/users/{}/role", root.id);
    root.api.put(&own, &json!({ "role": "member" })).await.expect_problem(409);
    for command in [["admin", "ban", "root"], ["admin", "deactivate", "root"]] {
        let output = plaza.run(&command).await;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && said.contains("at least one admin"), "{said}");
    }
}

async fn a_banned_user_is_told_why_and_until_when(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let (root, ada, _) = three(&plaza).await;
    let mut sockets = [connected(&ada, plaza.a()).await, connected(&ada, plaza.b()).await];
    let until_when = now() + Duration::from_secs(6);
    let ban = json!({ "reason": "Spam.", "until": until_when });
    let path = format!("/users/{}/ban", ada.id);
    root.api.put(&path, &ban).await.expect(204);
    for socket in &mut sockets {
        assert_eq!(socket.ends_within(SOON).await, Some(4403));
    }
    ada.api.get("/users/me").await.expect_problem(401);
    let anyone = Api::anonymous(plaza.b());
    let told_her = anyone.log_in("ada", PASSWORD).await.expect_problem(403);
    assert_eq!(told_her["type"], "/problems/account-suspended");
    assert_eq!(told_her["reason"], "Spam.");
    assert_eq!(told_her["until"].as_str().and_then(|text| text.parse().ok()), Some(until_when));
    let guess = anyone.log_in("ada", "a wrong guess").await.expect_problem(401);
    assert!(guess.get("reason").is_none() && !guess.to_string().contains("banned"), "{guess}");
    let shown = account(&root, &ada).await;
    assert_eq!(
        (&shown["suspension"]["kind"], &shown["suspension"]["reason"]),
        (&json!("banned"), &json!("Spam."))
    );
    assert_eq!(names(&root, "suspended=true").await, ["ada"]);
    root.api.put(&path, &json!({ "until": "2020-01-01T00:00:00Z" })).await.expect_problem(422);

    let back = until(LATER, || async {
        let answer = anyone.log_in("ada", PASSWORD).await;
        if answer.status == 200 { Ok(now()) } else { Err(answer.text()) }
    });
    assert!(back.await.expect("a ban ends") >= until_when);
    assert_eq!(account(&root, &ada).await["suspension"], Value::Null);
    let log = root.api.get("/admin/audit?action=user.unbanned").await.expect(200);
    assert_eq!(log["items"][0]["actor_kind"], "system");
}

async fn a_ban_that_is_over_is_lifted_without_a_login(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let (root, ada, _) = three(&plaza).await;
    let until_when = now() + Duration::from_secs(1);
    root.api.put(&format!("/users/{}/ban", ada.id), &json!({ "until": until_when })).await.expect(204);
    let backstage = Backstage::open(&plaza).await;
    until(Duration::from_secs(60), || async {
        if now() > until_when {
            backstage.make_due("lift_bans").await;
        }
        let suspension = account(&root, &ada).await["suspension"].clone();
        if suspension.is_null() { Ok(()) } else { Err(suspension) }
    })
    .await
    .expect("the job lifts bans");
    backstage.close().await;
    assert_eq!(told(&root, &ada).await["actor_kind"], "system");
}

async fn a_deactivated_account_is_used_by_nobody(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let (root, ada, bob) = three(&plaza).await;
    let path = format!("/admin/users/{}/deactivation", ada.id);
    bob.api.put(&path, &json!({})).await.expect_problem(403);
    root.api.put(&path, &json!({ "reason": "Left the club." })).await.expect(204);
    ada.api.at(plaza.a()).get("/users/me").await.expect_problem(401);
    let told_her = Api::anonymous(plaza.a()).log_in("ada", PASSWORD).await.expect_problem(403);
    assert!(told_her["reason"] == "Left the club." && told_her.get("until").is_none(), "{told_her}");
    // Lifting a ban is something else.
    root.api.delete(&format!("/users/{}/ban", ada.id)).await.expect(204);
    assert_eq!(account(&root, &ada).await["suspension"]["kind"], "deactivated");
    root.api.delete(&path).await.expect(204);
    User::log_in(plaza.b(), "ada").await;
    root.api.put(&format!("/admin/users/{}/deactivation", root.id), &json!({})).await.expect_problem(403);
}

async fn an_address_is_confirmed_and_sessions_end_by_an_admin(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let (root, ada, _) = three(&plaza).await;
    let base = format!("/admin/users/{}", ada.id);
    let verified = root.api.put_empty(&format!("{base}/email-verification")).await.expect(200);
    assert!(verified["email_verified_at"].is_string(), "{verified}");
    assert_eq!(told(&root, &ada).await["action"], "email.verified");
    let mut socket = connected(&ada, plaza.a()).await;
    root.api.delete(&format!("{base}/sessions")).await.expect(204);
    assert_eq!(socket.ends_within(SOON).await, Some(4401));
    ada.api.get("/users/me").await.expect_problem(401);
    let entry = told(&root, &ada).await;
    assert_eq!((&entry["action"], &entry["details"]["sessions"]), (&json!("session.all_ended"), &json!(1)));
}

async fn an_account_is_made_and_given_another_password_by_an_admin(setup: Setup) {
    let plaza = Options::new(setup).variable("PLAZA_AUTH__REGISTRATION", "invited").start().await;
    let root = User::register(plaza.a(), "root").await;
    let order = json!({ "email": "ada@example.org", "username": "ada", "role": "guest", "password": NEW });
    let made = root.api.post("/admin/users", &order).await;
    let (location, view) = (made.header("location").to_owned(), made.expect(201));
    assert_eq!((&view["password"], &view["user"]["role"]), (&Value::Null, &json!("guest")));
    assert!(view["user"]["email_verified_at"].is_string(), "nobody has to confirm it: {view}");
    let path = location.trim_start_matches("/api/v1").to_owned();
    assert_eq!(root.api.get(&path).await.expect(200), view["user"]);
    root.api.post("/admin/users", &order).await.expect_problem(409);
    let weak = json!({ "email": "bob@example.org", "username": "bob", "password": "password" });
    root.api.post("/admin/users", &weak).await.expect_problem(422);
    let bob = json!({ "email": "bob@example.org", "username": "bob" });
    let bob = root.api.post("/admin/users", &bob).await.expect(201);
    let anyone = Api::anonymous(plaza.b());
    let login = anyone.log_in("bob", bob["password"].as_str().expect("a password")).await.expect(200);
    assert_eq!(login["user"]["role"], "member");

    let login = anyone.log_in("ada", NEW).await.expect(200);
    let ada = anyone.with_token(login["access_token"].as_str().expect("a token"));
    ada.post("/admin/users", &order).await.expect_problem(403);
    let password = format!("{path}/password");
    ada.put(&password, &json!({})).await.expect_problem(403);
    let reset = root.api.put(&password, &json!({})).await.expect(200);
    ada.at(plaza.b()).get("/users/me").await.expect_problem(401);
    anyone.log_in("ada", NEW).await.expect_problem(401);
    anyone.log_in("ada", reset["password"].as_str().expect("a password")).await.expect(200);
    let chosen = root.api.put(&password, &json!({ "password": PASSWORD })).await.expect(200);
    assert_eq!(chosen["password"], Value::Null);
    anyone.log_in("ada", PASSWORD).await.expect(200);
    let own = format!("/admin/users/{}/password", root.id);
    root.api.put(&own, &json!({ "password": NEW })).await.expect_problem(403);
    let log = root.api.get("/admin/audit?limit=100").await.expect(200).to_string();
    for action in ["user.created", "password.reset"] {
        assert!(log.contains(action), "{log}");
    }
    assert!(
        !log.contains("horse") && !log.contains(reset["password"].as_str().expect("a password")),
        "{log}"
    );
}

async fn delete(root: &User, id: &str, order: Value) -> Answer {
    root.api.send(root.api.request(Method::DELETE, &format!("/admin/users/{id}")).json(&order)).await
}

/// Waits until the job has erased an account.
pub(crate) async fn erased(plaza: &Plaza, root: &User, user: &User) {
    let backstage = Backstage::open(plaza).await;
    until(Duration::from_secs(60), || async {
        backstage.make_due("erase_accounts").await;
        let found = account(root, user).await;
        if found["erased_at"].is_string() { Ok(()) } else { Err(found) }
    })
    .await
    .expect("the account is erased");
    backstage.close().await;
}

async fn an_account_is_deleted_by_an_admin(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let (root, ada, bob) = three(&plaza).await;
    let mut socket = connected(&ada, plaza.a()).await;
    delete(&bob, &ada.id, json!({})).await.expect_problem(403);
    delete(&root, &root.id, json!({ "now": true })).await.expect_problem(403);
    let answer = delete(&root, &ada.id, json!({ "reason": "Left the club." })).await.expect(200);
    assert_eq!(socket.ends_within(SOON).await, Some(4401));
    ada.api.get("/users/me").await.expect_problem(401);
    assert_eq!(account(&root, &ada).await["erase_at"], answer["erase_at"]);
    let entry = told(&root, &ada).await;
    assert_eq!((&entry["action"], &entry["actor_id"]), (&json!("user.deletion_requested"), &json!(root.id)));
    // As when it is one's own wish, a login brings it back.
    assert_eq!(Api::anonymous(plaza.b()).log_in("ada", PASSWORD).await.expect(200)["is_restored"], true);

    delete(&root, &ada.id, json!({ "now": true })).await.expect(200);
    Api::anonymous(plaza.a()).log_in("ada", PASSWORD).await.expect_problem(401);
    erased(&plaza, &root, &ada).await;
    delete(&root, &ada.id, json!({ "now": true })).await.expect_problem(409);
    assert!(!account(&root, &ada).await.to_string().contains("ada@example.org"));
}
