//! Rooms as their members find them.

use async_trait::async_trait;
use plaza_domain::{
    Activity, MAX_COUNTED_MENTIONS, Member, Message, RoomId, RoomOverview, Seq, UserId,
    repository::{OverviewRepository, Result},
};

use super::{
    connection::{Access, Connection},
    table::rows,
    tables::Tables,
};

#[async_trait]
impl<A: Access> OverviewRepository for Connection<A> {
    async fn list(
        &mut self,
        user_id: UserId,
        before: Option<Activity>,
        limit: u64,
    ) -> Result<Vec<RoomOverview>> {
        let tables = self.tables();
        let rooms = tables.rooms.keys().filter_map(|id| overview(&tables, user_id, *id).transpose());
        let mut overviews = rooms.collect::<Result<Vec<_>>>()?;
        overviews.retain(|overview| before.is_none_or(|before| overview.activity() < before));
        overviews.sort_by_key(|overview| std::cmp::Reverse(overview.activity()));
        overviews.truncate(rows(limit));
        Ok(overviews)
    }

    async fn find(&mut self, user_id: UserId, room_id: RoomId) -> Result<Option<RoomOverview>> {
        overview(&self.tables(), user_id, room_id)
    }
}

fn overview(tables: &Tables, user_id: UserId, room_id: RoomId) -> Result<Option<RoomOverview>> {
    let member = tables.members.get(&(room_id, user_id)).filter(|member| member.is_present());
    let Some((room, member)) = tables.live_room(room_id).zip(member) else { return Ok(None) };
    let newest = tables.messages.get(&(room_id, room.last_seq));
    Ok(Some(RoomOverview {
        room: room.clone(),
        peer: None,
        member: member.clone(),
        mute: tables.mutes.get(&(room_id, user_id)).copied(),
        mentions: mentions(tables, member),
        last_message: newest.map(|message| tables.sent(message)).transpose()?,
    }))
}

/// How many unread messages mention the member, by name or with everybody.
fn mentions(tables: &Tables, member: &Member) -> i64 {
    let unread = (member.room_id, member.read_seq.next())..=(member.room_id, Seq::new(i64::MAX));
    let is_meant = |message: &Message| {
        tables.mentions.contains_key(&(message.id, member.user_id))
            || (message.mentions_room && message.sender_id != member.user_id)
    };
    let meant = tables.messages.range(unread).filter(|(_, message)| is_meant(message));
    i64::try_from(meant.take(rows(MAX_COUNTED_MENTIONS)).count()).unwrap_or(i64::MAX)
}
