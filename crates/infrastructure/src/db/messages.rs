//! Messages.

use std::collections::HashMap;

use async_trait::async_trait;
use futures::try_join;
use plaza_domain::repository::{HistoryRange, MessageRepository, Result, append::placed};
use plaza_domain::{
    ClientId, Emoji, Message, MessageId, NewMessage, Reaction, RoomId, SentMessage, Seq, UserId, UserSummary,
    Version,
};
use sea_orm::sea_query::SelectStatement;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, QueryFilter, QueryResult,
    QueryTrait,
};

use super::entity::message::{ActiveModel, Column, Entity, Model};
use super::entity::{columns::Columns, mention, message_edit, reaction, user};
use super::error::{from_db, is_undone};
use super::queries;
use super::rooms::raised;
use super::session::{MAX_KEYS, Session, found, value};

/// What a message is posted with for good.
const UNCHANGEABLE: [Column; 10] = [
    Column::Id,
    Column::RoomId,
    Column::Seq,
    Column::CreatedVersion,
    Column::SenderId,
    Column::Kind,
    Column::ClientId,
    Column::ParentId,
    Column::SystemEvent,
    Column::CreatedAt,
];

#[async_trait]
impl<C: ConnectionTrait + Send> MessageRepository for Session<C> {
    async fn insert(&mut self, messages: &[Message]) -> Result<()> {
        match self.backend() {
            DbBackend::Postgres => {
                for messages in messages.chunks(MAX_KEYS) {
                    self.execute(&queries::new_messages::in_arrays(messages)).await?;
                }
            }
            _ => {
                for messages in queries::new_messages::parts(messages) {
                    self.execute(&queries::new_messages::in_rows(messages)).await?;
                }
            }
        }
        Ok(())
    }

    async fn find(&mut self, id: MessageId) -> Result<Option<SentMessage>> {
        Ok(self.views(&queries::messages::find(id)).await?.pop())
    }

    async fn find_many(&mut self, ids: &[MessageId]) -> Result<Vec<SentMessage>> {
        let mut found = Vec::with_capacity(ids.len());
        for ids in ids.chunks(MAX_KEYS) {
            found.extend(self.views(&queries::messages::find_many(ids)).await?);
        }
        Ok(found)
    }

    async fn rooms_of(&mut self, ids: &[MessageId]) -> Result<Vec<(MessageId, RoomId)>> {
        let mut rooms = Vec::with_capacity(ids.len());
        for ids in ids.chunks(MAX_KEYS) {
            for row in self.rows(&queries::messages::rooms_of(ids)).await? {
                let id = MessageId::new(value(&row, Column::Id)?);
                rooms.push((id, RoomId::new(value(&row, Column::RoomId)?)));
            }
        }
        Ok(rooms)
    }

    async fn find_by_client_ids(&mut self, keys: &[(UserId, ClientId)]) -> Result<Vec<SentMessage>> {
        let mut found = Vec::new();
        for keys in keys.chunks(MAX_KEYS) {
            found.extend(self.views(&queries::messages::find_by_client_ids(keys)).await?);
        }
        Ok(found)
    }

    async fn history(
        &mut self,
        room_id: RoomId,
        range: HistoryRange,
        limit: u64,
    ) -> Result<Vec<SentMessage>> {
        let mut views = self.views(&queries::messages::history(room_id, range, limit)).await?;
        if !matches!(range, HistoryRange::After(_)) {
            views.reverse();
        }
        Ok(views)
    }

    async fn changed_since(
        &mut self,
        room_id: RoomId,
        since: Version,
        limit: u64,
    ) -> Result<Vec<SentMessage>> {
        self.views(&queries::messages::changed_since(room_id, since, limit)).await
    }

    async fn version_at(&mut self, room_id: RoomId, seq: Seq) -> Result<Version> {
        let row = self.row(&queries::messages::version_at(room_id, seq)).await?;
        let version = row.map(|row| value(&row, Column::CreatedVersion)).transpose()?;
        Ok(version.map_or(Version::ZERO, Version::new))
    }

    async fn update(&mut self, message: &Message) -> Result<()> {
        let mut changed = ActiveModel::from(message);
        UNCHANGEABLE.into_iter().for_each(|column| changed.not_set(column));
        let update = Entity::update_many().set(changed).filter(Column::Id.eq(message.id.uuid()));
        let rows = self.execute(&update.into_query()).await?;
        found(rows, "message")
    }

