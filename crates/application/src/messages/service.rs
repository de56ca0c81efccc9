//! Posting, reading, editing and deleting messages.

use std::sync::Arc;

use plaza_domain::{
    ClientId, Content, FileId, InvalidInput, Message, MessageDraft, MessageId, MessageKind, RoomId,
    SentMessage, UnitOfWork, Validator, Version, repository::HistoryRange,
};
use tokio::sync::oneshot;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    batch::BatchContext,
    committer::{Committer, Completion, Job},
};
use crate::{
    Actor, Error, Ports, Result,
    events::{Event, RoomEvent, RoomEventBody},
    media_url::file_id_of,
    page::MAX_PAGE,
    policy::{MessageAction, RoomAction, authorize_message, authorize_room},
    ports::Markup,
    settings::MessageSettings,
};

/// What posting takes.
#[derive(Clone, Debug)]
pub struct MessageInput {
    /// Where.
    pub room_id: RoomId,
    /// What it carries; not `System`.
    pub kind: MessageKind,
    /// Markdown.
    pub content: String,
    /// The sender's own upload, for pictures and files.
    pub file_id: Option<FileId>,
    /// The same by its short form, `/media/<id>.<extension>`, for pictures.
    pub image_url: Option<String>,
    /// What it replies to.
    pub parent_id: Option<MessageId>,
    /// The send's name, so that repeating it does not repeat the message.
    pub client_id: Option<String>,
}

/// A message that is durable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Posted {
    /// The message.
    pub view: SentMessage,
    /// Whether it was stored by an earlier send with the same client id.
    pub duplicate: bool,
}

/// Messages.
pub struct MessageService {
    context: Arc<BatchContext>,
    markup: Arc<dyn Markup>,
    committer: Committer,
}

impl MessageService {
    pub(crate) fn start(
        ports: &Ports,
        settings: &MessageSettings,
        tracker: &TaskTracker,
        shutdown: &CancellationToken,
    ) -> Self {
        let context = Arc::new(BatchContext {
            store: Arc::clone(&ports.store),
            clock: Arc::clone(&ports.clock),
            ids: Arc::clone(&ports.ids),
            bus: Arc::clone(&ports.bus),
        });
        let committer = Committer::start(&context, settings.lanes, tracker, shutdown);
        Self { context, markup: Arc::clone(&ports.markup), committer }
    }

    /// Posts a message and waits until it is durable.
    ///
    /// # Errors
    /// `Invalid`; `NotFound` when the actor is not in the room; `Conflict` when the client id names a message of
    /// another room; `Unavailable` when the message could not be stored or too many are waiting.
    pub async fn post(&self, actor: &Actor, input: MessageInput) -> Result<Posted> {
        let (sender, receiver) = oneshot::channel();
        self.submit(
            actor,
            input,
            // The receiver is gone when the request was: the message is stored all the same.
            Box::new(|outcome| drop(sender.send(outcome))),
        );
        receiver.await.unwrap_or_else(|gone| Err(Error::Unavailable(gone.into())))
    }

    /// Posts a message and calls `completion` once its outcome is known, for a stored message before anybody else
    /// learns of it. Returns at once; messages of one caller are stored in the order of the calls.
    pub fn submit(&self, actor: &Actor, input: MessageInput, completion: Completion) {
        let room_id = input.room_id;
        match self.draft(input) {
            Ok(draft) => self.committer.submit(Job { sender_id: actor.id(), room_id, draft, completion }),
            Err(refusal) => completion(Err(refusal.into())),
        }
    }

    fn draft(&self, input: MessageInput) -> std::result::Result<MessageDraft, InvalidInput> {
        let mut check = Validator::default();
        let content = check.field(Content::parse(&input.content));
        let client_id = check.field(input.client_id.as_deref().map(ClientId::parse).transpose());
        let (content, client_id) = check.finish((content, client_id))?;
        let draft = match input.kind {
            MessageKind::Text => MessageDraft::text(content)?,
            MessageKind::File => {
                let file_id =
                    input.file_id.ok_or_else(|| InvalidInput::single("file_id", "is required for a file"))?;
                MessageDraft::file(file_id, content)
            }
            MessageKind::Image => {
                let linked = input.image_url.as_deref().map(file_id_of).transpose()?;
                let file_id = input.file_id.or(linked);
                let file_id = file_id.ok_or_else(|| {
                    InvalidInput::single("file_id", "or image_url is required for a picture")
                })?;
                if linked.is_some_and(|linked| linked != file_id) {
                    return Err(InvalidInput::single("image_url", "must be the picture that file_id names"));
                }
                MessageDraft::image(file_id, input.image_url, content)
            }
            MessageKind::System => {
                return Err(InvalidInput::single("message_type", "must be text, image or file"));
            }
        };
        let content_html = self.markup.render(draft.content().as_str());
        Ok(draft.rendered(content_html).reply_to(input.parent_id).with_client_id(client_id))
    }

