//! Accounts as operators look after them at the command line.

use plaza_tests::{
    Options, Plaza, Setup, both_setups,
    client::{Api, PASSWORD, User},
    servers::{PrivateRedis, until},
};
use serde_json::Value;

use crate::{
    admin_users::{LATER, NEW, SOON, account, connected, erased, now, three},
    task_orders::{json_out, out},
};

both_setups!(
    an_operator_makes_accounts,
    an_operator_deletes_accounts,
    an_operator_looks_after_accounts,
    a_command_ends_in_time_though_redis_is_away,
    nobody_has_to_read_what_a_command_says,
);

async fn an_operator_makes_accounts(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let create = ["admin", "create-user", "root", "--email", "root@example.org", "--role", "admin", "--json"];
    let made = json_out(&plaza.run(&create).await);
    let password = made["password"].as_str().expect("a password that was made");
    let api = Api::anonymous(plaza.b());
    let login = api.log_in("root", password).await.expect(200);
    assert_eq!(login["user"]["role"], "admin");
    assert_eq!(
        User::register(plaza.a(), "ada").await.api.get("/users/me").await.expect(200)["role"],
        "member"
    );
    let create =
        ["admin", "create-user", "guest", "--email", "guest@example.org", "--role=guest", "--password-stdin"];
    let text = out(&plaza.run_with_input(&create, &format!("{NEW}\nmore")).await);
    assert!(text.contains("guest@example.org") && !text.contains(NEW), "{text}");
    api.log_in("guest", NEW).await.expect(200);
    let again = plaza.run_with_input(&create, NEW).await;
    let said = String::from_utf8_lossy(&again.stderr).into_owned();
    assert!(!again.status.success() && said.contains("is taken"), "{said}");
    let root = api.with_token(login["access_token"].as_str().expect("a token"));
    let log = root.get("/admin/audit?action=user.created").await.expect(200);
    assert_eq!(log["items"].as_array().map(Vec::len), Some(2));
    assert_eq!(log["items"][0]["actor_kind"], "command_line");
    assert!(!log.to_string().contains("horse") && !log.to_string().contains(password), "{log}");
}

async fn an_operator_deletes_accounts(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let (root, ada, bob) = three(&plaza).await;
    let mut sockets = [connected(&ada, plaza.b()).await, connected(&bob, plaza.b()).await];
    let soon = json_out(&plaza.run(&["admin", "delete-user", "ada", "--json"]).await);
    assert!(soon["erase_at"].is_string() && soon["erased_at"].is_null(), "{soon}");
    let shown = out(&plaza.run(&["admin", "delete-user", "bob", "--reason", "Spam.", "--now"]).await);
    assert!(shown.contains("to be erased at 20"), "{shown}");
    assert_eq!(sockets[0].ends_within(SOON).await, Some(4401));
    assert_eq!(sockets[1].ends_within(SOON).await, Some(4403));
    assert_eq!(Api::anonymous(plaza.a()).log_in("ada", PASSWORD).await.expect(200)["is_restored"], true);
    Api::anonymous(plaza.a()).log_in("bob", PASSWORD).await.expect_problem(401);
    erased(&plaza, &root, &bob).await;
    for (name, said) in [("root", "at least one admin"), ("bob", "there is no such user")] {
        let output = plaza.run(&["admin", "delete-user", name, "--now"]).await;
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code() == Some(1) && text.contains(said), "{text}");
    }
}

