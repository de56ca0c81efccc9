//! Links in mails.

use async_trait::async_trait;
use plaza_domain::{
    MailPurpose, MailToken, TaskId, Timestamp, TokenDigest, UserId,
    repository::{MailTokenRepository, Result},
};

use super::{
    connection::{Access, Connection},
    table::rows,
};

#[async_trait]
impl<A: Access> MailTokenRepository for Connection<A> {
    async fn replace(&mut self, token: &MailToken) -> Result<()> {
        let tables = self.tables_mut()?;
        tables.users.require(&token.user_id)?;
        tables.mail_tokens.insert((token.user_id, token.purpose), token.clone());
        Ok(())
    }

    async fn find(&mut self, task_id: TaskId) -> Result<Option<MailToken>> {
        Ok(self.tables().mail_tokens.values().find(|token| token.task_id == task_id).cloned())
    }

    async fn find_by_digest(&mut self, digest: TokenDigest) -> Result<Option<MailToken>> {
        Ok(self.tables().mail_tokens.values().find(|token| token.digest == digest).cloned())
    }

    async fn find_for(&mut self, user_id: UserId, purpose: MailPurpose) -> Result<Option<MailToken>> {
        Ok(self.tables().mail_tokens.get(&(user_id, purpose)).cloned())
    }

    async fn consume(&mut self, task_id: TaskId, at: Timestamp) -> Result<bool> {
        let tokens = &mut self.tables_mut()?.mail_tokens;
        let token = tokens.values_mut().find(|token| token.task_id == task_id && token.is_live(at));
        let Some(token) = token else { return Ok(false) };
        token.used_at = Some(at);
        Ok(true)
    }

    async fn void(&mut self, user_id: UserId) -> Result<()> {
        self.tables_mut()?.mail_tokens.retain(|(owner, _), _| *owner != user_id);
        Ok(())
    }

    async fn purge(&mut self, before: Timestamp, limit: u64) -> Result<u64> {
        let tokens = &mut self.tables_mut()?.mail_tokens;
        let expired = tokens.iter().filter(|(_, token)| token.expires_at < before);
        let expired: Vec<_> = expired.map(|(key, _)| *key).take(rows(limit)).collect();
        for key in &expired {
            tokens.remove(key);
        }
        Ok(expired.len() as u64)
    }
}
