//! Second factors: an authenticator, codes on paper, and what they are shown to.

use plaza_domain::Clock;
use plaza_infrastructure::clock::SystemClock;
use serde_json::{Value, json};
use totp_rs::{Builder, Secret, Totp};

use super::{Answer, Api, PASSWORD, User};

/// Where one's own second factor is.
pub const TOTP: &str = "/users/me/totp";
/// Where challenges are answered.
pub const SECOND_STEP: &str = "/auth/login/second-factor";
const STEP_SECONDS: u64 = 30;

/// What a user has at hand to log in: an authenticator that shows every code once, and codes on paper.
///
/// No code is taken after a later one, and a test does not wait for the next: it shows the codes of the step before, of
/// now and of the step after, in this order.
pub struct Authenticator {
    totp: Totp,
    /// The step of the code that was shown last.
    pub shown: u64,
    /// What is on the paper.
    pub recovery_codes: Vec<String>,
}

fn now() -> u64 {
    u64::try_from(SystemClock.now().timestamp()).expect("a clock") / STEP_SECONDS
}

impl Authenticator {
    /// One with the secret that the server told, in base32.
    pub fn new(secret: &str) -> Self {
        let secret = Secret::try_from_base32(secret).expect("base32");
        let totp = Builder::new().with_secret(secret).build().expect("a secret of 160 bits");
        Self { totp, shown: 0, recovery_codes: Vec::new() }
    }

    fn at(&self, step: u64) -> String {
        self.totp.generate(step * STEP_SECONDS).to_string()
    }

    /// The next code that the server takes; three of them may be had within a step.
    pub fn code(&mut self) -> String {
        self.shown = (self.shown + 1).max(now() - 1);
        assert!(self.shown <= now() + 1, "more codes than there are");
        self.at(self.shown)
    }

    /// The code that was shown last.
    pub fn last(&self) -> String {
        self.at(self.shown)
    }

    /// A code that is none of those that are right now or soon.
    pub fn wrong(&self) -> String {
        let right: Vec<_> = (now() - 2..now() + 5).map(|step| self.at(step)).collect();
        (0..100).map(|code| format!("{code:06}")).find(|code| !right.contains(code)).expect("a wrong code")
    }

    /// A recovery code that was not used.
    pub fn recovery_code(&mut self) -> String {
        self.recovery_codes.pop().expect("a recovery code is left")
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("text was expected, not {value}")).to_owned()
}

/// The recovery codes that an answer tells.
pub fn codes(answer: &Value) -> Vec<String> {
    answer["recovery_codes"].as_array().expect("recovery codes").iter().map(text).collect()
}

/// Sets up a second factor.
pub async fn enrol(user: &User) -> Authenticator {
    let begun = user.api.post(TOTP, &json!({ "password": PASSWORD })).await.expect(200);
    let mut authenticator = Authenticator::new(&text(&begun["secret"]));
    let uri = text(&begun["otpauth_uri"]);
    assert!(uri.starts_with("otpauth://totp/") && uri.contains(&text(&begun["secret"])), "{uri}");
    let code = json!({ "code": authenticator.code() });
    let confirmed = user.api.post(&format!("{TOTP}/confirm"), &code).await.expect(200);
    authenticator.recovery_codes = codes(&confirmed);
    assert_eq!(authenticator.recovery_codes.len(), 10);
    authenticator
}

/// The challenge that the right password is answered with.
pub async fn challenge(base: &str, login: &str) -> String {
    let problem = Api::anonymous(base).log_in(login, PASSWORD).await.expect_problem(401);
    assert_eq!(problem["type"], "/problems/second-factor-required", "{problem}");
    text(&problem["challenge"])
}

/// Answers a challenge with a code of the authenticator.
pub async fn answer(base: &str, challenge: &str, code: &str) -> Answer {
    let answer = json!({ "challenge": challenge, "code": code });
    Api::anonymous(base).post(SECOND_STEP, &answer).await
}

/// Answers a challenge with a recovery code.
pub async fn recover(base: &str, challenge: &str, code: &str) -> Answer {
    let answer = json!({ "challenge": challenge, "recovery_code": code });
    Api::anonymous(base).post(SECOND_STEP, &answer).await
}
