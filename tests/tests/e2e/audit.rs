//! The audit log: who did what to whom, from where, and that nobody can change it unnoticed.

use plaza_tests::{
    Plaza, Setup,
    backstage::Backstage,
    both_setups,
    client::{Api, PASSWORD, User},
};
use serde_json::{Value, json};

use crate::task_orders::{json_out, out};

const NEW: &str = "a better horse battery";
const GUESS: &str = "=HYPERLINK(guess)";

both_setups!(
    what_somebody_does_is_written_down_with_who_and_from_where,
    a_failed_login_tells_whose_account_and_never_what_was_typed,
    a_stolen_refresh_token_is_written_down,
    moderation_of_rooms_is_written_down,
    only_admins_read_the_log,
    the_log_is_read_in_pages_and_by_what_it_tells,
    the_log_is_exported_without_formulas,
    a_busy_log_is_one_chain,
    a_changed_entry_is_found,
    a_removed_entry_is_found,
    a_forged_log_is_found_by_a_noted_hash,
    a_log_of_which_nothing_tells_the_end_is_broken,
);

async fn entries(root: &User, query: &str) -> Vec<Value> {
    let page = root.api.get(&format!("/admin/audit?limit=100{query}")).await.expect(200);
    page["items"].as_array().expect("items").clone()
}

/// The newest entry of an action.
async fn newest(root: &User, action: &str) -> Value {
    let found = entries(root, &format!("&action={action}")).await;
    found.into_iter().next().unwrap_or_else(|| panic!("there is no {action}"))
}

async fn what_somebody_does_is_written_down_with_who_and_from_where(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let root = User::register(plaza.a(), "root").await;
    let ada = User::register(plaza.b(), "ada").await;
    let change = json!({ "current_password": PASSWORD, "new_password": NEW });
    ada.api.put("/users/me/password", &change).await.expect(204);
    ada.api.delete("/users/me/sessions").await.expect(204);
    ada.api.post_empty("/auth/logout").await.expect(204);
    root.api.put(&format!("/users/{}/ban", ada.id), &json!({})).await.expect(204);
    root.api.delete(&format!("/users/{}/ban", ada.id)).await.expect(204);
    out(&plaza.run(&["admin", "jobs", "run", "purge_tokens"]).await);
    out(&plaza.run(&["admin", "rotate-keys"]).await);

    let known = entries(&root, "").await;
    let told: Vec<_> = known
        .iter()
        .rev()
        .map(|entry| {
            let who = entry["actor_id"].as_str().or(entry["actor_kind"].as_str()).unwrap_or_default();
            (entry["action"].as_str().unwrap_or_default(), who)
        })
        .collect();
    let (root_id, ada_id) = (root.id.as_str(), ada.id.as_str());
    let expected = [
        ("user.registered", root_id),
        ("login.succeeded", root_id),
        ("user.registered", ada_id),
        ("login.succeeded", ada_id),
        ("password.changed", ada_id),
        ("session.others_ended", ada_id),
        ("logout", ada_id),
        ("user.banned", root_id),
        ("user.unbanned", root_id),
        ("job.started", "command_line"),
        ("keys.rotated", "command_line"),
    ];
    assert_eq!(told, expected);
    let ban = newest(&root, "user.banned").await;
    assert_eq!((&ban["target_kind"], &ban["target_id"]), (&json!("user"), &json!(ada.id)));
    assert_eq!(ban["address"], "127.0.0.1");
    assert!(known.iter().all(|entry| !entry.to_string().contains("horse")), "a password was written down");
}

async fn a_failed_login_tells_whose_account_and_never_what_was_typed(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let root = User::register(plaza.a(), "root").await;
    let anyone = Api::anonymous(plaza.b());
    for (name, password) in [("root", "wrong password"), ("my own secret", "wrong password")] {
        anyone.log_in(name, password).await.expect_problem(401);
    }
    let failed = entries(&root, "&action=login.failed").await;
    let targets: Vec<_> = failed.iter().map(|entry| entry["target_id"].clone()).collect();
    assert_eq!(targets, [Value::Null, json!(root.id)]);
    for entry in &failed {
        assert_eq!((&entry["actor_kind"], &entry["address"]), (&json!("anonymous"), &json!("127.0.0.1")));
        assert!(!entry.to_string().contains("secret") && !entry.to_string().contains("wrong"), "{entry}");
    }
}

