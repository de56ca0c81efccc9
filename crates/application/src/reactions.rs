//! Reactions to messages.

use plaza_domain::{Emoji, MessageId, Reaction, ReactionEntry, SentMessage, UserId};

use crate::{
    Actor, Error, Page, PageRequest, Ports, Result,
    events::RoomEventBody,
    messages::{MessageTransaction, MessageTransactions},
    policy::{MessageAction, authorize_participation, authorize_reading},
};

/// The most different emoji under a message.
const MAX_EMOJI: usize = 20;
/// The most reactions to a message, of all users and emoji.
const MAX_REACTIONS: i64 = 1_000;

/// Reactions to messages.
pub struct ReactionService {
    transactions: MessageTransactions,
}

impl ReactionService {
    pub(crate) fn new(ports: &Ports) -> Self {
        Self { transactions: MessageTransactions::new(ports) }
    }

    /// Reacts to a message; reacting with the same emoji again changes nothing. `acknowledge` is called once the
    /// reaction is durable, before anybody else learns of it.
    ///
    /// # Errors
    /// `EmailNotVerified`; `Invalid` when it is not one emoji; `Forbidden`, `NotFound`; `Conflict` when the message was
    /// deleted or has as many reactions as it may have. Nothing is acknowledged then.
    pub async fn react(
        &self,
        actor: &Actor,
        id: MessageId,
        emoji: &str,
        acknowledge: impl FnOnce(&SentMessage) + Send,
    ) -> Result<SentMessage> {
        authorize_participation(actor)?;
        let emoji = Emoji::parse(emoji)?;
        let mut change = self.transactions.begin(actor, id, MessageAction::React).await?;
        if has_reacted(&change.sent, actor.id(), &emoji) {
            return Ok(change.keep(acknowledge));
        }
        leave_room_for(&change.sent, &emoji)?;
        let now = change.now;
        change.work.reactions().insert(id, actor.id(), &emoji, now).await?;
        commit(change, acknowledge).await
    }

    /// Takes a reaction back; taking back what is not there changes nothing. `acknowledge` is called as in
    /// [`ReactionService::react`].
    ///
    /// # Errors
    /// `Invalid` when it is not one emoji; `Forbidden`, `NotFound`; `Conflict` when the message was deleted. Nothing is
    /// acknowledged then.
    pub async fn unreact(
        &self,
        actor: &Actor,
        id: MessageId,
        emoji: &str,
        acknowledge: impl FnOnce(&SentMessage) + Send,
    ) -> Result<SentMessage> {
        let emoji = Emoji::parse(emoji)?;
        let mut change = self.transactions.begin(actor, id, MessageAction::React).await?;
        if !has_reacted(&change.sent, actor.id(), &emoji) {
            return Ok(change.keep(acknowledge));
        }
        change.work.reactions().delete(id, actor.id(), &emoji).await?;
        commit(change, acknowledge).await
    }

    /// Who reacted to a message with what, by user.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn list(
        &self,
        actor: &Actor,
        id: MessageId,
        page: PageRequest<(UserId, Emoji)>,
    ) -> Result<Page<ReactionEntry, (UserId, Emoji)>> {
        let mut read = self.transactions.store.read().await?;
        let room_id = read.messages().rooms_of(&[id]).await?.first().map(|(_, room_id)| *room_id);
        let room_id = room_id.ok_or(Error::NotFound("message"))?;
        let room = read.rooms().find(room_id).await?.ok_or(Error::NotFound("message"))?;
        let membership = read.members().find(room_id, actor.id()).await?;
        authorize_reading(actor, &room, membership.as_ref())?;
        let limit = page.fetch();
        let reactions = read.reactions().list(id, page.cursor.clone(), limit).await?;
        Ok(page.cut(reactions, |entry| (entry.user.id, entry.emoji.clone())))
    }
}

async fn commit(
    mut change: MessageTransaction<'_>,
    acknowledge: impl FnOnce(&SentMessage) + Send,
) -> Result<SentMessage> {
    let reactions = change.work.reactions().find_all(change.sent.message.id).await?;
    let version = change.next_version().await?;
    change.sent.react(reactions, version);
    change.commit(RoomEventBody::MessageUpdated, acknowledge).await
}

fn has_reacted(sent: &SentMessage, user_id: UserId, emoji: &Emoji) -> bool {
    let same = |reaction: &&Reaction| reaction.emoji == *emoji;
    sent.reactions.iter().find(same).is_some_and(|reaction| reaction.user_ids.contains(&user_id))
}

fn leave_room_for(sent: &SentMessage, emoji: &Emoji) -> Result<()> {
    let is_new = !sent.reactions.iter().any(|reaction| reaction.emoji == *emoji);
    if is_new && sent.reactions.len() >= MAX_EMOJI {
        return Err(Error::Conflict(format!("a message takes at most {MAX_EMOJI} different emoji")));
    }
    if sent.message.reaction_count >= MAX_REACTIONS {
        return Err(Error::Conflict(format!("a message takes at most {MAX_REACTIONS} reactions")));
    }
    Ok(())
}
