//! Editing and deleting messages, and what they said before.

use plaza_domain::{
    AuditAction, AuditTarget, Content, InvalidInput, MessageEdit, MessageId, MessageKind, SentMessage,
    Version,
};

use super::{MessageService, mentions, replies::note_deletion};
use crate::{
    Actor, Error, Page, PageRequest, Result, audit,
    events::RoomEventBody,
    policy::{MessageAction, authorize_message, authorize_participation},
};

/// How many edits of a message are remembered; the oldest is forgotten first.
const MAX_EDITS: u64 = 100;

impl MessageService {
    /// Changes what a message says; what it said before is kept.
    ///
    /// # Errors
    /// `Invalid`, `EmailNotVerified`, `Forbidden`, `NotFound`; `Conflict` when it was deleted.
    pub async fn edit(&self, actor: &Actor, id: MessageId, content: &str) -> Result<SentMessage> {
        self.edit_acknowledged(actor, id, content, |_| {}).await
    }

    /// The same; `acknowledge` is called once the change is durable, before anybody else learns of it.
    ///
    /// # Errors
    /// As [`MessageService::edit`]; nothing is acknowledged then.
    pub async fn edit_acknowledged(
        &self,
        actor: &Actor,
        id: MessageId,
        content: &str,
        acknowledge: impl FnOnce(&SentMessage) + Send,
    ) -> Result<SentMessage> {
        authorize_participation(actor)?;
        let content = Content::parse(content)?;
        let mut change = self.transactions.begin(actor, id, MessageAction::Edit).await?;
        if content.is_blank() && change.sent.message.kind == MessageKind::Text {
            return Err(InvalidInput::single("content", "must not be empty").into());
        }
        if change.sent.message.content == content {
            return Ok(change.keep(acknowledge));
        }
        let content_html = self.markup.render(content.as_str());
        let mentions = mentions::names_in(&*self.markup, &content);
        let version = change.next_version().await?;
        let previous = change.sent.message.edit(content, content_html, version, change.now);
        change.work.edits().insert(&previous).await?;
        change.work.edits().trim(id, MAX_EDITS).await?;
        mentions::replace(&mut *change.work, &mut change.sent, &mentions).await?;
        change.commit(RoomEventBody::MessageUpdated, acknowledge).await
    }

    /// Makes a message a tombstone; deleting one twice changes nothing more. What it replied to counts one reply less.
    ///
    /// # Errors
    /// `Forbidden`, `NotFound`.
    pub async fn delete(&self, actor: &Actor, id: MessageId) -> Result<SentMessage> {
        self.delete_acknowledged(actor, id, |_| {}).await
    }

    /// The same; `acknowledge` is called once the change is durable, before anybody else learns of it.
    ///
    /// # Errors
    /// As [`MessageService::delete`]; nothing is acknowledged then.
    pub async fn delete_acknowledged(
        &self,
        actor: &Actor,
        id: MessageId,
        acknowledge: impl FnOnce(&SentMessage) + Send,
    ) -> Result<SentMessage> {
        let mut change = self.transactions.begin(actor, id, MessageAction::Delete).await?;
        if change.sent.message.is_deleted() {
            return Ok(change.keep(acknowledge));
        }
        let version = change.next_version().await?;
        change.sent.message.delete(version, change.now);
        change.sent.reactions.clear();
        change.sent.mentions.clear();
        change.work.messages().forget(id).await?;
        change.store().await?;
        if let Some(root_id) = change.sent.message.parent_id {
            let version = change.next_version().await?;
            change.replied = Some(note_deletion(&mut *change.work, root_id, version).await?);
        }
        let message = &change.sent.message;
        if message.sender_id != actor.id() {
            let entry = audit::by(actor, AuditAction::MessageDeleted).about(AuditTarget::Message(id));
            let entry = entry.with("room_id", message.room_id.to_string());
            let entry = entry.with("sender_id", message.sender_id.to_string());
            change.work.audit().append(&entry).await?;
        }
        change.finish(RoomEventBody::MessageDeleted, acknowledge).await
    }

    /// What a message said before its edits, the newest first; at most its last 100 are remembered. There is nothing of
    /// a message that was deleted.
    ///
    /// # Errors
    /// `Forbidden`, `NotFound`.
    pub async fn edits(
        &self,
        actor: &Actor,
        id: MessageId,
        page: PageRequest<Version>,
    ) -> Result<Page<MessageEdit, Version>> {
        let mut read = self.transactions.store.read().await?;
        let message = read.messages().find(id).await?.ok_or(Error::NotFound("message"))?.message;
        let room = read.rooms().find(message.room_id).await?.ok_or(Error::NotFound("message"))?;
        let membership = read.members().find(room.id, actor.id()).await?;
        authorize_message(actor, MessageAction::ReadEdits, &message, &room, membership.as_ref())?;
        let edits = read.edits().list(id, page.cursor, page.fetch()).await?;
        Ok(page.cut(edits, |edit| edit.version))
    }
}
