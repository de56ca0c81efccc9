//! Somebody logs in by a provider, and somebody else links what they have there.

use plaza_tests::servers::FakeOpenId;
use reqwest::{Url, header};
use serde_json::json;

use super::client::{Checked, CheckingClient, TestResult};

const NOBODY: &str = "01923e5a-7b1c-7d3e-8f10-2a3b4c5d6e7f";
const PASSWORD: &str = "correct horse battery";
const BEGIN: &str = "GET /auth/oidc/{provider}/login";
const FINISH: &str = "GET /auth/oidc/{provider}/callback";
const REDEEM: &str = "POST /auth/oidc/token";
const TOKEN: &str = "/auth/oidc/token";
const IDENTITIES: &str = "/users/me/identities";
const UNLINK: &str = "DELETE /users/me/identities/{identity_id}";

pub(super) async fn logins(client: &mut CheckingClient, provider: &FakeOpenId) -> TestResult {
    let own = client.token.take();
    client.get("GET /auth/oidc/providers", "/auth/oidc/providers", 200).await?;
    client.get(BEGIN, "/auth/oidc/nobody/login", 404).await?;
    client.get(BEGIN, "/auth/oidc/corp/login?return_to=https://evil.example", 422).await?;
    client.get(FINISH, "/auth/oidc/corp/callback?state=made-up", 401).await?;
    client.send(REDEEM, TOKEN, json!({"login_code": "made up"}), 401).await?;
    client.send(REDEEM, TOKEN, json!({"login_code": 1}), 422).await?;

    let sent = client.get(BEGIN, "/auth/oidc/corp/login", 303).await?;
    come_back(client, provider, sent.header(header::LOCATION), &sent, 200).await?;
    let sent = client.get(BEGIN, "/auth/oidc/corp/login?return_to=/chat", 303).await?;
    let back = come_back(client, provider, sent.header(header::LOCATION), &sent, 303).await?;
    let code = back.header(header::LOCATION).split_once("#login_code=").ok_or("no login code")?.1.to_owned();
    let redeem = json!({"login_code": code});
    let with_cookie = |request: reqwest::RequestBuilder| request.header(header::COOKIE, cookie(&sent));
    let tokens = client.call(REDEEM, TOKEN, 200, |request| with_cookie(request).json(&redeem)).await?;

    client.token = Some(tokens.text("access_token")?);
    let only = linked(client).await?;
    client.call(UNLINK, &format!("{IDENTITIES}/{only}"), 409, |request| request).await?;
    client.call(UNLINK, &format!("{IDENTITIES}/{NOBODY}"), 404, |request| request).await?;
    let link = "POST /users/me/identities";
    client.send(link, IDENTITIES, json!({"provider": "nobody"}), 404).await?;

    let login = json!({"login": "ada", "password": PASSWORD});
    let tokens = client.send("POST /auth/login", "/auth/login", login, 200).await?;
    client.token = Some(tokens.text("access_token")?);
    for (subject, status) in [("charles", 409), ("augusta", 200)] {
        let begun = client.send(link, IDENTITIES, json!({"provider": "corp"}), 200).await?;
        let url = begun.text("authorization_url")?;
        come_back_as(client, provider, subject, &url, &begun, status).await?;
    }
    let linked = linked(client).await?;
    client.call(UNLINK, &format!("{IDENTITIES}/{linked}"), 204, |request| request).await?;
    client.token = own;
    Ok(())
}

/// The login that is linked to the account.
async fn linked(client: &mut CheckingClient) -> TestResult<String> {
    let listed = client.get("GET /users/me/identities", IDENTITIES, 200).await?;
    Ok(listed.body["items"][0]["id"].as_str().ok_or("no identity")?.to_owned())
}

async fn come_back(
    client: &mut CheckingClient,
    provider: &FakeOpenId,
    url: &str,
    sent: &Checked,
    status: u16,
) -> TestResult<Checked> {
    come_back_as(client, provider, "charles", url, sent, status).await
}

async fn come_back_as(
    client: &mut CheckingClient,
    provider: &FakeOpenId,
    subject: &str,
    url: &str,
    sent: &Checked,
    status: u16,
) -> TestResult<Checked> {
    let url = Url::parse(url)?;
    let parameter =
        |name: &str| url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
    let nonce = parameter("nonce").ok_or("no nonce")?;
    provider.answer_with(&provider.sign(&provider.claims(subject, &nonce)));
    let state = parameter("state").ok_or("no state")?;
    let path = format!("/auth/oidc/corp/callback?code=a-code&state={state}");
    let cookie = cookie(sent);
    client.call(FINISH, &path, status, |request| request.header(header::COOKIE, cookie)).await
}

fn cookie(sent: &Checked) -> String {
    sent.header(header::SET_COOKIE).split(';').next().unwrap_or_default().to_owned()
}
