//! Posting and reading messages.

use std::sync::Arc;

use plaza_domain::{
    ClientId, Content, FileId, InvalidInput, MessageDraft, MessageId, MessageKind, RoomId, SentMessage,
    Validator, repository::HistoryRange,
};
use tokio::sync::oneshot;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    batch::BatchContext,
    committer::{Acknowledged, Committer, Completion, Job},
    mentions,
    recent_senders::RecentSenders,
    repeats::Repeats,
    transaction::MessageTransactions,
};
use crate::{
    Actor, Error, Ports, Result,
    media_url::file_id_of,
    page::MAX_PAGE,
    policy::{RoomAction, authorize_participation, authorize_reading, authorize_room},
    ports::Markup,
    settings::MessageSettings,
};

/// What posting takes, besides where.
#[derive(Clone, Debug)]
pub struct MessageInput {
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
    pub(super) transactions: MessageTransactions,
    pub(super) markup: Arc<dyn Markup>,
    committer: Committer,
}

impl MessageService {
    pub(crate) fn start(
        ports: &Ports,
        settings: &MessageSettings,
        recent: &Arc<RecentSenders>,
        tracker: &TaskTracker,
        shutdown: &CancellationToken,
    ) -> Self {
        let context = Arc::new(BatchContext {
            store: Arc::clone(&ports.store),
            clock: Arc::clone(&ports.clock),
            ids: Arc::clone(&ports.ids),
            bus: Arc::clone(&ports.bus),
            repeats: Repeats::default(),
            recent: Arc::clone(recent),
        });
        let committer = Committer::start(&context, settings.lanes, tracker, shutdown);
        let transactions = MessageTransactions::new(ports);
        Self { transactions, markup: Arc::clone(&ports.markup), committer }
    }

    /// Posts a message and waits until it is durable.
    ///
    /// # Errors
    /// `Invalid`; `EmailNotVerified`; `NotFound` when the actor is not in the room; `Conflict` when the client id names a message of
    /// another room; `Unavailable` when the message could not be stored or too many are waiting.
    pub async fn post(&self, actor: &Actor, room_id: RoomId, input: MessageInput) -> Result<Posted> {
        let (sender, receiver) = oneshot::channel();
        // The receiver is gone when the request was: the message is stored all the same.
        let completion =
            |outcome: Result<Acknowledged<'_>>| drop(sender.send(outcome.map(Acknowledged::to_posted)));
        self.submit(actor, room_id, self.draft(input)?, Box::new(completion));
        receiver.await.unwrap_or_else(|gone| Err(Error::Unavailable(gone.into())))
    }

    /// Posts a message and calls `completion` once its outcome is known, for a stored message before anybody else
    /// learns of it. Returns at once; messages of one caller are stored in the order of the calls.
    pub fn submit(&self, actor: &Actor, room_id: RoomId, draft: MessageDraft, completion: Completion) {
        if let Err(refused) = authorize_participation(actor) {
            return completion(Err(refused));
        }
        self.committer.submit(Job { sender_id: actor.id(), room_id, draft, completion });
    }

    /// Checks what is to be said and renders it, before anything is done about where.
    ///
    /// # Errors
    /// `Invalid`.
    pub fn draft(&self, input: MessageInput) -> Result<MessageDraft> {
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
                    return Err(
                        InvalidInput::single("image_url", "must be the picture that file_id names").into()
                    );
                }
                MessageDraft::image(file_id, input.image_url, content)
            }
            MessageKind::System => {
                return Err(InvalidInput::single("message_type", "must be text, image or file").into());
            }
        };
        let content_html = self.markup.render(draft.content().as_str());
        let mentions = mentions::names_in(&*self.markup, draft.content());
        let draft = draft.rendered(content_html).mentioning(mentions);
        Ok(draft.reply_to(input.parent_id).with_client_id(client_id))
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
        let mut read = self.transactions.store.read().await?;
        let found = read.rooms().find_with_member(room_id, actor.id()).await?;
        let (room, membership) = found.ok_or(Error::NotFound("room"))?;
        authorize_room(actor, RoomAction::Read, &room, membership.as_ref())?;
        let limit = limit.clamp(1, MAX_PAGE);
        let messages = read.messages().history(room_id, range, limit + 1).await?;
        Ok(range.cut(messages, limit))
    }

    /// A message of a room that the actor may read.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn get(&self, actor: &Actor, id: MessageId) -> Result<SentMessage> {
        let mut read = self.transactions.store.read().await?;
        let view = read.messages().find(id).await?.ok_or(Error::NotFound("message"))?;
        let found = read.rooms().find_with_member(view.message.room_id, actor.id()).await?;
        let (room, membership) = found.ok_or(Error::NotFound("message"))?;
        authorize_reading(actor, &room, membership.as_ref())?;
        Ok(view)
    }
}
