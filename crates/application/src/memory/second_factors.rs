//! Secrets of authenticators, and the codes that stand in for a lost one.

use async_trait::async_trait;
use plaza_domain::{
    Timestamp, TokenDigest, TotpSecret, UserId,
    repository::{RecoveryCodeRepository, Result, TotpRepository},
};

use super::connection::{Access, Connection};

#[async_trait]
impl<A: Access> TotpRepository for Connection<A> {
    async fn find(&mut self, user_id: UserId) -> Result<Option<TotpSecret>> {
        Ok(self.tables().totp.get(&user_id).cloned())
    }

    async fn begin(&mut self, secret: &TotpSecret) -> Result<bool> {
        let tables = self.tables_mut()?;
        tables.users.require(&secret.user_id)?;
        if tables.totp.get(&secret.user_id).is_some_and(TotpSecret::is_confirmed) {
            return Ok(false);
        }
        tables.totp.insert(secret.user_id, secret.clone());
        Ok(true)
    }

    async fn confirm(&mut self, user_id: UserId, step: i64, at: Timestamp) -> Result<bool> {
        let stored = self.tables_mut()?.totp.get_mut(&user_id).filter(|secret| !secret.is_confirmed());
        let Some(secret) = stored else { return Ok(false) };
        secret.confirmed_at = Some(at);
        secret.last_step = step;
        Ok(true)
    }

    async fn use_step(&mut self, user_id: UserId, step: i64) -> Result<bool> {
        let stored = self.tables_mut()?.totp.get_mut(&user_id);
        let Some(secret) = stored.filter(|it| it.is_confirmed() && it.last_step < step) else {
            return Ok(false);
        };
        secret.last_step = step;
        Ok(true)
    }

    async fn delete(&mut self, user_id: UserId) -> Result<bool> {
        let removed = self.tables_mut()?.totp.remove(&user_id);
        Ok(removed.is_some_and(|secret| secret.is_confirmed()))
    }
}

#[async_trait]
impl<A: Access> RecoveryCodeRepository for Connection<A> {
    async fn replace(&mut self, user_id: UserId, digests: &[TokenDigest]) -> Result<()> {
        let tables = self.tables_mut()?;
        tables.users.require(&user_id)?;
        tables.recovery_codes.retain(|(owner, _), _| *owner != user_id);
        tables.recovery_codes.extend(digests.iter().map(|digest| ((user_id, digest.0), None)));
        Ok(())
    }

    async fn take(&mut self, user_id: UserId, digest: TokenDigest, at: Timestamp) -> Result<bool> {
        let stored = self.tables_mut()?.recovery_codes.get_mut(&(user_id, digest.0));
        let Some(taken_at) = stored.filter(|taken_at| taken_at.is_none()) else { return Ok(false) };
        *taken_at = Some(at);
        Ok(true)
    }

    async fn count_left(&mut self, user_id: UserId) -> Result<u64> {
        let tables = self.tables();
        let left = tables.recovery_codes.iter().filter(|((owner, _), at)| *owner == user_id && at.is_none());
        Ok(left.count() as u64)
    }
}