async fn an_operator_looks_after_accounts(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    let (root, ada, bob) = three(&plaza).await;
    let api = Api::anonymous(plaza.a());
    let order = async |arguments: &[&str]| {
        json_out(&plaza.run(&[["admin", "--json"].as_slice(), arguments].concat()).await)
    };
    assert!(order(&["verify-email", "ada@example.org"]).await["email_verified_at"].is_string());
    let mut sockets = [connected(&ada, plaza.a()).await, connected(&ada, plaza.b()).await];
    let banned = order(&["ban", "ada", "--reason", "Spam.", "--until", "2999-01-01T00:00:00Z"]).await;
    assert_eq!(banned["suspension"]["until"], "2999-01-01T00:00:00.000000Z");
    for socket in &mut sockets {
        assert_eq!(socket.ends_within(SOON).await, Some(4403));
    }
    assert_eq!(api.log_in("ada", PASSWORD).await.expect_problem(403)["reason"], "Spam.");
    assert_eq!(order(&["unban", &ada.id]).await["suspension"], Value::Null);
    api.log_in("ada", PASSWORD).await.expect(200);
    assert_eq!(order(&["deactivate", "ada"]).await["suspension"]["kind"], "deactivated");
    assert_eq!(order(&["reactivate", "ada"]).await["suspension"], Value::Null);
    assert_eq!(order(&["set-role", "ada", "guest"]).await["role"], "guest");

    let mut socket = connected(&bob, plaza.b()).await;
    let reset = order(&["reset-password", "bob"]).await;
    assert_eq!(socket.ends_within(SOON).await, Some(4401));
    api.log_in("bob", PASSWORD).await.expect_problem(401);
    let made = api.log_in("bob", reset["password"].as_str().expect("a password")).await.expect(200);
    let bob = api.with_token(made["access_token"].as_str().expect("a token"));
    let text = out(&plaza.run_with_input(&["admin", "reset-password", "bob", "--password-stdin"], NEW).await);
    assert!(!text.contains(NEW), "{text}");
    api.log_in("bob", NEW).await.expect(200);
    order(&["end-sessions", "bob"]).await;
    until(LATER, || async {
        let status = bob.get("/users/me").await.status;
        if status == 401 { Ok(()) } else { Err(status) }
    })
    .await
    .expect("the session ends");

    for (arguments, said) in [
        (["ban", "nobody"], "there is no such user"),
        (["set-role", "ada"], "<ROLE>"),
        (["verify-email", "no such name"], "there is no such user"),
    ] {
        let output = plaza.run(&[["admin"].as_slice(), arguments.as_slice()].concat()).await;
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && text.contains(said), "{arguments:?}: {text}");
    }
    let log = root.api.get("/admin/audit?limit=100").await.expect(200);
    let by_operator = log["items"].as_array().expect("items").iter();
    let by_operator = by_operator.filter(|entry| entry["actor_kind"] == "command_line").count();
    assert_eq!(by_operator, 9);
    let verified = plaza.run(&["admin", "audit", "verify"]).await;
    assert!(verified.status.success(), "{verified:?}");
}

async fn a_command_ends_in_time_though_redis_is_away(setup: Setup) {
    let mut redis = PrivateRedis::start().await;
    let plaza = Options::new(setup).redis(redis.url()).start().await;
    let (root, ada, _) = three(&plaza).await;
    redis.kill().await;
    let begun = now();
    let output = plaza.run(&["admin", "ban", "ada"]).await;
    let took = now() - begun;
    assert!(took.to_std().is_ok_and(|took| took < LATER), "it took {took}");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    // Nobody else is to be told where there is one server.
    assert_eq!(said.contains("they learn of it later"), setup == Setup::Distributed, "{said}");
    assert_eq!(account(&root, &ada).await["suspension"]["kind"], "banned");
}

async fn nobody_has_to_read_what_a_command_says(setup: Setup) {
    let plaza = Plaza::start(setup).await;
    three(&plaza).await;
    for (arguments, status) in [
        (["admin", "users", "--limit=1"], 0),
        (["admin", "audit", "list"], 0),
        // It logs what it does, and fails, in vain.
        (["admin", "ban", "ada"], 0),
        (["admin", "ban", "nobody"], 1),
    ] {
        let ended = plaza.run_unread(&arguments).await;
        assert_eq!(ended.code(), Some(status), "{arguments:?}");
    }
}