async fn a_stolen_refresh_token_is_written_down(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let root = User::register(plaza.a(), "root").await;
    let ada = User::register(plaza.a(), "ada").await;
    let mut token = ada.refresh_token.clone();
    for _ in 0..2 {
        let login = root.api.post("/auth/refresh", &json!({ "refresh_token": token })).await.expect(200);
        token = login["refresh_token"].as_str().expect("a token").to_owned();
    }
    let stolen = json!({ "refresh_token": ada.refresh_token });
    Api::anonymous(plaza.b()).post("/auth/refresh", &stolen).await.expect_problem(401);
    let reuse = newest(&root, "refresh.reused").await;
    assert_eq!((&reuse["actor_kind"], &reuse["target_id"]), (&json!("anonymous"), &json!(ada.id)));
    assert!(reuse["details"]["session_id"].is_string(), "{reuse}");
}

async fn moderation_of_rooms_is_written_down(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let root = User::register(plaza.a(), "root").await;
    let (ada, bob) = (User::register(plaza.a(), "ada").await, User::register(plaza.b(), "bob").await);
    let room = ada.open_room("lounge").await;
    bob.join(&room).await;
    let said = bob.say(&room, "private words").await;
    ada.api.delete(&format!("/messages/{}", said["id"].as_str().expect("an id"))).await.expect(204);
    let member = format!("/rooms/{room}/members/{}", bob.id);
    ada.api.patch(&member, &json!({ "role": "admin" })).await.expect(200);
    root.api.delete(&member).await.expect(204);
    root.api.delete(&format!("/rooms/{room}")).await.expect(204);

    let deleted = newest(&root, "message.deleted").await;
    assert_eq!((&deleted["actor_id"], &deleted["details"]["sender_id"]), (&json!(ada.id), &json!(bob.id)));
    assert!(!deleted.to_string().contains("private words"), "{deleted}");
    let role = newest(&root, "member.role_changed").await;
    assert_eq!((&role["details"]["from"], &role["details"]["to"]), (&json!("member"), &json!("admin")));
    let removed = newest(&root, "member.removed").await;
    assert_eq!((&removed["target_id"], &removed["details"]["is_moderation"]), (&json!(bob.id), &json!(true)));
    assert_eq!(newest(&root, "room.deleted").await["target_id"], room.as_str());
}

async fn only_admins_read_the_log(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    User::register(plaza.a(), "root").await;
    let ada = User::register(plaza.b(), "ada").await;
    for path in ["/admin/audit", "/admin/audit.csv"] {
        ada.api.get(path).await.expect_problem(403);
        Api::anonymous(plaza.a()).get(path).await.expect_problem(401);
    }
}

async fn the_log_is_read_in_pages_and_by_what_it_tells(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let root = User::register(plaza.a(), "root").await;
    let ada = User::register(plaza.b(), "ada").await;
    let all = entries(&root, "").await;
    assert_eq!(all.len(), 4);
    let (mut cursor, mut paged) = (String::new(), Vec::new());
    loop {
        let page = root.api.get(&format!("/admin/audit?limit=3{cursor}")).await.expect(200);
        paged.extend(page["items"].as_array().expect("items").clone());
        let Some(next) = page["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(paged, all);
    let count = async |query: String| entries(&root, &query).await.len();
    assert_eq!(count(format!("&actor_id={}", ada.id)).await, 2);
    assert_eq!(count(format!("&target_id={}&action=login.succeeded", ada.id)).await, 1);
    let at = all[1]["at"].as_str().expect("a time");
    assert_eq!(count(format!("&from={at}&to=2999-01-01T00:00:00Z")).await, 2);
    assert_eq!(count(format!("&to={at}")).await, 2);
    root.api.get("/admin/audit?action=tea.brewed").await.expect_problem(422);
    root.api.get("/admin/audit?cursor=nonsense").await.expect_problem(422);

    let listed = json_out(&plaza.run(&["admin", "audit", "list", "--limit", "2", "--json"]).await);
    assert_eq!(listed, root.api.get("/admin/audit?limit=2").await.expect(200), "the same shape");
    let table = out(&plaza.run(&["admin", "audit", "list", "--actor", &ada.id]).await);
    assert!(table.starts_with("NUMBER") && table.lines().count() == 3, "{table}");
}

async fn the_log_is_exported_without_formulas(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let root = User::register(plaza.a(), "root").await;
    let guess = json!({ "login": "root", "password": "a wrong guess" });
    let api = Api::anonymous(plaza.b());
    let request = api.request(reqwest::Method::POST, "/auth/login").header("User-Agent", GUESS);
    api.send(request.json(&guess)).await.expect_problem(401);

    let answer = root.at(plaza.b()).api.get("/admin/audit.csv").await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), "text/csv");
    assert!(answer.header("content-disposition").starts_with("attachment"));
    let text = answer.text();
    let lines: Vec<&str> = text.split_terminator("\r\n").collect();
    assert!(lines[0].starts_with("number,at,action,actor_kind,"), "{}", lines[0]);
    assert_eq!(lines.len(), 4, "{text}");
    assert!(lines[1].starts_with("3,") && lines[1].contains(&format!(",'{GUESS},")), "{}", lines[1]);
    assert_eq!(newest(&root, "audit.exported").await["actor_id"], root.id.as_str());
    let logins = root.api.get("/admin/audit.csv?action=login.succeeded").await.text();
    assert_eq!(logins.split_terminator("\r\n").count(), 2);
}

