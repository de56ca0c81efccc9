//! Grace sets up a second factor, logs in with it, and gives it up.

use plaza_domain::Clock;
use plaza_infrastructure::clock::SystemClock;
use serde_json::{Value, json};
use totp_rs::{Builder, Secret};

use super::{
    client::{CheckingClient, TestResult},
    story::PASSWORD,
};

const TOTP: &str = "/users/me/totp";
const LOGIN: &str = "/auth/login";
const SECOND_STEP: &str = "/auth/login/second-factor";

/// What an authenticator shows a step before or after now, or now.
fn code(secret: &str, steps: i64) -> TestResult<String> {
    let secret = Secret::try_from_base32(secret).map_err(|error| error.to_string())?;
    let totp = Builder::new().with_secret(secret).build().map_err(|error| error.to_string())?;
    let now = u64::try_from(SystemClock.now().timestamp())?;
    Ok(totp.generate(now.saturating_add_signed(30 * steps)).to_string())
}

fn first_code(codes: &Value) -> Value {
    codes["recovery_codes"][0].clone()
}

pub(super) async fn second_factor(client: &mut CheckingClient) -> TestResult {
    let admin = client.token.take();
    let login = json!({"login": "grace", "password": PASSWORD});
    let grace = client.send("POST /auth/login", LOGIN, login.clone(), 200).await?;
    client.token = Some(grace.text("access_token")?);

    let begin = "POST /users/me/totp";
    client.send(begin, TOTP, json!({"password": "wrong"}), 422).await?;
    let secret = client.send(begin, TOTP, json!({"password": PASSWORD}), 200).await?.text("secret")?;
    let (confirm, path) = ("POST /users/me/totp/confirm", "/users/me/totp/confirm");
    client.send(confirm, path, json!({"code": "no code"}), 422).await?;
    let codes = client.send(confirm, path, json!({"code": code(&secret, 0)?}), 200).await?;
    client.send(confirm, path, json!({"code": code(&secret, 0)?}), 409).await?;
    client.send(begin, TOTP, json!({"password": PASSWORD}), 409).await?;
    let status = client.get("GET /users/me/totp", TOTP, 200).await?;
    assert_eq!(status.body, json!({"enabled": true, "required": false, "recovery_codes_left": 10}));

    let asked = client.send("POST /auth/login", LOGIN, login, 401).await?;
    assert_eq!(asked.body["type"], "/problems/second-factor-required");
    let challenge = asked.text("challenge")?;
    let step = "POST /auth/login/second-factor";
    client.send(step, SECOND_STEP, json!({"challenge": challenge}), 422).await?;
    client.send(step, SECOND_STEP, json!({"challenge": challenge, "code": "000000"}), 401).await?;
    let answer = json!({"challenge": challenge, "recovery_code": first_code(&codes.body)});
    client.send(step, SECOND_STEP, answer.clone(), 200).await?;
    client.send(step, SECOND_STEP, answer, 401).await?;

    let (renew, path) = ("POST /users/me/totp/recovery-codes", "/users/me/totp/recovery-codes");
    client.send(renew, path, json!({"password": PASSWORD}), 422).await?;
    let unlock = json!({"password": PASSWORD, "code": code(&secret, 1)?});
    let codes = client.send(renew, path, unlock, 200).await?;
    let disable = "DELETE /users/me/totp";
    client.send(disable, TOTP, json!({"password": PASSWORD, "code": "000000"}), 422).await?;
    let unlock = json!({"password": PASSWORD, "recovery_code": first_code(&codes.body)});
    client.send(disable, TOTP, unlock.clone(), 204).await?;
    client.send(disable, TOTP, unlock, 409).await?;
    client.token = admin;
    Ok(())
}
