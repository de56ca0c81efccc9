//! Passwords by bcrypt, slow on purpose, a few at a time.

use std::{num::NonZero, sync::Arc, thread::available_parallelism, time::Duration};

use async_trait::async_trait;
use base64::{Engine, engine::general_purpose::STANDARD};
use bcrypt::HashParts;
use hmac::{Hmac, KeyInit, Mac, digest::InvalidLength};
use plaza_application::ports::{BoxError, Judgement, PasswordHasher};
use plaza_domain::PasswordHash;
use sha2::Sha384;
use thiserror::Error;
use tokio::{sync::Semaphore, task::spawn_blocking, time::timeout};

use super::ServerSecret;

/// How many may wait for their turn.
const MAX_WAITING: usize = 64;
/// How long they wait. Who is told so then can try again, and is not left alone with a page that does nothing.
const MAX_WAIT: Duration = Duration::from_secs(5);

/// A salt and a hash that belong to no password: verifying against them takes as long as against any other.
const NOBODY: &str = "KIXQ4RTm7lyPoDbgTEEhxu8cYpYQpyUFBHP6ANBhnAPVYXyvL8KQi";

/// More passwords are waiting to be hashed than can be served soon.
#[derive(Debug, Error)]
#[error("too many passwords are being checked at the moment")]
pub struct TooManyWaiting;

/// bcrypt over a keyed pre-hash: bcrypt alone looks at 72 bytes and no more, and a stolen database is of no use
/// without the server's key.
pub struct BcryptPasswords {
    pepper: [u8; 32],
    cost: u32,
    nobody: PasswordHash,
    admitted: Arc<Semaphore>,
    running: Arc<Semaphore>,
}

impl BcryptPasswords {
    /// A hasher; `cost` is 4 to 31, and each step doubles the time.
    pub fn new(secret: &ServerSecret, cost: u32) -> Self {
        // A core is left to those who do not log in.
        let running = available_parallelism().map_or(1, NonZero::get).saturating_sub(1).max(1);
        Self {
            pepper: secret.derive("plaza/password-pepper/1"),
            cost,
            nobody: PasswordHash::new(format!("$2b${cost:02}${NOBODY}")),
            admitted: Arc::new(Semaphore::new(running + MAX_WAITING)),
            running: Arc::new(Semaphore::new(running)),
        }
    }

    fn prehash(&self, password: &str) -> Result<String, InvalidLength> {
        let mut mac = Hmac::<Sha384>::new_from_slice(&self.pepper)?;
        mac.update(password.as_bytes());
        Ok(STANDARD.encode(mac.finalize().into_bytes()))
    }

    /// Runs off the runtime's threads. The permits go with the work: it goes on when its caller has given up.
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, bcrypt::BcryptError> + Send + 'static,
    ) -> Result<T, BoxError> {
        let admitted = Arc::clone(&self.admitted).try_acquire_owned().map_err(|_| TooManyWaiting)?;
        let turn = timeout(MAX_WAIT, Arc::clone(&self.running).acquire_owned()).await;
        let running = turn.map_err(|_| TooManyWaiting)??;
        let outcome = spawn_blocking(move || {
            let _permits = (admitted, running);
            work()
        });
        Ok(outcome.await??)
    }
}

#[async_trait]
impl PasswordHasher for BcryptPasswords {
    async fn hash(&self, password: &str) -> Result<PasswordHash, BoxError> {
        let (prehash, cost) = (self.prehash(password)?, self.cost);
        let hash = self.run(move || bcrypt::non_truncating_hash(prehash, cost)).await?;
        Ok(PasswordHash::new(hash))
    }

    async fn verify(&self, password: &str, hash: Option<PasswordHash>) -> Result<bool, BoxError> {
        let prehash = self.prehash(password)?;
        // An account may have no password; nobody can tell it from one whose password was not guessed.
        let hash = hash.filter(PasswordHash::is_some);
        let known = hash.is_some();
        let hash = hash.unwrap_or_else(|| self.nobody.clone());
        let cost = self.cost;
        let matches = self.run(move || {
            let matches = bcrypt::non_truncating_verify(&prehash, hash.expose())?;
            // A hash from before the cost was raised is checked sooner. As each step doubles the work, all steps from its
            // own on are together what is missing.
            for step in hash.expose().parse::<HashParts>()?.get_cost()..cost {
                bcrypt::non_truncating_hash_with_salt(&prehash, step, [0; 16])?;
            }
            Ok(matches)
        });
        Ok(matches.await? && known)
    }