async fn verdict(plaza: &Plaza, arguments: &[&str]) -> (bool, Value) {
    let command = [["admin", "audit", "verify", "--json"].as_slice(), arguments].concat();
    let output = plaza.run(&command).await;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let verdict = serde_json::from_str(&text)
        .unwrap_or_else(|error| panic!("{error}: {text}{}", String::from_utf8_lossy(&output.stderr)));
    (output.status.success(), verdict)
}

async fn a_busy_log_is_one_chain(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let root = User::register(plaza.a(), "root").await;
    let tries = (0..40).map(|number| {
        let api = Api::anonymous(if number % 2 == 0 { plaza.a() } else { plaza.b() });
        async move {
            let (name, password) = match number % 3 {
                0 => ("root".to_owned(), PASSWORD),
                _ => (format!("nobody{number}"), "a wrong guess"),
            };
            api.log_in(&name, password).await.status.as_u16()
        }
    });
    let answers = futures::future::join_all(tries).await;
    let logins = answers.iter().filter(|status| matches!(status, 200 | 401)).count();
    assert!(logins >= 20, "{answers:?}");
    let (is_whole, found) = verdict(&plaza, &[]).await;
    assert!(is_whole, "{found}");
    assert_eq!(found["entries"].as_u64(), u64::try_from(logins + 2).ok());
    assert_eq!((&found["entries"], &found["broken_at"]), (&found["head_number"], &Value::Null));
    assert_eq!(entries(&root, "").await[0]["hash"], found["head_hash"]);
}

/// A log with a few entries, and where it ends.
async fn given_log(plaza: &Plaza) -> (User, String) {
    let root = User::register(plaza.a(), "root").await;
    for name in ["ada", "bob", "grace"] {
        User::register(plaza.b(), name).await;
    }
    let (is_whole, found) = verdict(plaza, &[]).await;
    assert!(is_whole && found["entries"] == 8, "{found}");
    (root, found["head_hash"].as_str().expect("a hash").to_owned())
}

async fn a_changed_entry_is_found(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let (_, hash) = given_log(&plaza).await;
    let noted = ["--from", "8", "--expect-hash", &hash];
    assert!(verdict(&plaza, &noted).await.0);
    let backstage = Backstage::open(&plaza).await;
    for (number, change) in [
        (7, "address = '203.0.113.1'"),
        (5, "actor_id = NULL"),
        (3, "details = '{}'"),
        (2, "action = 'logout'"),
    ] {
        backstage.tamper_with_audit(number, Some(change)).await;
        let (is_whole, found) = verdict(&plaza, &[]).await;
        assert!(!is_whole && found["broken_at"] == number && found["entries"] == number - 1, "{found}");
    }
    let output = plaza.run(&["admin", "audit", "verify"]).await;
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("broken at entry 2"), "{output:?}");
    // What comes after it is whole.
    assert!(verdict(&plaza, &noted).await.0);
    backstage.close().await;
}

async fn a_removed_entry_is_found(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    given_log(&plaza).await;
    let backstage = Backstage::open(&plaza).await;
    for number in [8, 4, 1] {
        backstage.tamper_with_audit(number, None).await;
        let (is_whole, found) = verdict(&plaza, &[]).await;
        assert!(!is_whole && found["broken_at"] == number, "{found}");
    }
    backstage.close().await;
}

async fn a_forged_log_is_found_by_a_noted_hash(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let (root, hash) = given_log(&plaza).await;
    let wrong = "0".repeat(64);
    let (is_whole, found) = verdict(&plaza, &["--from", "8", "--expect-hash", &wrong]).await;
    assert!(!is_whole && found["broken_at"] == 8, "{found}");
    root.api.post_empty("/auth/logout").await.expect(204);
    let (is_whole, found) = verdict(&plaza, &["--from", "8", "--expect-hash", &hash]).await;
    assert!(is_whole && found["entries"] == 2, "{found}");
    let (is_whole, found) = verdict(&plaza, &["--from", "10"]).await;
    assert!(!is_whole && found["broken_at"] == 10, "{found}");
}

async fn a_log_of_which_nothing_tells_the_end_is_broken(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    given_log(&plaza).await;
    let backstage = Backstage::open(&plaza).await;
    backstage.lose_end_of_audit().await;
    let (is_whole, found) = verdict(&plaza, &[]).await;
    assert!(!is_whole && found["entries"] == 8 && found["broken_at"] == 9, "{found}");
    backstage.close().await;
}
