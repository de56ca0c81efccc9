//! Who may make an account: anybody, those who were invited, or nobody.

use plaza_tests::{
    Options, Setup, both_setups,
    client::{Answer, Api, PASSWORD, User},
};
use serde_json::{Value, json};

use crate::task_orders::{json_out, out};

both_setups!(
    with_invitations_only_those_who_have_one_register,
    an_invitation_can_make_guests_of_those_who_register,
    where_registration_is_closed_only_the_first_account_is_made,
    only_admins_invite,
    an_operator_invites_at_the_command_line,
    the_command_line_says_what_is_wrong_with_an_invitation,
);

async fn register(base: &str, name: &str, code: Option<&str>) -> Answer {
    let account = json!({
        "email": format!("{name}@example.org"), "username": name, "password": PASSWORD, "invitation_code": code,
    });
    Api::anonymous(base).post("/auth/register", &account).await
}

async fn invite(admin: &User, order: Value) -> (String, String) {
    let made = admin.api.post("/admin/invitations", &order).await.expect(201);
    let text = |value: &Value| value.as_str().map(str::to_owned).expect("text");
    (text(&made["code"]), text(&made["invitation"]["id"]))
}

async fn with_invitations_only_those_who_have_one_register(setup: Setup) {
    let plaza = Options::new(setup).variable("PLAZA_AUTH__REGISTRATION", "invited").start().await;
    // Somebody has to begin.
    let root = User::register(plaza.a(), "root").await;
    for code in [None, Some("made-up")] {
        let refused = register(plaza.b(), "ada", code).await;
        assert_eq!(refused.expect_problem(422)["errors"][0]["field"], "invitation_code");
    }
    let (code, id) =
        invite(&root, json!({ "note": "The choir", "role": "member", "max_uses": 2, "days": 1 })).await;
    assert_eq!(register(plaza.b(), "ada", Some(&code)).await.expect(201)["role"], "member");
    // A registration that fails uses nothing up.
    register(plaza.a(), "ada", Some(&code)).await.expect_problem(409);
    register(plaza.a(), "grace", Some(&code)).await.expect(201);
    register(plaza.b(), "edsger", Some(&code)).await.expect_problem(422);
    let listed = root.api.at(plaza.b()).get("/admin/invitations").await.expect(200);
    assert_eq!((&listed["items"][0]["id"], &listed["items"][0]["uses"]), (&json!(id), &json!(2)));
    assert!(!listed.to_string().contains(&code), "a code is told once: {listed}");

    let (code, id) = invite(&root, json!({ "role": "member", "max_uses": 2, "days": 1 })).await;
    root.api.delete(&format!("/admin/invitations/{id}")).await.expect(204);
    register(plaza.b(), "edsger", Some(&code)).await.expect_problem(422);
}

async fn an_invitation_can_make_guests_of_those_who_register(setup: Setup) {
    let plaza = Options::new(setup).start().await;
    let root = User::register(plaza.a(), "root").await;
    let (code, _) = invite(&root, json!({ "role": "guest", "max_uses": 1, "days": 1 })).await;
    assert_eq!(register(plaza.b(), "ada", Some(&code)).await.expect(201)["role"], "guest");
    let ada = User::log_in(plaza.b(), "ada").await;
    ada.api.post("/rooms", &json!({ "name": "lounge" })).await.expect_problem(403);
}

async fn where_registration_is_closed_only_the_first_account_is_made(setup: Setup) {
    let plaza = Options::new(setup).variable("PLAZA_AUTH__REGISTRATION", "closed").start().await;
    let root = User::register(plaza.a(), "root").await;
    register(plaza.b(), "ada", None).await.expect_problem(403);
    let (code, _) = invite(&root, json!({ "role": "member", "max_uses": 1, "days": 1 })).await;
    register(plaza.b(), "ada", Some(&code)).await.expect_problem(403);
}

async fn only_admins_invite(setup: Setup) {
    let plaza = Options::new(setup).start().await;
    let root = User::register(plaza.a(), "root").await;
    let ada = User::register(plaza.b(), "ada").await;
    let order = json!({ "role": "member", "max_uses": 1, "days": 1 });
    let (_, id) = invite(&root, order.clone()).await;
    ada.api.post("/admin/invitations", &order).await.expect_problem(403);
    ada.api.get("/admin/invitations").await.expect_problem(403);
    ada.api.delete(&format!("/admin/invitations/{id}")).await.expect_problem(403);
    let admin = json!({ "role": "admin", "max_uses": 1, "days": 1 });
    root.api.post("/admin/invitations", &admin).await.expect_problem(422);
}