    async fn forget(&mut self, id: MessageId) -> Result<()> {
        let id = id.uuid();
        let edits = message_edit::Entity::delete_many().filter(message_edit::Column::MessageId.eq(id));
        let reactions = reaction::Entity::delete_many().filter(reaction::Column::MessageId.eq(id));
        let mentions = mention::Entity::delete_many().filter(mention::Column::MessageId.eq(id));
        self.execute(&edits.into_query()).await?;
        self.execute(&reactions.into_query()).await?;
        self.execute(&mentions.into_query()).await.map(drop)
    }
}

impl<C: ConnectionTrait> Session<C> {
    /// Stores new messages at the ends of their rooms, as Postgres can: at least one, by one statement. What was surely not
    /// done is tried once more: others cannot know, and would not dare to repeat what has no name.
    pub(super) async fn append(&self, messages: Vec<NewMessage>) -> Result<Vec<Message>> {
        let append = queries::append::append(&messages);
        let rows = match self.rows(&append).await {
            Err(error) if is_undone(&error) => self.rows(&append).await?,
            appended => appended?,
        };
        let raised = rows.iter().map(raised).collect::<Result<Vec<_>>>()?;
        Ok(placed(messages, &raised))
    }

    /// The messages that a query gives, with all that people see of them.
    pub(super) async fn views(&self, query: &SelectStatement) -> Result<Vec<SentMessage>> {
        let rows = self.rows(query).await?;
        self.views_in(&rows).await
    }

    /// The same, when the rows are at hand.
    pub(super) async fn views_in(&self, rows: &[QueryResult]) -> Result<Vec<SentMessage>> {
        let mut views = rows.iter().map(view).collect::<Result<Vec<_>>>()?;
        self.complete(&mut views.iter_mut().collect::<Vec<_>>()).await?;
        Ok(views)
    }

    /// Adds what is not in the rows of the messages themselves, in one round trip.
    pub(super) async fn complete(&self, views: &mut [&mut SentMessage]) -> Result<()> {
        let reacted = ids_of(views, |message| message.reaction_count > 0);
        let mentioning = ids_of(views, |message| message.mention_count > 0);
        let (mut reactions, mut mentions) =
            try_join!(self.reactions_to(&reacted), self.mentioned_by(&mentioning))?;
        for view in views {
            view.reactions = Reaction::group(reactions.remove(&view.message.id).unwrap_or_default());
            view.mentions = mentions.remove(&view.message.id).unwrap_or_default();
        }
        Ok(())
    }

    async fn reactions_to(&self, ids: &[MessageId]) -> Result<HashMap<MessageId, Vec<(Emoji, UserId)>>> {
        let mut reactions: HashMap<MessageId, Vec<_>> = HashMap::new();
        for ids in ids.chunks(MAX_KEYS) {
            for row in self.rows(&queries::messages::reactions(ids)).await? {
                let id = MessageId::new(value(&row, reaction::Column::MessageId)?);
                let emoji = Emoji::from_stored(value(&row, reaction::Column::Emoji)?);
                let user_id = UserId::new(value(&row, reaction::Column::UserId)?);
                reactions.entry(id).or_default().push((emoji, user_id));
            }
        }
        Ok(reactions)
    }

    async fn mentioned_by(&self, ids: &[MessageId]) -> Result<HashMap<MessageId, Vec<UserSummary>>> {
        let mut mentions: HashMap<MessageId, Vec<_>> = HashMap::new();
        for ids in ids.chunks(MAX_KEYS) {
            for row in self.rows(&queries::messages::mentions(ids)).await? {
                let id = MessageId::new(value(&row, mention::Column::MessageId)?);
                mentions.entry(id).or_default().push(user::summary(&row).map_err(from_db)?);
            }
        }
        Ok(mentions)
    }
}

/// Most messages have nothing that must be looked up elsewhere: then there is nothing to ask for.
fn ids_of(views: &[&mut SentMessage], has: impl Fn(&Message) -> bool) -> Vec<MessageId> {
    views.iter().map(|view| &view.message).filter(|message| has(message)).map(|message| message.id).collect()
}

/// Reads a row that begins as [`queries::messages::views`] has it.
fn view(row: &QueryResult) -> Result<SentMessage> {
    let mut columns = Columns::of(row);
    let message = Model::take(&mut columns).map_err(from_db)?.try_into()?;
    Ok(SentMessage::new(message, user::take_summary(&mut columns).map_err(from_db)?))
}