    /// A part of a room's history, by rising `seq`, at most [`MAX_PAGE`], and whether there is more in that direction.
    ///
    /// # Errors
    /// `NotFound`, `Forbidden`.
    pub async fn history(
        &self,
        actor: &Actor,
        room_id: RoomId,
        range: HistoryRange,
        limit: u64,
    ) -> Result<(Vec<SentMessage>, bool)> {
        let mut read = self.context.store.read().await?;
        let room = read.rooms().find(room_id).await?.ok_or(Error::NotFound("room"))?;
        let membership = read.members().find(room_id, actor.id()).await?;
        authorize_room(actor, RoomAction::Read, &room, membership.as_ref())?;
        let limit = limit.clamp(1, MAX_PAGE);
        let mut messages = read.messages().history(room_id, range, limit + 1).await?;
        let has_more = messages.len() as u64 > limit;
        if has_more {
            // One too many was read; it is the one farthest from where the page begins.
            match range {
                HistoryRange::After(_) => drop(messages.pop()),
                HistoryRange::Newest | HistoryRange::Before(_) => drop(messages.remove(0)),
            }
        }
        Ok((messages, has_more))
    }

    /// A message of a room that the actor may read.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn get(&self, actor: &Actor, id: MessageId) -> Result<SentMessage> {
        let mut read = self.context.store.read().await?;
        let view = read.messages().find(id).await?.ok_or(Error::NotFound("message"))?;
        let room = read.rooms().find(view.message.room_id).await?.ok_or(Error::NotFound("message"))?;
        let membership = read.members().find(room.id, actor.id()).await?;
        authorize_room(actor, RoomAction::Read, &room, membership.as_ref())
            .map_err(|_| Error::NotFound("message"))?;
        Ok(view)
    }

    /// Changes what a message says; what it said before is kept.
    ///
    /// # Errors
    /// `Invalid`, `Forbidden`, `NotFound`; `Conflict` when it was deleted.
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
        let content = Content::parse(content)?;
        let (mut work, mut view) = self.open(actor, id, MessageAction::Edit).await?;
        if content.is_blank() && view.message.kind == MessageKind::Text {
            return Err(InvalidInput::single("content", "must not be empty").into());
        }
        if view.message.content == content {
            acknowledge(&view);
            return Ok(view);
        }
        let content_html = self.markup.render(content.as_str());
        let version = next_version(&mut *work, &view.message).await?;
        let previous = view.message.edit(content, content_html, version, self.context.clock.now());
        work.messages().insert_edit(&previous).await?;
        work.messages().update(&view.message).await?;
        work.commit().await?;
        acknowledge(&view);
        self.announce(&view, RoomEventBody::MessageUpdated);
        Ok(view)
    }

    /// Makes a message a tombstone; deleting one twice changes nothing more.
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
        let (mut work, mut view) = self.open(actor, id, MessageAction::Delete).await?;
        if view.message.is_deleted() {
            acknowledge(&view);
            return Ok(view);
        }
        let version = next_version(&mut *work, &view.message).await?;
        view.message.delete(version, self.context.clock.now());
        view.reactions.clear();
        view.mentions.clear();
        work.messages().forget(id).await?;
        work.messages().update(&view.message).await?;
        work.commit().await?;
        acknowledge(&view);
        self.announce(&view, RoomEventBody::MessageDeleted);
        Ok(view)
    }

    /// Locks the message's room, so that changes of one message come one after the other, and checks the actor.
    async fn open(
        &self,
        actor: &Actor,
        id: MessageId,
        action: MessageAction,
    ) -> Result<(Box<dyn UnitOfWork>, SentMessage)> {
        let mut work = self.context.store.begin().await?;
        let room_id = work.messages().rooms_of(&[id]).await?.first().map(|(_, room_id)| *room_id);
        let room_id = room_id.ok_or(Error::NotFound("message"))?;
        work.rooms().advance(room_id, 0, 0).await.map_err(|error| hide_room(error.into()))?;
        let room = work.rooms().find(room_id).await?.ok_or(Error::NotFound("message"))?;
        let view = work.messages().find(id).await?.ok_or(Error::NotFound("message"))?;
        let membership = work.members().find(room_id, actor.id()).await?;
        authorize_room(actor, RoomAction::Read, &room, membership.as_ref())
            .map_err(|_| Error::NotFound("message"))?;
        authorize_message(actor, action, &view.message, &room, membership.as_ref())?;
        Ok((work, view))
    }

    fn announce(&self, view: &SentMessage, body: fn(Box<SentMessage>) -> RoomEventBody) {
        let Message { room_id, version, .. } = view.message;
        self.context.bus.publish(Event::Room(RoomEvent {
            room_id,
            version,
            body: body(Box::new(view.clone())),
        }));
    }
}

async fn next_version(work: &mut dyn UnitOfWork, message: &Message) -> Result<Version> {
    Ok(work.rooms().advance(message.room_id, 0, 1).await?.version)
}

fn hide_room(error: Error) -> Error {
    match error {
        Error::NotFound(_) => Error::NotFound("message"),
        other => other,
    }
}
