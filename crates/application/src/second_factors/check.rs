//! Whether a code is right, and how often it may be asked.

use std::sync::Arc;

use plaza_domain::{Timestamp, UnitOfWork, UserId};

use super::codes;
use crate::{
    Error, LimitService, Limited, Ports, Result,
    ports::{Secrets, TotpCodes},
};

/// Before every step there is: nothing is taken for it.
const NO_STEP: i64 = -1;

/// What somebody shows to prove that they have their second factor.
#[derive(Clone)]
pub enum SecondFactor {
    /// A code of their authenticator.
    Code(String),
    /// A recovery code.
    RecoveryCode(String),
}

impl SecondFactor {
    /// The word for it in the audit log.
    pub(crate) const fn as_str(&self) -> &'static str {
        match self {
            Self::Code(_) => "totp",
            Self::RecoveryCode(_) => "recovery_code",
        }
    }
}

/// Checks codes, for everything that asks for one.
pub(crate) struct SecondFactors {
    codes: Arc<dyn TotpCodes>,
    secrets: Arc<dyn Secrets>,
    limits: Arc<LimitService>,
}

impl SecondFactors {
    pub(crate) fn new(ports: &Ports, limits: Arc<LimitService>) -> Self {
        Self { codes: Arc::clone(&ports.totp), secrets: Arc::clone(&ports.secrets), limits }
    }

    /// Counts an attempt at a user's codes, right or wrong. Recovery codes are too long to be found by trying: they are
    /// not counted, so that they work for who has lost an authenticator whatever others try.
    ///
    /// # Errors
    /// `RateLimited`.
    pub(crate) async fn admit(&self, user_id: UserId, shown: &SecondFactor) -> Result<()> {
        match shown {
            SecondFactor::Code(_) => self.admit_code(user_id).await,
            SecondFactor::RecoveryCode(_) => Ok(()),
        }
    }

    /// Counts an attempt at the codes of a user's authenticator, right or wrong.
    ///
    /// # Errors
    /// `RateLimited`.
    pub(crate) async fn admit_code(&self, user_id: UserId) -> Result<()> {
        self.limits.admit(Limited::SecondFactorOf(user_id)).await
    }

    /// Takes what is shown, once: the same work and the same answer for what is wrong and for what was taken before.
    /// Callers [admit](Self::admit) it first, and commit.
    ///
    /// # Errors
    /// `Unavailable`; `Internal` when the user's secret cannot be opened.
    pub(crate) async fn take(
        &self,
        work: &mut dyn UnitOfWork,
        user_id: UserId,
        shown: &SecondFactor,
        now: Timestamp,
    ) -> Result<bool> {
        match shown {
            SecondFactor::Code(typed) => {
                let secret = work.totp().find(user_id).await?.filter(|secret| secret.is_confirmed());
                let Some(secret) = secret else { return Ok(false) };
                let step = self.codes.step_of(&secret, &digits(typed), now).map_err(Error::Internal)?;
                Ok(work.totp().use_step(user_id, step.unwrap_or(NO_STEP)).await?)
            }
            SecondFactor::RecoveryCode(typed) => {
                let digest = codes::digest(&*self.secrets, typed);
                Ok(work.recovery_codes().take(user_id, digest, now).await?)
            }
        }
    }
}

/// Authenticators show codes with a gap, and people type it.
pub(super) fn digits(typed: &str) -> String {
    typed.chars().filter(|c| !c.is_whitespace()).collect()
}
