//! Accounts that are erased, and what hangs on them.

use std::cmp::Reverse;

use async_trait::async_trait;
use plaza_domain::{
    DueErasure, FileId, Member, Preferences, RoomId, RoomKind, Timestamp, UserId,
    repository::{ErasureRepository, Result},
};

use super::{
    connection::{Access, Connection},
    table::{Table, rows},
};

#[async_trait]
impl<A: Access> ErasureRepository for Connection<A> {
    async fn due(
        &mut self,
        now: Timestamp,
        after: Option<DueErasure>,
        limit: u64,
    ) -> Result<Vec<DueErasure>> {
        let tables = self.tables();
        let leaving = tables.users.values().filter_map(|user| {
            user.erase_at.filter(|at| *at <= now).map(|erase_at| DueErasure { erase_at, user_id: user.id })
        });
        let mut due: Vec<_> = leaving.filter(|it| after.is_none_or(|after| *it > after)).collect();
        due.sort_unstable();
        due.truncate(rows(limit));
        Ok(due)
    }

    async fn lock_admins(&mut self, _: UserId) -> Result<Vec<UserId>> {
        let tables = self.tables();
        Ok(tables.users.values().filter(|user| user.is_lasting_admin()).map(|user| user.id).collect())
    }

    async fn rooms(&mut self, user_id: UserId, after: Option<RoomId>, limit: u64) -> Result<Vec<RoomId>> {
        let tables = self.tables();
        let rooms_there = tables.rooms.values().filter(|room| room.deleted_at.is_none());
        let open = rooms_there.filter(|room| room.kind != RoomKind::Direct);
        let theirs = open.map(|room| room.id).filter(|id| tables.is_present(*id, user_id));
        Ok(theirs.filter(|id| after.is_none_or(|after| *id > after)).take(rows(limit)).collect())
    }

    async fn heir(&mut self, room_id: RoomId, user_id: UserId) -> Result<Option<UserId>> {
        let tables = self.tables();
        let others = tables
            .members
            .values()
            .filter(|member| member.room_id == room_id && member.user_id != user_id && member.is_present());
        let stays = |id: &UserId| {
            tables.users.get(id).is_some_and(|user| user.suspension.is_none() && user.erase_at.is_none())
        };
        let first = others.min_by_key(|member: &&Member| {
            (!stays(&member.user_id), Reverse(member.role), member.joined_at, member.user_id)
        });
        Ok(first.map(|member| member.user_id))
    }

    async fn files(&mut self, user_id: UserId, after: Option<FileId>, limit: u64) -> Result<Vec<FileId>> {
        let tables = self.tables();
        let kept = tables.files.values().filter(|file| file.owner_id == user_id && !file.is_deleted());
        let later = kept.map(|file| file.id).filter(|id| after.is_none_or(|after| *id > after));
        Ok(later.take(rows(limit)).collect())
    }

    async fn forget(&mut self, user_id: UserId, limit: u64) -> Result<u64> {
        let limit = rows(limit);
        let tables = self.tables_mut()?;
        tables.last_seen.remove(&user_id);
        tables.preferences.insert(user_id, Preferences { shows_receipts: false });
        let ended = take(&mut tables.sessions, limit, |_, session| session.user_id == user_id);
        tables.refresh_tokens.retain(|_, token| !ended.contains(&token.session_id));
        let changes = take(&mut tables.username_changes, limit, |_, change| change.user_id == user_id);
        tables.reserved_usernames.retain(|_, id| !changes.contains(id));
        let forgotten = [
            ended.len(),
            changes.len(),
            take(&mut tables.mail_tokens, limit, |(user, _), _| *user == user_id).len(),
            take(&mut tables.identities, limit, |_, identity| identity.user_id == user_id).len(),
            take(&mut tables.totp, limit, |user, _| *user == user_id).len(),
            take(&mut tables.recovery_codes, limit, |(user, _), _| *user == user_id).len(),
            take(&mut tables.friendships, limit, |users, _| users.other(user_id).is_some()).len(),
            take(&mut tables.blocks, limit, |(one, other), _| *one == user_id || *other == user_id).len(),
            take(&mut tables.thread_followers, limit, |(_, user), _| *user == user_id).len(),
            take(&mut tables.read_marks, limit, |(_, user, _), _| *user == user_id).len(),
        ];
        Ok(forgotten.into_iter().sum::<usize>() as u64)
    }
}

/// Removes some rows, and returns their keys.
fn take<K: Clone + Ord, V: Clone>(
    table: &mut Table<K, V>,
    limit: usize,
    is_wanted: impl Fn(&K, &V) -> bool,
) -> Vec<K> {
    let wanted = table.iter().filter(|(key, row)| is_wanted(key, row));
    let keys: Vec<K> = wanted.map(|(key, _)| key.clone()).take(limit).collect();
    for key in &keys {
        table.remove(key);
    }
    keys
}
