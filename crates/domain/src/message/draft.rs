//! Messages that have no place yet: the one way in which messages are made.

use super::{Message, MessageKind, SystemEvent};
use crate::{
    ClientId, Content, FileId, InvalidInput, Mentions, MessageId, RoomEpoch, RoomId, Seq, Timestamp, UserId,
    Version,
};

/// A message that has no place yet. The constructors are the only way to make one, and
/// [`MessageDraft::place`] the only way from there to a [`Message`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageDraft {
    kind: MessageKind,
    content: Content,
    content_html: String,
    file_id: Option<FileId>,
    image_url: Option<String>,
    parent_id: Option<MessageId>,
    client_id: Option<ClientId>,
    system_event: Option<SystemEvent>,
    mentions: Mentions,
}

impl MessageDraft {
    /// Words.
    ///
    /// # Errors
    /// When there are none.
    pub fn text(content: Content) -> Result<Self, InvalidInput> {
        if content.is_blank() {
            return Err(InvalidInput::single("content", "must not be empty"));
        }
        Ok(Self::new(MessageKind::Text, content))
    }

    /// A picture that was uploaded, with or without words. `url` is the short form that simple clients know it by.
    pub fn image(file_id: FileId, url: Option<String>, caption: Content) -> Self {
        Self { file_id: Some(file_id), image_url: url, ..Self::new(MessageKind::Image, caption) }
    }

    /// An upload, with or without words.
    pub fn file(file_id: FileId, caption: Content) -> Self {
        Self { file_id: Some(file_id), ..Self::new(MessageKind::File, caption) }
    }

    /// Something that happened. Longer text than a message may have is cut.
    pub fn system(event: SystemEvent, text: &str) -> Self {
        let content = Content::cut(text);
        Self { system_event: Some(event), ..Self::new(MessageKind::System, content) }
    }

    fn new(kind: MessageKind, content: Content) -> Self {
        Self {
            kind,
            content,
            content_html: String::new(),
            file_id: None,
            image_url: None,
            parent_id: None,
            client_id: None,
            system_event: None,
            mentions: Mentions::default(),
        }
    }

    /// Makes it a reply.
    #[must_use]
    pub fn reply_to(self, parent_id: Option<MessageId>) -> Self {
        Self { parent_id, ..self }
    }

    /// Names the send, so that it can be repeated safely.
    #[must_use]
    pub fn with_client_id(self, client_id: Option<ClientId>) -> Self {
        Self { client_id, ..self }
    }

    /// Sets what the content looks like: sanitised HTML.
    #[must_use]
    pub fn rendered(self, content_html: String) -> Self {
        Self { content_html, ..self }
    }

    /// Sets the names that it mentions.
    #[must_use]
    pub fn mentioning(self, mentions: Mentions) -> Self {
        Self { mentions, ..self }
    }

    /// What it carries.
    pub fn kind(&self) -> MessageKind {
        self.kind
    }

    /// What was written.
    pub fn content(&self) -> &Content {
        &self.content
    }

    /// What that looks like, as sanitised HTML.
    pub fn content_html(&self) -> &str {
        &self.content_html
    }

    /// The send's name.
    pub fn client_id(&self) -> Option<&ClientId> {
        self.client_id.as_ref()
    }

    /// The upload it carries.
    pub fn file_id(&self) -> Option<FileId> {
        self.file_id
    }

    /// The short form of a picture's address.
    pub fn image_url(&self) -> Option<&str> {
        self.image_url.as_deref()
    }

    /// What it replies to.
    pub fn parent_id(&self) -> Option<MessageId> {
        self.parent_id
    }

    /// What a system message tells.
    pub fn system_event(&self) -> Option<SystemEvent> {
        self.system_event
    }

    /// The names that it mentions.
    pub fn mentions(&self) -> &Mentions {
        &self.mentions
    }

    /// Gives it its place in a room: from here on it is a message. Whom it mentions is known once its names are
    /// found among the room's members: see [`SentMessage::mention`](super::SentMessage::mention).
    pub fn place(self, place: Placement) -> Message {
        Message {
            id: place.id,
            room_id: place.room_id,
            seq: place.seq,
            version: place.version,
            created_version: place.version,
            sender_id: place.sender_id,
            kind: self.kind,
            content: self.content,
            content_html: self.content_html,
            client_id: self.client_id,
            file_id: self.file_id,
            image_url: self.image_url,
            parent_id: self.parent_id,
            system_event: self.system_event,
            reply_count: 0,
            last_reply_at: None,
            pinned: None,
            reaction_count: 0,
            mention_count: 0,
            mentions_room: false,
            created_at: place.created_at,
            edited_at: None,
            deleted_at: None,
        }
    }
}

/// A message that has everything but its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewMessage {
    /// Its id.
    pub id: MessageId,
    /// Its room.
    pub room_id: RoomId,
    /// Who wrote it.
    pub sender_id: UserId,
    /// When.
    pub created_at: Timestamp,
    /// What it says.
    pub draft: MessageDraft,
    /// The room's epoch when the sender was looked up.
    pub epoch: RoomEpoch,
}

impl NewMessage {
    /// Gives it its place.
    pub fn place(self, seq: Seq, version: Version) -> Message {
        let Self { id, room_id, sender_id, created_at, draft, epoch: _ } = self;
        draft.place(Placement { id, room_id, seq, version, sender_id, created_at })
    }
}

/// Where and when a draft becomes a message, and whose it is.
#[derive(Clone, Copy, Debug)]
pub struct Placement {
    /// The new message's id.
    pub id: MessageId,
    /// Its room.
    pub room_id: RoomId,
    /// Its place.
    pub seq: Seq,
    /// The change that it is.
    pub version: Version,
    /// Who wrote it, or did what a system message tells.
    pub sender_id: UserId,
    /// When.
    pub created_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_without_words_is_refused() {
        for blank in ["", "  \n\t ", "\u{0}\u{1}", "\u{200b}"] {
            let refused = Content::parse(blank).map(MessageDraft::text);
            assert!(matches!(refused, Ok(Err(_))), "{blank:?} was accepted");
        }
    }
}