async fn an_operator_invites_at_the_command_line(setup: Setup) {
    let plaza = Options::new(setup).variable("PLAZA_AUTH__REGISTRATION", "invited").start().await;
    let root = User::register(plaza.a(), "root").await;
    // For people it is the code and nothing else.
    let code = out(&plaza.run(&["admin", "invitations", "create"]).await);
    let code = code.trim_end();
    assert_eq!(code.len(), 43, "256 bits: {code:?}");
    assert_eq!(register(plaza.b(), "ada", Some(code)).await.expect(201)["role"], "member");
    register(plaza.a(), "grace", Some(code)).await.expect_problem(422);

    let order =
        ["--note", "The choir", "--role", "guest", "--uses", "2", "--days", "30"].map(str::to_owned).to_vec();
    let arguments = ["admin", "invitations", "create", "--json"].map(str::to_owned).to_vec();
    let arguments: Vec<String> = arguments.into_iter().chain(order).collect();
    let made = json_out(&plaza.run(&arguments.iter().map(String::as_str).collect::<Vec<_>>()).await);
    let invitation = &made["invitation"];
    assert_eq!(
        (&invitation["note"], &invitation["role"], &invitation["max_uses"], &invitation["created_by"]),
        (&json!("The choir"), &json!("guest"), &json!(2), &Value::Null)
    );
    let (code, id) = (made["code"].as_str().expect("a code"), invitation["id"].as_str().expect("an id"));
    assert_eq!(register(plaza.a(), "grace", Some(code)).await.expect(201)["role"], "guest");

    let listed = json_out(&plaza.run(&["admin", "invitations", "list", "--json"]).await);
    assert_eq!(listed, root.api.get("/admin/invitations").await.expect(200), "the same shape");
    let shown = out(&plaza.run(&["admin", "invitations", "list", "--limit", "1"]).await);
    assert!(shown.contains(id) && shown.contains("1/2") && shown.contains("The choir"), "{shown}");
    assert!(shown.contains(&format!("There are more: --before {id}")), "{shown}");
    let older = out(&plaza.run(&["admin", "invitations", "list", "--before", id]).await);
    assert!(!older.contains(id) && older.contains("1/1") && !older.contains("There are more"), "{older}");
    for text in [&shown, &older, &listed.to_string()] {
        assert!(!text.contains(code), "a code is told once: {text}");
    }

    out(&plaza.run(&["admin", "invitations", "revoke", id]).await);
    register(plaza.b(), "edsger", Some(code)).await.expect_problem(422);
    let log = root.api.get("/admin/audit?limit=100").await.expect(200);
    let entries = log["items"].as_array().expect("items").iter();
    let by_operator = entries.filter(|entry| entry["actor_kind"] == "command_line");
    let actions: Vec<_> = by_operator.filter_map(|entry| entry["action"].as_str()).collect();
    assert_eq!(actions, ["invitation.revoked", "invitation.created", "invitation.created"]);
}

async fn the_command_line_says_what_is_wrong_with_an_invitation(setup: Setup) {
    let plaza = Options::new(setup).start().await;
    let long = "x".repeat(101);
    let unknown = "01923e5a-7b1c-7d3e-8f10-2a3b4c5d6e7f";
    for (arguments, said, status) in [
        (vec!["create", "--uses", "0"], "--uses", 2),
        (vec!["create", "--uses", "10001"], "10000", 2),
        (vec!["create", "--days", "366"], "--days", 2),
        (vec!["create", "--role", "admin"], "[possible values: member, guest]", 2),
        (vec!["create", "--note", &long], "note must be", 1),
        (vec!["list", "--limit", "101"], "--limit", 2),
        (vec!["revoke", "the last one"], "invalid value", 2),
        (vec!["revoke", unknown], "there is no such invitation", 1),
        (vec!["revoke"], "<ID>", 2),
    ] {
        let output = plaza.run(&[["admin", "invitations"].as_slice(), &arguments].concat()).await;
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(status), "{arguments:?}: {text}");
        assert!(text.contains(said) && output.stdout.is_empty(), "{arguments:?}: {text}");
    }
}
