//! Sessions begin: everything that has established who somebody is ends here.

use plaza_domain::{
    AuditAction, AuditActor, AuditTarget, Device, IdentityId, NewAuditEntry, Session, SessionId, UnitOfWork,
    User, UserId,
};

use serde::{Deserialize, Serialize};

use super::service::{AuthService, Login};
use crate::{
    Error, MAX_IDENTITIES, Result, SecondFactor, Unauthenticated, mail::MailMessage, user_admin::lift_ended,
};

/// By what it was established who somebody is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LoginMethod {
    /// By the account's password.
    Password,
    /// By a login at a provider, whose identity belongs to the account.
    Identity(IdentityId),
}

impl LoginMethod {
    /// The word for it in the audit log.
    const fn as_str(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Identity(_) => "identity",
        }
    }

    /// Whether it leads into the account still, which is locked: an identity may have been unlinked meanwhile.
    pub(super) async fn leads_into(self, work: &mut dyn UnitOfWork, user_id: UserId) -> Result<bool> {
        match self {
            Self::Password => Ok(true),
            Self::Identity(id) => {
                let linked = work.identities().list(user_id, MAX_IDENTITIES).await?;
                Ok(linked.iter().any(|identity| identity.id == id))
            }
        }
    }
}

impl AuthService {
    /// Begins a session of `user`, who was read before `how` was checked, and gives it tokens; or asks for their second
    /// factor. An account that was to be erased goes on.
    ///
    /// # Errors
    /// `SecondFactorRequired`; `Suspended`; `Unauthenticated` when the password was changed since the account was read, or
    /// the identity was unlinked; `Unavailable`.
    pub async fn begin_session(&self, user: User, device: Device, how: LoginMethod) -> Result<Login> {
        let now = self.clock.now();
        let mut work = self.store.begin().await?;
        // While it was checked who this is, the password may have been changed, and the account's other logins ended.
        let unchanged = |it: &User| it.password_hash == user.password_hash;
        let Some(user) = work.users().lock(user.id).await?.filter(unchanged) else {
            drop(work);
            self.note_failed_login(Some(user.id), device).await?;
            return Err(Unauthenticated::Credentials.into());
        };
        if user.is_suspended(now) {
            drop(work);
            self.note_failed_login(Some(user.id), device).await?;
            return Err(refusal(user));
        }
        if !how.leads_into(&mut *work, user.id).await? {
            drop(work);
            self.note_failed_login(Some(user.id), device).await?;
            return Err(Unauthenticated::LoginCode.into());
        }
        if work.totp().find(user.id).await?.is_some_and(|secret| secret.is_confirmed()) {
            // Whoever this is knows the password, or has a provider's word: only the second factor keeps them out.
            let entry = NewAuditEntry::by(user.id, &device, AuditAction::LoginChallenged).about(user.id);
            work.audit().append(&entry.with("method", how.as_str())).await?;
            work.commit().await?;
            return Err(self.challenge(&user, how).await);
        }
        self.enter(work, user, device, how, None).await
    }

    /// Lets a user in, who is locked in `work` and has shown all that is asked for. A mail tells of a recovery code.
    pub(super) async fn enter(
        &self,
        mut work: Box<dyn UnitOfWork>,
        user: User,
        device: Device,
        how: LoginMethod,
        shown: Option<&SecondFactor>,
    ) -> Result<Login> {
        let now = self.clock.now();
        let (mut user, lifted) = lift_ended(&mut *work, user, now).await?;
        let is_restored = user.erase_at.take().is_some();
        if is_restored {
            user.updated_at = now;
            work.users().update(&user).await?;
        }
        let session = Session {
            id: SessionId::new(self.ids.next()),
            user_id: user.id,
            created_at: now,
            refreshed_at: now,
            last_used_at: now,
            expires_at: self.refresh_until(now, now),
            device: device.clone(),
            revoked_at: None,
        };
        work.sessions().insert(&session).await?;
        let entry = NewAuditEntry::by(user.id, &device, AuditAction::LoginSucceeded).about(user.id);
        let entry = entry.with("session_id", session.id.to_string()).with("method", how.as_str());
        let entry = match shown {
            Some(shown) => entry.with("second_factor", shown.as_str()),
            None => entry,
        };
        let login = self.issue(&mut *work, user, &session, None).await?;
        let posted = match shown {
            Some(SecondFactor::RecoveryCode(_)) => {
                let left = work.recovery_codes().count_left(session.user_id).await?;
                let message = MailMessage::RecoveryCodeUsed { left };
                Some(self.postbox.tell(&mut *work, &login.user, message).await?)
            }
            Some(SecondFactor::Code(_)) | None => None,
        };
        if is_restored {
            let restored =
                NewAuditEntry::by(login.user.id, &session.device, AuditAction::UserDeletionCancelled);
            work.audit().append(&restored.about(login.user.id)).await?;
        }
        if let Some(SecondFactor::RecoveryCode(_)) = shown {
            let used = NewAuditEntry::by(session.user_id, &device, AuditAction::RecoveryCodeUsed);
            work.audit().append(&used.about(session.user_id)).await?;
        }
        for entry in lifted.iter().chain([&entry]) {
            work.audit().append(entry).await?;
        }
        work.commit().await?;
        if let Some(posted) = posted {
            self.postbox.wake(posted).await;
        }
        Ok(Login { is_restored, ..login })
    }

    /// Writes down that somebody did not prove to be who they said: with the account, if it is one, and never with what
    /// was typed, which may be a password. For an unknown name it is the same work.
    ///
    /// # Errors
    /// `Unavailable`.
    pub(crate) async fn note_failed_login(&self, known: Option<UserId>, device: Device) -> Result<()> {
        let entry = NewAuditEntry::new(AuditActor::Anonymous, device, AuditAction::LoginFailed);
        let entry = NewAuditEntry { target: known.map(AuditTarget::User), ..entry };
        let mut work = self.store.begin().await?;
        work.audit().append(&entry).await?;
        Ok(work.commit().await?)
    }
}

/// What those are told who have established that a suspended account is theirs. Of one that is to be erased now nothing
/// is told.
fn refusal(user: User) -> Error {
    let suspension = user.suspension.map(|suspension| Error::Suspended(Box::new(suspension)));
    suspension.unwrap_or_else(|| Unauthenticated::Credentials.into())
}
