//! Reactions to messages.

use async_trait::async_trait;
use plaza_domain::{
    Emoji, MessageId, Reaction, ReactionEntry, Timestamp, UserId,
    repository::{ReactionRepository, Result},
};

use super::{
    connection::{Access, Connection},
    table::rows,
};

#[async_trait]
impl<A: Access> ReactionRepository for Connection<A> {
    async fn insert(
        &mut self,
        message_id: MessageId,
        user_id: UserId,
        emoji: &Emoji,
        at: Timestamp,
    ) -> Result<bool> {
        let tables = self.tables_mut()?;
        tables.message_places.require(&message_id)?;
        tables.users.require(&user_id)?;
        let key = (message_id, user_id, emoji.as_str().to_owned());
        let is_new = !tables.reactions.contains_key(&key);
        tables.reactions.entry(key).or_insert(at);
        Ok(is_new)
    }

    async fn delete(&mut self, message_id: MessageId, user_id: UserId, emoji: &Emoji) -> Result<bool> {
        let key = (message_id, user_id, emoji.as_str().to_owned());
        Ok(self.tables_mut()?.reactions.remove(&key).is_some())
    }

    async fn find_all(&mut self, message_id: MessageId) -> Result<Vec<Reaction>> {
        Ok(self.tables().reactions_to(message_id))
    }

    async fn list(
        &mut self,
        message_id: MessageId,
        after: Option<(UserId, Emoji)>,
        limit: u64,
    ) -> Result<Vec<ReactionEntry>> {
        let tables = self.tables();
        let after = after.map(|(user_id, emoji)| (user_id, emoji.into_string()));
        let of_message = tables.reactions.iter().filter(|((id, ..), _)| *id == message_id);
        let page = of_message
            .filter(|((_, user_id, emoji), _)| {
                after.as_ref().is_none_or(|(user, known)| (user_id, emoji) > (user, known))
            })
            .take(rows(limit));
        page.map(|((_, user_id, emoji), at)| {
            let emoji = Emoji::from_stored(emoji.clone());
            Ok(ReactionEntry { user: tables.summary(*user_id)?, emoji, created_at: *at })
        })
        .collect()
    }
}
