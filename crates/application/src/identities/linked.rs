//! Users see which logins of others are linked to their account, and let go of them.

use std::sync::Arc;

use plaza_domain::{AuditAction, Identity, IdentityId, NewAuditEntry, Store, UnitOfWork, UserId};

use super::{
    login::{noted, noted_of},
    providers::Providers,
};
use crate::{Actor, Error, Ports, Result, ports::ProviderInfo};

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
    providers: Providers,
}

impl IdentityService {
    pub(crate) fn new(ports: &Ports) -> Self {
        let providers = Providers::new(&ports.identity_providers);
        Self { store: Arc::clone(&ports.store), providers }
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

    /// Unlinks one of the actor's. Sessions that were begun by it go on.
    ///
    /// # Errors
    /// `NotFound` when it is nobody's or another's; `Conflict` when it is the only way into the account.
    pub async fn unlink(&self, actor: &Actor, id: IdentityId) -> Result<()> {
        let mut work = self.store.begin().await?;
        let user = work.users().lock(actor.id()).await?.ok_or(Error::NotFound("user"))?;
        let identities = work.identities().list(user.id, MAX_IDENTITIES).await?;
        let Some(identity) = identities.iter().find(|identity| identity.id == id) else {
            return Err(Error::NotFound("identity"));
        };
        let leads_in = |other: &Identity| other.id != id && self.providers.of(&other.issuer).is_some();
        if !user.password_hash.is_some() && !identities.iter().any(leads_in) {
            let rule =
                "this login is the only way into the account: set a password, or link another login first";
            return Err(Error::Conflict(rule.to_owned()));
        }
        work.identities().delete(id).await?;
        let entry = noted(AuditAction::IdentityUnlinked, identity, &actor.device);
        work.audit().append(&entry).await?;
        Ok(work.commit().await?)
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
