//! Those whom a provider knows and who have no account get one, where the operator wants that.

use plaza_domain::{
    AuditAction, Device, DisplayName, Email, Identity, IdentityId, NewAuditEntry, PasswordHash,
    RepositoryError, UnitOfWork, User, UserId, Username, repository::Constraint,
};

use super::{
    handles::candidates,
    login::{ProviderLoginService, noted},
};
use crate::{
    Error, Result,
    auth::enroll_known,
    ports::{ProvenIdentity, ProviderInfo},
    verification::ask_for_proof,
};

const NO_ACCOUNT: &str = "this login belongs to no account here: log in to yours, and link it";
const NO_ADDRESS: &str = "the login provider tells no e-mail address, and an account needs one";
const TAKEN: &str =
    "an account with this e-mail address is here already: log in to it, and link this login to it";
const NO_HANDLE: &str = "no username that is free was found: register, and link this login to the account";

impl ProviderLoginService {
    /// Makes an account without a password, and links what was proven to it. That the provider's users may register is the
    /// operator's word, whoever else may.
    ///
    /// # Errors
    /// `Forbidden` when the operator does not want that; `Conflict` when there is no address, or it is an account's.
    pub(super) async fn register(
        &self,
        info: &ProviderInfo,
        proven: &ProvenIdentity,
        device: &Device,
    ) -> Result<Identity> {
        if !info.allows_registration {
            return Err(Error::Forbidden(NO_ACCOUNT));
        }
        let email = proven.address().ok_or_else(|| Error::Conflict(NO_ADDRESS.to_owned()))?;
        let id = UserId::new(self.ids.next());
        for username in candidates(&proven.names(&email), id) {
            let user = self.account(id, info, proven, &email, username);
            let mut work = self.store.begin().await?;
            match enroll_known(&mut *work, &user).await {
                Ok(()) => return self.complete(work, &user, info, proven, device).await,
                Err(RepositoryError::Conflict { constraint: Constraint::UserUsername }) => {}
                Err(RepositoryError::Conflict { constraint: Constraint::UserEmail }) => {
                    drop(work);
                    return self.registered_meanwhile(info, proven).await;
                }
                Err(error) => return Err(error.into()),
            }
        }
        Err(Error::Conflict(NO_HANDLE.to_owned()))
    }

    /// What belongs to a new account of this kind.
    async fn complete(
        &self,
        mut work: Box<dyn UnitOfWork>,
        user: &User,
        info: &ProviderInfo,
        proven: &ProvenIdentity,
        device: &Device,
    ) -> Result<Identity> {
        let identity = self.identity(user.id, info, proven);
        work.identities().insert(&identity).await?;
        let posted = match user.email_verified_at {
            Some(_) => None,
            None => Some(ask_for_proof(&self.postbox, &mut *work, user).await?),
        };
        let registered = NewAuditEntry::by(user.id, device, AuditAction::UserRegistered).about(user.id);
        work.audit().append(&registered.with("role", user.role.as_str())).await?;
        work.audit().append(&noted(AuditAction::IdentityLinked, &identity, device)).await?;
        work.commit().await?;
        if let Some(posted) = posted {
            self.postbox.wake(posted).await;
        }
        Ok(identity)
    }

    /// The address is taken: perhaps by who came back twice at the same moment.
    async fn registered_meanwhile(&self, info: &ProviderInfo, proven: &ProvenIdentity) -> Result<Identity> {
        let mut read = self.store.read().await?;
        let known = read.identities().find(&info.issuer, &proven.subject).await?;
        known.ok_or_else(|| Error::Conflict(TAKEN.to_owned()))
    }

    fn account(
        &self,
        id: UserId,
        info: &ProviderInfo,
        proven: &ProvenIdentity,
        email: &Email,
        username: Username,
    ) -> User {
        let now = self.clock.now();
        let name = proven.name.as_deref().and_then(|name| DisplayName::parse(name).ok());
        let name = name.unwrap_or_else(|| DisplayName::from_stored(username.as_str().to_owned()));
        let is_verified = info.trusts_email && proven.is_email_verified;
        let user = User::new(id, email.clone(), username, name, PasswordHash::none(), now);
        let role = info.default_role.unwrap_or_else(|| self.auth.default_role());
        User { role, email_verified_at: is_verified.then_some(now), ..user }
    }

    /// What was proven, as that user's.
    pub(super) fn identity(&self, user_id: UserId, info: &ProviderInfo, proven: &ProvenIdentity) -> Identity {
        let now = self.clock.now();
        Identity {
            id: IdentityId::new(self.ids.next()),
            user_id,
            issuer: info.issuer.clone(),
            subject: proven.subject.clone(),
            email: proven.address(),
            created_at: now,
            last_used_at: now,
        }
    }
}

impl ProvenIdentity {
    /// The address, if it is one.
    pub(super) fn address(&self) -> Option<Email> {
        self.email.as_deref().and_then(|text| Email::parse(text).ok())
    }

    /// What a handle may be made of, the best first.
    fn names(&self, email: &Email) -> Vec<String> {
        let before_at = |text: &str| text.split('@').next().unwrap_or_default().to_owned();
        let preferred = self.preferred_username.as_deref().map(before_at);
        preferred.into_iter().chain([before_at(email.as_str())]).chain(self.name.clone()).collect()
    }
}
