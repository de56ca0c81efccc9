//! Sessions begin: everything that has established who somebody is ends here.

use plaza_domain::{Device, Session, SessionId, User};

use super::service::{AuthService, Login};
use crate::{Result, Unauthenticated};

/// By what it was established who somebody is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoginMethod {
    /// By the account's password.
    Password,
    /// By a login at a provider whose identity belongs to the account.
    Identity,
}

impl LoginMethod {
    /// What those are told who may not come in. A password alone does not buy the knowledge that an account is banned.
    const fn refusal(self) -> Unauthenticated {
        match self {
            Self::Password => Unauthenticated::Credentials,
            Self::Identity => Unauthenticated::Banned,
        }
    }
}

impl AuthService {
    /// Begins a session of `user`, who was read before `how` was checked, and gives it tokens.
    ///
    /// # Errors
    /// `Unauthenticated` when the account is suspended, or its password was changed since it was read; `Unavailable`.
    pub async fn begin_session(&self, user: User, device: Device, how: LoginMethod) -> Result<Login> {
        let now = self.clock.now();
        if user.is_suspended(now) {
            return Err(how.refusal().into());
        }
        let session = Session {
            id: SessionId::new(self.ids.next()),
            user_id: user.id,
            created_at: now,
            refreshed_at: now,
            last_used_at: now,
            expires_at: self.refresh_until(now, now),
            device,
            revoked_at: None,
        };
        let mut work = self.store.begin().await?;
        // While it was checked who this is, the password may have been changed, and the account's other logins ended.
        let unchanged = |it: &User| it.password_hash == user.password_hash && !it.is_suspended(now);
        let user = work.users().lock(user.id).await?.filter(unchanged).ok_or(how.refusal())?;
        work.sessions().insert(&session).await?;
        let login = self.issue(&mut *work, user, &session, None).await?;
        work.commit().await?;
        Ok(login)
    }
}
