//! Who is mentioned where.

use std::collections::BTreeMap;

use async_trait::async_trait;
use plaza_domain::{
    Mention, MessageId, RoomId, SentMessage, UserId, UserSummary, Username,
    repository::{Caller, Constraint, MentionRepository, Result},
};

use super::{
    connection::{Access, Connection},
    table::{each_once, rows},
};

#[async_trait]
impl<A: Access> MentionRepository for Connection<A> {
    async fn named(&mut self, names: &[(RoomId, Username)]) -> Result<Vec<(RoomId, UserSummary)>> {
        let tables = self.tables();
        let mut named = BTreeMap::new();
        for user in tables.users.values().filter(|user| user.suspension.is_none()) {
            let meant = names
                .iter()
                .filter(|(room_id, name)| user.username == *name && tables.is_present(*room_id, user.id));
            named.extend(meant.map(|(room_id, _)| ((*room_id, user.id), user.summary())));
        }
        Ok(named.into_iter().map(|((room_id, _), user)| (room_id, user)).collect())
    }

    async fn callers(&mut self, pairs: &[(RoomId, UserId)], most: u64) -> Result<Vec<Caller>> {
        let tables = self.tables();
        let caller = |(room_id, user_id)| {
            let member = tables.members.get(&(room_id, user_id)).filter(|member| member.is_present())?;
            let present =
                tables.members.values().filter(|other| other.room_id == room_id && other.is_present());
            let members = present.take(rows(most)).count() as u64;
            Some(Caller { room_id, user_id, role: member.role, members })
        };
        Ok(each_once(pairs).into_iter().filter_map(caller).collect())
    }

    async fn insert(&mut self, mentions: &[Mention]) -> Result<()> {
        let tables = self.tables_mut()?;
        for mention in mentions {
            tables.message_places.require(&mention.message_id)?;
            tables.users.require(&mention.user_id)?;
            let key = (mention.message_id, mention.user_id);
            tables.mentions.insert_new(key, (mention.room_id, mention.seq), Constraint::Other)?;
        }
        Ok(())
    }

    async fn delete(&mut self, id: MessageId) -> Result<()> {
        self.tables_mut()?.mentions.retain(|(message_id, _), _| *message_id != id);
        Ok(())
    }

    async fn list(
        &mut self,
        user_id: UserId,
        before: Option<MessageId>,
        limit: u64,
    ) -> Result<Vec<SentMessage>> {
        let tables = self.tables();
        let mine = tables.mentions.iter().rev().filter(|((message_id, mentioned), (room_id, _))| {
            *mentioned == user_id
                && before.is_none_or(|before| *message_id < before)
                && tables.live_room(*room_id).is_some()
                && tables.is_present(*room_id, user_id)
        });
        let messages = mine.filter_map(|((message_id, _), _)| tables.message(*message_id));
        messages.take(rows(limit)).map(|message| tables.sent(message)).collect()
    }
}
