//! Who is in which room.

use async_trait::async_trait;
use plaza_domain::{
    Member, MemberProfile, MemberRole, Mute, RoomId, Seq, UserId, UserPair, Version,
    repository::{MemberRepository, Result, Sender},
};

use super::{
    connection::{Access, Connection},
    table::{each_once, rows},
    tables::Tables,
};

#[async_trait]
impl<A: Access> MemberRepository for Connection<A> {
    async fn find(&mut self, room_id: RoomId, user_id: UserId) -> Result<Option<Member>> {
        Ok(self.tables().members.get(&(room_id, user_id)).cloned())
    }

    async fn find_profile(&mut self, room_id: RoomId, user_id: UserId) -> Result<Option<MemberProfile>> {
        let tables = self.tables();
        let member = tables.members.get(&(room_id, user_id));
        member.map(|member| tables.profile(member)).transpose()
    }

    async fn save(&mut self, member: &Member) -> Result<()> {
        let tables = self.tables_mut()?;
        tables.rooms.require(&member.room_id)?;
        tables.users.require(&member.user_id)?;
        let stored = tables.members.entry((member.room_id, member.user_id)).or_insert_with(|| member.clone());
        *stored = Member { delivered_seq: stored.delivered_seq, read_seq: stored.read_seq, ..member.clone() };
        Ok(())
    }

    async fn list(
        &mut self,
        room_id: RoomId,
        after: Option<UserId>,
        limit: u64,
    ) -> Result<Vec<MemberProfile>> {
        let tables = self.tables();
        members_of(&tables, room_id)
            .filter(|member| member.is_present() && after.is_none_or(|after| member.user_id > after))
            .take(rows(limit))
            .map(|member| tables.profile(member))
            .collect()
    }

    async fn changed_since(
        &mut self,
        room_id: RoomId,
        since: Version,
        limit: u64,
    ) -> Result<Vec<MemberProfile>> {
        let tables = self.tables();
        let mut changed: Vec<_> =
            members_of(&tables, room_id).filter(|member| member.version > since).collect();
        changed.sort_by_key(|member| member.version);
        let page = changed.into_iter().take(rows(limit));
        page.map(|member| tables.profile(member)).collect()
    }

    async fn count_owners(&mut self, room_id: RoomId) -> Result<u64> {
        let tables = self.tables();
        let owners = members_of(&tables, room_id)
            .filter(|member| member.is_present() && member.role == MemberRole::Owner)
            .count();
        Ok(owners as u64)
    }

    async fn senders(&mut self, pairs: &[(RoomId, UserId)]) -> Result<Vec<Sender>> {
        let tables = self.tables();
        let sender = |(room_id, user_id)| {
            let user = tables.users.get(&user_id)?;
            let room = tables.live_room(room_id)?;
            let may_post = tables.is_present(room_id, user_id) && user.suspension.is_none();
            may_post.then(|| Sender { room_id, kind: room.kind, user: user.summary(), epoch: room.epoch() })
        };
        Ok(each_once(pairs).into_iter().filter_map(sender).collect())
    }

    async fn share_room(&mut self, users: UserPair) -> Result<bool> {
        let tables = self.tables();
        let mut rooms = tables.rooms.values().filter(|room| room.deleted_at.is_none());
        Ok(rooms.any(|room| users.users().into_iter().all(|user_id| tables.is_present(room.id, user_id))))
    }

    async fn rooms_of(&mut self, user_id: UserId, limit: u64) -> Result<Vec<RoomId>> {
        let tables = self.tables();
        let rooms = tables.rooms.values().filter(|room| room.deleted_at.is_none());
        let mine = rooms.filter(|room| tables.is_present(room.id, user_id));
        Ok(mine.map(|room| room.id).take(rows(limit)).collect())
    }

    async fn mute(&mut self, room_id: RoomId, user_id: UserId, mute: Option<Mute>) -> Result<bool> {
        let tables = self.tables_mut()?;
        if !tables.is_present(room_id, user_id) {
            return Ok(false);
        }
        match mute {
            Some(mute) => drop(tables.mutes.insert((room_id, user_id), mute)),
            None => drop(tables.mutes.remove(&(room_id, user_id))),
        }
        Ok(true)
    }

    async fn advance_read(&mut self, room_id: RoomId, user_id: UserId, seq: Seq) -> Result<bool> {
        let members = &mut self.tables_mut()?.members;
        let behind = members.get_mut(&(room_id, user_id)).filter(|member| member.read_seq < seq);
        let Some(member) = behind else { return Ok(false) };
        member.read_seq = seq;
        member.delivered_seq = member.delivered_seq.max(seq);
        Ok(true)
    }

    async fn undelivered(
        &mut self,
        user_id: UserId,
        seen: &[(RoomId, Version)],
    ) -> Result<Vec<(RoomId, Seq)>> {
        let tables = self.tables();
        let undelivered = |&(room_id, version): &(RoomId, Version)| {
            let member = tables.members.get(&(room_id, user_id)).filter(|member| member.is_present())?;
            let posted = tables.messages.values().filter(|message| message.room_id == room_id);
            let place =
                posted.filter(|message| message.created_version <= version).map(|message| message.seq);
            Some((room_id, place.max().filter(|seq| *seq > member.delivered_seq)?))
        };
        Ok(seen.iter().filter_map(undelivered).collect())
    }

    async fn advance_delivered(&mut self, room_id: RoomId, user_id: UserId, seq: Seq) -> Result<bool> {
        let members = &mut self.tables_mut()?.members;
        let behind = members.get_mut(&(room_id, user_id)).filter(|member| member.delivered_seq < seq);
        let Some(member) = behind else { return Ok(false) };
        member.delivered_seq = seq;
        Ok(true)
    }
}

/// Every membership of a room, also ended ones, by rising user id.
pub(super) fn members_of(tables: &Tables, room_id: RoomId) -> impl Iterator<Item = &Member> {
    let first = (room_id, UserId::new(uuid::Uuid::nil()));
    tables
        .members
        .range(first..)
        .map(|(_, member)| member)
        .take_while(move |member| member.room_id == room_id)
}
