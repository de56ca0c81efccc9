//! Who may make an account: anybody, those who were invited, or nobody.

use plaza_tests::{
    Options, Setup, both_setups,
    client::{Answer, Api, PASSWORD, User},
};
use serde_json::{Value, json};

both_setups!(
    with_invitations_only_those_who_have_one_register,
    an_invitation_can_make_guests_of_those_who_register,
    where_registration_is_closed_only_the_first_account_is_made,
    only_admins_invite,
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
