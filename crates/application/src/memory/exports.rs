//! What there is about a user.

use async_trait::async_trait;
use plaza_domain::{
    Emoji, FileId, FilePurpose, Member, Message, MessageId, Room, RoomId, Timestamp, UserId,
    repository::{ExportRepository, Result, Stretch},
};

use super::{
    connection::{Access, Connection},
    table::rows,
    tables::Tables,
};

#[async_trait]
impl<A: Access> ExportRepository for Connection<A> {
    async fn rooms(
        &mut self,
        user_id: UserId,
        after: Option<RoomId>,
        limit: u64,
    ) -> Result<Vec<(Room, Member)>> {
        let tables = self.tables();
        let theirs = tables.members.values().filter(|member| member.user_id == user_id);
        let later = theirs.filter(|member| after.is_none_or(|after| member.room_id > after));
        let with_room = later.filter_map(|member| Some((tables.rooms.get(&member.room_id)?, member)));
        Ok(with_room.map(|(room, member)| (room.clone(), member.clone())).take(rows(limit)).collect())
    }

    async fn messages(&mut self, user_id: UserId, stretch: Stretch) -> Result<Vec<Message>> {
        let tables = self.tables();
        let theirs = within(&tables, stretch).filter(|message| message.sender_id == user_id);
        Ok(theirs.cloned().collect())
    }

    async fn reactions(
        &mut self,
        user_id: UserId,
        stretch: Stretch,
    ) -> Result<Vec<(MessageId, Emoji, Timestamp)>> {
        let tables = self.tables();
        let given = within(&tables, stretch).flat_map(|message| {
            let here = tables.reactions.range((message.id, user_id, String::new())..);
            here.take_while(|((id, user, _), _)| *id == message.id && *user == user_id)
        });
        Ok(given.map(|((id, _, emoji), at)| (*id, Emoji::from_stored(emoji.clone()), *at)).collect())
    }

    async fn archives_of(&mut self, user_id: UserId) -> Result<Vec<FileId>> {
        let tables = self.tables();
        let theirs = tables.files.values().filter(|file| file.owner_id == user_id && !file.is_deleted());
        Ok(theirs.filter(|file| file.purpose == FilePurpose::Export).map(|file| file.id).collect())
    }

    async fn archives(&mut self, before: Timestamp, limit: u64) -> Result<Vec<FileId>> {
        let tables = self.tables();
        let archives = tables.files.values().filter(|file| file.purpose == FilePurpose::Export);
        let old = archives.filter(|file| !file.is_deleted() && file.created_at < before);
        let mut old: Vec<_> = old.map(|file| (file.created_at, file.id)).collect();
        old.sort_unstable();
        Ok(old.into_iter().map(|(_, id)| id).take(rows(limit)).collect())
    }
}

fn within(tables: &Tables, stretch: Stretch) -> impl Iterator<Item = &Message> {
    let Stretch { room_id, after, through } = stretch;
    let there = tables.messages.range((room_id, after)..=(room_id, through));
    there.map(|(_, message)| &**message).filter(move |message| message.seq > after)
}
