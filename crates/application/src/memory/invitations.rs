//! Codes that let people register.

use async_trait::async_trait;
use plaza_domain::{
    Invitation, InvitationId, Timestamp, TokenDigest, UserId,
    repository::{Constraint, InvitationRepository, Result},
};

use super::{
    connection::{Access, Connection},
    table::rows,
};

#[async_trait]
impl<A: Access> InvitationRepository for Connection<A> {
    async fn insert(&mut self, invitation: &Invitation) -> Result<()> {
        self.tables_mut()?.invitations.insert_new(invitation.id, invitation.clone(), Constraint::Other)
    }

    async fn list(&mut self, before: Option<InvitationId>, limit: u64) -> Result<Vec<Invitation>> {
        let tables = self.tables();
        let known = tables.invitations.values().rev();
        let older = known.filter(|it| before.is_none_or(|before| it.id < before));
        Ok(older.take(rows(limit)).cloned().collect())
    }

    async fn redeem(&mut self, digest: TokenDigest, now: Timestamp) -> Result<Option<Invitation>> {
        let invitations = &mut self.tables_mut()?.invitations;
        let open = invitations.values().find(|it| it.digest == digest && it.is_open(now)).map(|it| it.id);
        let Some(invitation) = open.and_then(|id| invitations.get_mut(&id)) else { return Ok(None) };
        invitation.uses += 1;
        Ok(Some(invitation.clone()))
    }

    async fn revoke(&mut self, id: InvitationId, at: Timestamp) -> Result<bool> {
        let found = self.tables_mut()?.invitations.get_mut(&id);
        let Some(invitation) = found.filter(|it| it.revoked_at.is_none()) else { return Ok(false) };
        invitation.revoked_at = Some(at);
        Ok(true)
    }

    async fn revoke_made_by(&mut self, user_id: UserId, at: Timestamp) -> Result<u64> {
        let all = self.tables_mut()?.invitations.values_mut();
        let made = all.filter(|it| it.created_by == Some(user_id) && it.revoked_at.is_none());
        Ok(made.map(|invitation| invitation.revoked_at = Some(at)).fold(0, |count, ()| count + 1))
    }
}
