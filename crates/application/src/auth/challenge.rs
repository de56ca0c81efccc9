//! The second step of a login: whoever was asked for their second factor shows it.

use std::time::Duration;

use plaza_domain::{Device, Timestamp, User, UserId};
use serde::{Deserialize, Serialize};

use super::{
    begin::LoginMethod,
    service::{AuthService, Login},
};
use crate::{Error, Result, SecondFactor, Unauthenticated};

/// How long a challenge stands.
const CHALLENGE_TTL: Duration = Duration::from_secs(5 * 60);
/// How many wrong codes it takes.
const ATTEMPTS: u32 = 5;

/// That somebody has established who they are, but for the second factor. Of no use to anybody who cannot show that.
#[derive(Serialize, Deserialize)]
struct Challenge {
    user_id: UserId,
    how: LoginMethod,
    /// The digest of the password's hash: a new password is the end of all challenges.
    password: String,
    attempts_left: u32,
    expires_at: Timestamp,
}

impl AuthService {
    /// Asks for the second factor.
    pub(super) async fn challenge(&self, user: &User, how: LoginMethod) -> Error {
        let issued = async {
            let token = self.secrets.generate().map_err(Error::Internal)?;
            let challenge = Challenge {
                user_id: user.id,
                how,
                password: self.password_mark(user),
                attempts_left: ATTEMPTS,
                expires_at: self.clock.now() + CHALLENGE_TTL,
            };
            self.keep(&token, &challenge).await?;
            Ok(token)
        };
        match issued.await {
            Ok(challenge) => Error::SecondFactorRequired { challenge, was_wrong: false },
            Err(error) => error,
        }
    }

    /// Begins the session of who answers a challenge with their second factor.
    ///
    /// # Errors
    /// `SecondFactorRequired` when it is wrong or was taken before, with the challenge, which stands; `Unauthenticated`
    /// when the challenge was answered before, is too old or was answered wrongly too often, or the account was suspended,
    /// got another password or lost the identity that led here; `RateLimited`; `Unavailable`.
    pub async fn answer_challenge(&self, token: &str, shown: &SecondFactor, device: Device) -> Result<Login> {
        let over = Unauthenticated::Challenge;
        // Of several that come with it at the same time, one has it.
        let value = self.one_time.take(&self.challenge_key(token)).await?.ok_or(over)?;
        let challenge: Challenge =
            serde_json::from_str(&value).map_err(|error| Error::Internal(error.into()))?;
        if challenge.expires_at <= self.clock.now() {
            return Err(over.into());
        }
        match self.answered(&challenge, shown, device).await {
            Ok(Some(login)) => Ok(login),
            Ok(None) if challenge.attempts_left <= 1 => Err(over.into()),
            Ok(None) => {
                let attempts_left = challenge.attempts_left - 1;
                self.keep(token, &Challenge { attempts_left, ..challenge }).await?;
                Err(Error::SecondFactorRequired { challenge: token.to_owned(), was_wrong: true })
            }
            Err(error @ Error::Unauthenticated(_)) => Err(error),
            // What went wrong is not the user's doing.
            Err(error) => {
                self.keep(token, &challenge).await?;
                Err(error)
            }
        }
    }

    /// `None` when what is shown is wrong.
    async fn answered(
        &self,
        challenge: &Challenge,
        shown: &SecondFactor,
        device: Device,
    ) -> Result<Option<Login>> {
        self.second_factors.admit(challenge.user_id, shown).await?;
        let now = self.clock.now();
        let mut work = self.store.begin().await?;
        let unchanged =
            |user: &User| self.password_mark(user) == challenge.password && !user.is_suspended(now);
        let user = work.users().lock(challenge.user_id).await?.filter(unchanged);
        let user = user.ok_or(Unauthenticated::Challenge)?;
        if !challenge.how.leads_into(&mut *work, user.id).await? {
            return Err(Unauthenticated::Challenge.into());
        }
        if !self.second_factors.take(&mut *work, user.id, shown, now).await? {
            drop(work);
            self.note_failed_login(Some(user.id), device).await?;
            return Ok(None);
        }
        self.enter(work, user, device, challenge.how, Some(shown)).await.map(Some)
    }

    async fn keep(&self, token: &str, challenge: &Challenge) -> Result<()> {
        let value = serde_json::to_string(challenge).map_err(|error| Error::Internal(error.into()))?;
        let left = (challenge.expires_at - self.clock.now()).to_std().unwrap_or_default();
        Ok(self.one_time.put(&self.challenge_key(token), &value, left).await?)
    }

    fn password_mark(&self, user: &User) -> String {
        plaza_domain::Sha256(self.secrets.digest(user.password_hash.expose()).0).to_string()
    }

    /// Challenges are stored hashed: who reads the store cannot answer what is in it.
    fn challenge_key(&self, token: &str) -> String {
        let digest = plaza_domain::Sha256(self.secrets.digest(token).0);
        format!("second-factor:{digest}")
    }
}
