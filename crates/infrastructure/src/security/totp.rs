//! Codes that change with time (TOTP, RFC 6238), and the sealed secrets that they follow from.

use plaza_application::ports::{BoxError, NewTotpSecret, TotpCodes};
use plaza_domain::{Timestamp, TotpSecret, User, UserId};
use totp_rs::{Algorithm, Builder, Secret, Totp};

use super::{SecretError, ServerSecret, sealing::Sealing};

/// As long as what SHA-1 makes of it (RFC 4226, section 4).
const SECRET_LEN: usize = 20;
const DIGITS: u8 = 6;
const STEP_SECONDS: u64 = 30;
/// How many steps the clocks of a server and of an authenticator may differ.
const SKEW: u16 = 1;

/// Secrets that are sealed with a key of the server's, each for its user.
pub struct SealedTotp {
    sealing: Sealing,
    issuer: String,
}

impl SealedTotp {
    /// For a server of that name, as authenticators show it.
    ///
    /// # Errors
    /// When the cipher does not take the derived key.
    pub fn new(secret: &ServerSecret, issuer: &str) -> Result<Self, SecretError> {
        Ok(Self { sealing: Sealing::new(secret, "plaza/totp/1")?, issuer: label(issuer) })
    }

    fn totp(&self, secret: Secret, account: &str) -> Result<Totp, BoxError> {
        let builder = Builder::new()
            .with_algorithm(Algorithm::SHA1)
            .with_digits(DIGITS)
            .with_step_duration(STEP_SECONDS)
            .with_skew(SKEW)
            .with_secret(secret)
            .with_account_name(label(account));
        let issuer = (!self.issuer.is_empty()).then_some(self.issuer.as_str());
        Ok(builder.with_issuer(issuer).build()?)
    }
}

impl TotpCodes for SealedTotp {
    fn generate(&self, user: &User) -> Result<NewTotpSecret, BoxError> {
        let mut bytes = [0; SECRET_LEN];
        getrandom::fill(&mut bytes)?;
        let totp = self.totp(Secret::new_stack(bytes), user.username.as_str())?;
        Ok(NewTotpSecret {
            secret: totp.secret().to_base32(),
            uri: totp.to_url()?,
            sealed_secret: self.sealing.seal(&bytes, &binding(user.id))?,
        })
    }

    fn step_of(&self, secret: &TotpSecret, code: &str, now: Timestamp) -> Result<Option<i64>, BoxError> {
        let opened = self.sealing.open(&secret.sealed_secret, &binding(secret.user_id));
        let opened = opened.ok_or("the secret of an authenticator cannot be opened")?;
        let bytes = <[u8; SECRET_LEN]>::try_from(opened.as_slice())?;
        let totp = self.totp(Secret::new_stack(bytes), "")?;
        let step = totp.check(code, u64::try_from(now.timestamp())?);
        Ok(step.map(i64::try_from).transpose()?)
    }
}

/// What a secret is sealed for: that of one user is of no use in the row of another.
fn binding(user_id: UserId) -> [u8; 16] {
    user_id.uuid().into_bytes()
}

/// A name without the colons that part names from each other in addresses of secrets.
fn label(name: &str) -> String {
    let name = name.split_once("://").map_or(name, |(_, rest)| rest);
    name.trim_end_matches('/').replace(':', " ")
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use plaza_domain::{DisplayName, Email, PasswordHash, Username};

    use super::*;

    type TestResult = Result<(), BoxError>;

    fn codes(secret: &str) -> Result<SealedTotp, BoxError> {
        Ok(SealedTotp::new(&ServerSecret::new(secret), "https://chat.example.org:8443/")?)
    }

    fn user(number: u128) -> User {
        let id = UserId::new(uuid::Uuid::from_u128(number));
        let email = Email::from_stored("ada@example.org".to_owned());
        let name = DisplayName::from_stored("Ada".to_owned());
        User::new(id, email, Username::from_stored("ada".to_owned()), name, PasswordHash::none(), at(0))
    }

    fn at(seconds: i64) -> Timestamp {
        DateTime::UNIX_EPOCH + chrono::TimeDelta::seconds(seconds)
    }

    fn stored(user: &User, sealed_secret: Vec<u8>) -> TotpSecret {
        TotpSecret { user_id: user.id, sealed_secret, created_at: at(0), confirmed_at: None, last_step: 0 }
    }

    #[test]
    fn codes_are_those_of_the_standard() -> TestResult {
        let (codes, ada) = (codes("one")?, user(1));
        // RFC 6238, appendix B, the last six of eight digits.
        let sealed = codes.sealing.seal(b"12345678901234567890", &binding(ada.id))?;
        let secret = stored(&ada, sealed);
        for (time, code) in [(59, "287082"), (1_111_111_109, "081804"), (20_000_000_000, "353130")] {
            assert_eq!(codes.step_of(&secret, code, at(time))?, Some(time / 30), "at {time}");
        }
        Ok(())
    }

    #[test]
    fn a_code_is_good_in_its_step_and_beside_it() -> TestResult {
        let (codes, ada) = (codes("one")?, user(1));
        let secret = stored(&ada, codes.sealing.seal(b"12345678901234567890", &binding(ada.id))?);
        let good = |time| codes.step_of(&secret, "287082", at(time)).map(|step| step == Some(1));
        for (time, expected) in [(0, true), (29, true), (30, true), (59, true), (89, true), (90, false)] {
            assert_eq!(good(time)?, expected, "at {time}");
        }
        for wrong in ["287083", "28708", "2870820", "", "+87082", "２８７０８２", "28708a"] {
            assert_eq!(codes.step_of(&secret, wrong, at(59))?, None, "{wrong}");
        }
        Ok(())
    }

    #[test]
    fn an_authenticator_is_told_who_and_where() -> TestResult {
        let new = codes("one")?.generate(&user(1))?;
        assert_eq!(new.secret.len(), 32);
        let rest =
            new.uri.strip_prefix("otpauth://totp/chat.example.org%208443:ada?").ok_or(new.uri.clone())?;
        assert!(rest.contains(&format!("secret={}", new.secret)), "{rest}");
        assert!(rest.contains("issuer=chat.example.org%208443"), "{rest}");
        Ok(())
    }

    #[test]
    fn a_secret_is_of_no_use_to_other_users_or_other_servers() -> TestResult {
        let (ours, theirs, ada) = (codes("one")?, codes("two")?, user(1));
        let new = ours.generate(&ada)?;
        let bytes = Secret::try_from_base32(&new.secret).map_err(|error| error.to_string())?;
        assert!(!new.sealed_secret.windows(8).any(|part| bytes.as_bytes().starts_with(part)));
        let secret = stored(&ada, new.sealed_secret);
        assert_eq!(ours.step_of(&secret, "no code", at(59))?, None);
        assert!(theirs.step_of(&secret, "no code", at(59)).is_err());
        let anothers = TotpSecret { user_id: user(2).id, ..secret };
        assert!(ours.step_of(&anothers, "no code", at(59)).is_err());
        Ok(())
    }
}
