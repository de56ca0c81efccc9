//! What is done by links in mails: Mallory proves an address, sets a password that was forgotten, and moves.

use serde_json::json;

use super::{
    client::{CheckingClient, TestResult},
    server::TestServer,
};

const FIRST: &str = "mallory@example.org";
const SECOND: &str = "m@example.net";
const PASSWORD: &str = "correct horse battery staple";
const LATER_PASSWORD: &str = "battery horse staple correct";

/// Leaves whoever was logged in before logged in.
pub(super) async fn mail(client: &mut CheckingClient, server: &TestServer) -> TestResult {
    let before = client.token.take();
    let account = json!({"email": FIRST, "username": "mallory", "password": PASSWORD});
    client.send("POST /auth/register", "/auth/register", account, 201).await?;
    log_in(client, PASSWORD).await?;
    verification(client, server).await?;
    reset(client, server).await?;
    log_in(client, LATER_PASSWORD).await?;
    change(client, server).await?;
    client.token = before;
    Ok(())
}

async fn log_in(client: &mut CheckingClient, password: &str) -> TestResult {
    client.token = None;
    let login = json!({"login": "mallory", "password": password});
    let login = client.send("POST /auth/login", "/auth/login", login, 200).await?;
    client.token = Some(login.text("access_token")?);
    Ok(())
}

async fn verification(client: &mut CheckingClient, server: &TestServer) -> TestResult {
    let (request, verify) = ("POST /auth/verify-email/request", "POST /auth/verify-email");
    let subject = "Confirm your e-mail address";
    let first = server.link(FIRST, subject, "").await?;
    client.call(request, "/auth/verify-email/request", 202, |request| request).await?;
    let second = server.link(FIRST, subject, &first).await?;
    for (token, status) in [(&first, 422), (&second, 204), (&second, 422)] {
        client.send(verify, "/auth/verify-email", json!({"token": token}), status).await?;
    }
    client.call(request, "/auth/verify-email/request", 409, |request| request).await?;
    let me = client.get("GET /users/me", "/users/me", 200).await?;
    assert!(me.body["email_verified_at"].is_string(), "{}", me.body);
    Ok(())
}

async fn reset(client: &mut CheckingClient, server: &TestServer) -> TestResult {
    let (request, path) = ("POST /auth/password-reset/request", "/auth/password-reset/request");
    for email in [FIRST, "nobody@example.org"] {
        client.send(request, path, json!({"email": email}), 202).await?;
    }
    client.send(request, path, json!({"email": "nobody"}), 422).await?;
    let token = server.link(FIRST, "Set a new password", "").await?;
    let (reset, path) = ("POST /auth/password-reset", "/auth/password-reset");
    let with = |password: &str| json!({"token": token, "new_password": password});
    client.send(reset, path, with("short"), 422).await?;
    client.send(reset, path, with(LATER_PASSWORD), 204).await?;
    client.send(reset, path, with(LATER_PASSWORD), 422).await?;
    client.get("GET /users/me", "/users/me", 401).await?;
    Ok(())
}

async fn change(client: &mut CheckingClient, server: &TestServer) -> TestResult {
    let (request, path) = ("POST /users/me/email-change", "/users/me/email-change");
    let to = |password: &str| json!({"new_email": SECOND, "password": password});
    client.send(request, path, to("wrong"), 422).await?;
    client.send(request, path, to(LATER_PASSWORD), 202).await?;
    let (confirm, path) = ("POST /auth/email-change", "/auth/email-change");
    let sides = [
        (FIRST, "Confirm the change of your e-mail address", "waiting"),
        (SECOND, "Confirm your new e-mail address", "done"),
    ];
    for (address, subject, state) in sides {
        let token = server.link(address, subject, "").await?;
        let agreed = client.send(confirm, path, json!({"token": token}), 200).await?;
        assert_eq!(agreed.body["state"], state);
        client.send(confirm, path, json!({"token": token}), 422).await?;
    }
    let me = client.get("GET /users/me", "/users/me", 200).await?;
    assert_eq!(me.body["email"], SECOND);
    Ok(())
}
