//! Messages.

use std::{collections::BTreeSet, sync::Arc};

use async_trait::async_trait;
use plaza_domain::{
    ClientId, Message, MessageId, RoomId, SentMessage, Seq, UserId, Version,
    repository::{Constraint, HistoryRange, MessageRepository, RepositoryError, Result},
};

use super::{
    connection::{Access, Connection},
    table::{each_once, rows},
    tables::{Place, Tables},
};

#[async_trait]
impl<A: Access> MessageRepository for Connection<A> {
    async fn insert(&mut self, messages: &[Message]) -> Result<()> {
        let tables = self.tables_mut()?;
        // One statement: all of them or none.
        let mut after = tables.clone();
        messages.iter().try_for_each(|message| insert(&mut after, message))?;
        *tables = after;
        Ok(())
    }

    async fn find(&mut self, id: MessageId) -> Result<Option<SentMessage>> {
        let tables = self.tables();
        tables.message(id).map(|message| tables.sent(message)).transpose()
    }

    async fn find_many(&mut self, ids: &[MessageId]) -> Result<Vec<SentMessage>> {
        let tables = self.tables();
        let found = each_once(ids).into_iter().filter_map(|id| tables.message(id));
        found.map(|message| tables.sent(message)).collect()
    }

    async fn rooms_of(&mut self, ids: &[MessageId]) -> Result<Vec<(MessageId, RoomId)>> {
        let tables = self.tables();
        let room = |id| tables.message_places.get(&id).map(|place| (id, place.0));
        Ok(each_once(ids).into_iter().filter_map(room).collect())
    }

    async fn find_by_client_ids(&mut self, keys: &[(UserId, ClientId)]) -> Result<Vec<SentMessage>> {
        let tables = self.tables();
        let places: BTreeSet<&Place> = keys
            .iter()
            .filter_map(|(sender, name)| tables.client_ids.get(&(*sender, name.to_string())))
            .collect();
        let found = places.into_iter().filter_map(|place| tables.messages.get(place));
        found.map(|message| tables.sent(message)).collect()
    }

    async fn history(
        &mut self,
        room_id: RoomId,
        range: HistoryRange,
        limit: u64,
    ) -> Result<Vec<SentMessage>> {
        let tables = self.tables();
        let all = all_of(&tables, room_id);
        part(all, range, limit).into_iter().map(|message| tables.sent(message)).collect()
    }

    async fn changed_since(
        &mut self,
        room_id: RoomId,
        since: Version,
        limit: u64,
    ) -> Result<Vec<SentMessage>> {
        let tables = self.tables();
        let mut changed: Vec<_> = all_of(&tables, room_id).filter(|m| m.version > since).collect();
        changed.sort_by_key(|message| message.version);
        let page = changed.into_iter().take(rows(limit));
        page.map(|message| tables.sent(message)).collect()
    }

    async fn version_at(&mut self, room_id: RoomId, seq: Seq) -> Result<Version> {
        let tables = self.tables();
        let message = tables.messages.get(&(room_id, seq));
        Ok(message.map_or(Version::ZERO, |message| message.created_version))
    }

    async fn update(&mut self, message: &Message) -> Result<()> {
        let tables = self.tables_mut()?;
        let place = tables.message_places.get(&message.id);
        let place = *place.ok_or(RepositoryError::NotFound { entity: "message" })?;
        let stored = tables.messages.change(&place, "message")?;
        // Everything that a message is posted with for good is the same in both.
        *stored = Arc::new(message.clone());
        Ok(())
    }

    async fn forget(&mut self, id: MessageId) -> Result<()> {
        let tables = self.tables_mut()?;
        tables.message_edits.retain(|(message_id, _), _| *message_id != id);
        tables.reactions.retain(|(message_id, ..), _| *message_id != id);
        tables.mentions.retain(|(message_id, _), _| *message_id != id);
        Ok(())
    }
}

fn insert(tables: &mut Tables, message: &Message) -> Result<()> {
    tables.rooms.require(&message.room_id)?;
    tables.users.require(&message.sender_id)?;
    if let Some(file_id) = &message.file_id {
        tables.files.require(file_id)?;
    }
    if let Some(parent_id) = &message.parent_id {
        tables.message_places.require(parent_id)?;
    }
    let place = (message.room_id, message.seq);
    if let Some(client_id) = &message.client_id {
        let key = (message.sender_id, client_id.to_string());
        tables.client_ids.insert_new(key, place, Constraint::MessageClientId)?;
    }
    tables.messages.insert_new(place, Arc::new(message.clone()), Constraint::MessageSeq)?;
    tables.message_places.insert_new(message.id, place, Constraint::Other)
}

/// A part of some messages that come by rising `seq`.
pub(super) fn part<'a>(
    all: impl DoubleEndedIterator<Item = &'a Message>,
    range: HistoryRange,
    limit: u64,
) -> Vec<&'a Message> {
    let limit = rows(limit);
    let mut page: Vec<&Message> = match range {
        HistoryRange::Newest => all.rev().take(limit).collect(),
        HistoryRange::Before(seq) => all.rev().filter(|m| m.seq < seq).take(limit).collect(),
        HistoryRange::After(seq) => all.filter(|m| m.seq > seq).take(limit).collect(),
    };
    page.sort_by_key(|message| message.seq);
    page
}

/// Every message of a room, by rising `seq`.
pub(super) fn all_of(tables: &Tables, room_id: RoomId) -> impl DoubleEndedIterator<Item = &Message> {
    let places = (room_id, Seq::ZERO)..=(room_id, Seq::new(i64::MAX));
    tables.messages.range(places).map(|(_, message)| &**message)
}