    async fn judge(&self, work: Judgement) -> Result<bool, BoxError> {
        self.run(move || Ok(work())).await
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use tokio::time::Instant;

    use super::*;

    type TestResult = Result<(), BoxError>;

    fn hasher() -> BcryptPasswords {
        BcryptPasswords::new(&ServerSecret::new("0123456789abcdef0123456789abcdef"), 4)
    }

    #[tokio::test]
    async fn a_password_matches_its_hash_and_no_other() -> TestResult {
        let hasher = hasher();
        let hash = hasher.hash("correct horse").await?;
        assert!(hasher.verify("correct horse", Some(hash.clone())).await?);
        assert!(!hasher.verify("correct horsf", Some(hash)).await?);
        Ok(())
    }

    #[tokio::test]
    async fn every_byte_of_a_long_password_counts() -> TestResult {
        let hasher = hasher();
        let long = "a".repeat(200);
        let hash = hasher.hash(&long).await?;
        assert!(hasher.verify(&long, Some(hash.clone())).await?);
        assert!(!hasher.verify(&format!("{long}b"), Some(hash)).await?);
        Ok(())
    }

    #[tokio::test]
    async fn nobody_has_any_password() -> TestResult {
        assert!(!hasher().verify("correct horse", None).await?);
        for password in ["correct horse", "", "!"] {
            assert!(!hasher().verify(password, Some(PasswordHash::none())).await?);
        }
        Ok(())
    }

    #[tokio::test]
    async fn a_hash_of_another_cost_is_still_good() -> TestResult {
        let secret = ServerSecret::new("0123456789abcdef0123456789abcdef");
        let (cheap, dear) = (hasher(), BcryptPasswords::new(&secret, 6));
        for (before, after) in [(&cheap, &dear), (&dear, &cheap)] {
            let hash = before.hash("correct horse").await?;
            assert!(after.verify("correct horse", Some(hash.clone())).await?);
            assert!(!after.verify("correct horsf", Some(hash)).await?);
        }
        Ok(())
    }

    #[tokio::test]
    async fn a_hash_is_of_no_use_without_the_servers_key() -> TestResult {
        let hash = hasher().hash("correct horse").await?;
        let other = BcryptPasswords::new(&ServerSecret::new("another secret, also 32 bytes long"), 4);
        assert!(!other.verify("correct horse", Some(hash)).await?);
        Ok(())
    }

    #[tokio::test]
    async fn passwords_are_judged_away_from_what_others_wait_for() -> TestResult {
        let here = thread::current().id();
        assert!(hasher().judge(Box::new(move || thread::current().id() != here)).await?);
        Ok(())
    }

    #[tokio::test]
    async fn who_cannot_be_served_soon_is_told_at_once() -> TestResult {
        let hasher = hasher();
        let _all = hasher.admitted.acquire_many(u32::try_from(hasher.admitted.available_permits())?).await?;
        let Err(error) = hasher.hash("correct horse").await else {
            return Err("was served".into());
        };
        assert!(error.is::<TooManyWaiting>());
        let judged = hasher.judge(Box::new(|| true)).await;
        assert!(judged.is_err_and(|error| error.is::<TooManyWaiting>()));
        Ok(())
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_waits_for_long() -> TestResult {
        let hasher = hasher();
        let _all = hasher.running.acquire_many(u32::try_from(hasher.running.available_permits())?).await?;
        let began = Instant::now();
        let Err(error) = hasher.hash("correct horse").await else {
            return Err("was served".into());
        };
        assert!(error.is::<TooManyWaiting>());
        assert_eq!(began.elapsed(), MAX_WAIT);
        Ok(())
    }
}
