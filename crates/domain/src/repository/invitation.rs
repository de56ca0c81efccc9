//! Codes that let people register.

use async_trait::async_trait;

use super::Result;
use crate::{Invitation, InvitationId, Timestamp, TokenDigest, UserId};

/// Stores invitations.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait InvitationRepository: Send {
    /// Stores a new one.
    async fn insert(&mut self, invitation: &Invitation) -> Result<()>;

    /// The newest `limit` of those made before `before`, newest first.
    async fn list(&mut self, before: Option<InvitationId>, limit: u64) -> Result<Vec<Invitation>>;

    /// Uses the one with that digest up by one, unless it works no more at `now`; as it is afterwards.
    async fn redeem(&mut self, digest: TokenDigest, now: Timestamp) -> Result<Option<Invitation>>;

    /// Lets it work no more, and tells whether it was there and had not been revoked.
    async fn revoke(&mut self, id: InvitationId, at: Timestamp) -> Result<bool>;

    /// Lets all that a user has made work no more; how many there were that had not been revoked.
    async fn revoke_made_by(&mut self, user_id: UserId, at: Timestamp) -> Result<u64>;
}
