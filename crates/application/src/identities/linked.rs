//! Users see which logins of others are linked to their account, and let go of them.

use std::sync::Arc;

use plaza_domain::{AuditAction, Clock, Identity, IdentityId, NewAuditEntry, Store, UnitOfWork, UserId};

use super::{
    login::{noted, noted_of},
    providers::Providers,
};
use crate::{
    Actor, Error, Ports, Result,
    mail::{MailMessage, Postbox},
    policy::authorize_own,
    ports::ProviderInfo,
    proofs::lock_own,
};

/// The most that are listed. A user has at most one of each provider that was ever configured.
pub const MAX_IDENTITIES: u64 = 100;

/// A login that is linked to an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkedIdentity {
    /// The login.
    pub identity: Identity,
    /// Whose it is, while the operator trusts them.
    pub provider: Option<ProviderInfo>,
}

/// Logins that are linked to accounts.
pub struct IdentityService {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    providers: Providers,
    postbox: Postbox,
}

impl IdentityService {
    pub(crate) fn new(ports: &Ports) -> Self {
        let providers = Providers::new(&ports.identity_providers);
        Self {
            store: Arc::clone(&ports.store),
            clock: Arc::clone(&ports.clock),
            providers,
            postbox: Postbox::new(ports),
        }
    }

    /// Those of the actor, oldest first; at most [`MAX_IDENTITIES`].
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn list(&self, actor: &Actor) -> Result<Vec<LinkedIdentity>> {
        let identities = self.store.read().await?.identities().list(actor.id(), MAX_IDENTITIES).await?;
        let with_provider = |identity: Identity| {
            let provider = self.providers.of(&identity.issuer).cloned();
            LinkedIdentity { identity, provider }
        };
        Ok(identities.into_iter().map(with_provider).collect())
    }

    /// Unlinks one of the actor's. Sessions that were begun by it go on. A mail tells of it.
    ///
    /// # Errors
    /// `NotFound` when it is nobody's or another's; `Conflict` when it is the only way into the account;
    /// `Unauthenticated` when the account was given up or suspended meanwhile.
    pub async fn unlink(&self, actor: &Actor, id: IdentityId) -> Result<()> {
        let mut work = self.store.begin().await?;
        let user = lock_own(&mut *work, actor, &*self.clock).await?;
        let identity = work.identities().find_by_id(id).await?.ok_or(Error::NotFound("identity"))?;
        authorize_own(actor.id(), identity.user_id, "identity")?;
        let identities = work.identities().list(user.id, MAX_IDENTITIES).await?;
        let leads_in = |other: &Identity| other.id != id && self.providers.of(&other.issuer).is_some();
        if !user.password_hash.is_some() && !identities.iter().any(leads_in) {
            let rule =
                "this login is the only way into the account: set a password, or link another login first";
            return Err(Error::Conflict(rule.to_owned()));
        }
        work.identities().delete(id).await?;
        let provider = self.providers.of(&identity.issuer).map(|info| info.name.clone());
        let provider = provider.unwrap_or_else(|| identity.issuer.to_string());
        let message = MailMessage::IdentityUnlinked { provider };
        let posted = self.postbox.tell(&mut *work, &user, message).await?;
        let entry = noted(AuditAction::IdentityUnlinked, &identity, &actor.device);
        work.audit().append(&entry).await?;
        work.commit().await?;
        self.postbox.wake(posted).await;
        Ok(())
    }
}

/// Unlinks all logins of a user, who is locked. Returns what is to be written down of it: as `entry`, which tells who did
/// it, about each.
///
/// # Errors
/// `Unavailable`.
pub(crate) async fn unlink_all(
    work: &mut dyn UnitOfWork,
    user_id: UserId,
    entry: NewAuditEntry,
) -> Result<Vec<NewAuditEntry>> {
    let identities = work.identities().list(user_id, MAX_IDENTITIES).await?;
    for identity in &identities {
        work.identities().delete(identity.id).await?;
    }
    Ok(identities.iter().map(|identity| noted_of(entry.clone(), identity)).collect())
}
