//! The change feed, and where a connection begins to follow it.

mod at_once;

use std::sync::Arc;

use plaza_domain::{
    Change, ChangePage, Member, MemberProfile, Repositories, Room, RoomId, Seq, Store, UserId, Version,
    repository::{HistoryRange, SeenMember},
};

use self::at_once::{AtOnce, Gap};
use crate::{
    Actor, Error, Ports, Result,
    direct::hide_cursor_of_other,
    policy::{RoomAction, authorize_room},
    settings::MessageSettings,
};

/// How many of the newest messages come with a reset.
const RESET_PAGE: u64 = 50;
/// The most members whose cursors are shown one by one.
const MAX_SHOWN_CURSORS: u64 = 50;

/// A room that a connection begins to follow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    /// The room as it is.
    pub room: Room,
    /// The actor's membership.
    pub member: Member,
    /// The version from which on changes are missing.
    pub since: Version,
    /// How far each member has read who shows it; only in small rooms, and not of the other one in a direct room that is
    /// closed.
    pub members: Option<Vec<Member>>,
    /// Who is in the room, as the actor may see them; only in small rooms.
    pub seen: Option<Vec<SeenMember>>,
}

/// The change feed of rooms.
pub struct ChangeService {
    store: Arc<dyn Store>,
    max_replay: i64,
    at_once: AtOnce,
}

impl ChangeService {
    pub(crate) fn new(ports: &Ports, settings: &MessageSettings) -> Self {
        Self { store: Arc::clone(&ports.store), max_replay: settings.max_replay, at_once: AtOnce::new() }
    }

    /// What changed in a room after `since`, each thing once and as it is now, at most `limit` things.
    ///
    /// # Errors
    /// `NotFound`, `Forbidden`, `Unavailable`.
    pub async fn page(
        &self,
        actor: &Actor,
        room_id: RoomId,
        since: Version,
        limit: u64,
    ) -> Result<ChangePage> {
        let mut read = self.store.read().await?;
        let (room, _) = find_readable(&mut *read, actor, room_id).await?;
        let mut page = self.shown_page(&mut *read, actor, &room, since, limit).await?;
        if page.reset {
            let newest = read.messages().history(room_id, HistoryRange::Newest, RESET_PAGE).await?;
            page.changes = newest.into_iter().map(|view| Change::Message(Box::new(view))).collect();
        }
        Ok(page)
    }

    /// The same for a connection that follows the room, and reads nothing from a reset: that comes without messages.
    ///
    /// # Errors
    /// `NotFound`, `Forbidden`, `Unavailable`.
    pub async fn missed(
        &self,
        actor: &Actor,
        room_id: RoomId,
        since: Version,
        limit: u64,
    ) -> Result<ChangePage> {
        let _turn = self.at_once.turn().await?;
        let mut read = self.store.read().await?;
        let (room, _) = find_readable(&mut *read, actor, room_id).await?;
        self.shown_page(&mut *read, actor, &room, since, limit).await
    }

    /// The first page of that for who has just subscribed: of the room as it was then, without asking again who they are
    /// to it. Members who come back at the same time share what is read.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn missed_by(
        &self,
        actor: &Actor,
        subscription: &Subscription,
        since: Version,
        limit: u64,
    ) -> Result<ChangePage> {
        // Without a turn: what `subscribe` found must not grow old while one is waited for.
        let mut read = self.store.read().await?;
        let room = &subscription.room;
        let gap = Gap { room_id: room.id, since, head: room.version, limit };
        let page = self.at_once.page(gap, self.read_page(&mut *read, room, since, limit)).await?;
        self.shown(&mut *read, actor, room, page).await
    }

    async fn shown_page(
        &self,
        read: &mut dyn Repositories,
        actor: &Actor,
        room: &Room,
        since: Version,
        limit: u64,
    ) -> Result<ChangePage> {
        let page = self.read_page(read, room, since, limit).await?;
        self.shown(read, actor, room, page).await
    }

    /// A page as the actor may see it.
    async fn shown(
        &self,
        read: &mut dyn Repositories,
        actor: &Actor,
        room: &Room,
        mut page: ChangePage,
    ) -> Result<ChangePage> {
        let profiles = page.changes.iter_mut().filter_map(|change| match change {
            Change::Member(profile) => Some(&mut **profile),
            Change::Message(_) | Change::Room(_) => None,
        });
        hide_cursor_of_other(read, room, actor.id(), profiles).await?;
        Ok(page)
    }

    /// The same without asking who, and without messages on a reset: for the hub, which tells only those it let in.
    ///
    /// # Errors
    /// `NotFound`, `Unavailable`.
    pub async fn feed(&self, room_id: RoomId, since: Version, limit: u64) -> Result<ChangePage> {
        let mut read = self.store.read().await?;
        let room = read.rooms().find(room_id).await?.ok_or(Error::NotFound("room"))?;
        self.read_page(&mut *read, &room, since, limit).await
    }

    /// Checks that the actor may follow a room, and finds from where: `since`, or what has not been delivered yet.
    ///
    /// # Errors
    /// `NotFound`, `Forbidden`, `Unavailable`.
    pub async fn subscribe(
        &self,
        actor: &Actor,
        room_id: RoomId,
        since: Option<Version>,
    ) -> Result<Subscription> {
        let _turn = self.at_once.turn().await?;
        let mut read = self.store.read().await?;
        let (room, membership) = find_readable(&mut *read, actor, room_id).await?;
        let member = membership.ok_or(Error::NotFound("room"))?;
        let since = match since {
            Some(version) => version,
            None if member.delivered_seq == Seq::ZERO => Version::ZERO,
            None => read.messages().version_at(room_id, member.delivered_seq).await?,
        };
        let seen = read.presence().seen_members(room_id, actor.id(), MAX_SHOWN_CURSORS).await?;
        // Who asks is in the room: when nobody is seen, there are too many.
        let seen = Some(seen).filter(|seen| !seen.is_empty());
        let members = match &seen {
            Some(seen) => {
                let mut members: Vec<MemberProfile> = seen.iter().map(|seen| seen.profile.clone()).collect();
                hide_cursor_of_other(&mut *read, &room, actor.id(), &mut members).await?;
                let shown = members.into_iter().filter(|profile| profile.shows_receipts);
                Some(shown.map(|profile| profile.member).collect())
            }
            None => None,
        };
        Ok(Subscription { room, member, since, members, seen })
    }

    /// Checks that the actor may (still) follow a room.
    ///
    /// # Errors
    /// `NotFound`, `Forbidden`, `Unavailable`.
    pub async fn check(&self, actor: &Actor, room_id: RoomId) -> Result<()> {
        let mut read = self.store.read().await?;
        find_readable(&mut *read, actor, room_id).await.map(drop)
    }

    /// The newest change of each of these rooms, in one query: how the hub finds out that it missed something.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn versions(&self, room_ids: &[RoomId]) -> Result<Vec<(RoomId, Version)>> {
        Ok(self.store.read().await?.rooms().versions(room_ids).await?)
    }

    /// A room that was deleted: how the hub learns what its followers were not told.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn find_deleted(&self, room_id: RoomId) -> Result<Option<Room>> {
        Ok(self.store.read().await?.rooms().find_deleted(room_id).await?)
    }

    /// Those of these users who are in the room now: how the hub finds out who follows it no longer.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn present(&self, room_id: RoomId, user_ids: &[UserId]) -> Result<Vec<UserId>> {
        let pairs: Vec<_> = user_ids.iter().map(|user_id| (room_id, *user_id)).collect();
        let senders = self.store.read().await?.members().senders(&pairs).await?;
        Ok(senders.into_iter().map(|sender| sender.user.id).collect())
    }

    async fn read_page(
        &self,
        read: &mut dyn Repositories,
        room: &Room,
        since: Version,
        limit: u64,
    ) -> Result<ChangePage> {
        // Everything is read up to the version that the room had first: what changes while we read comes next time,
        // as the three lists are not read at one moment.
        let (head, last_seq) = (room.version, room.last_seq);
        let nothing =
            |reset| ChangePage { changes: Vec::new(), version: head, last_seq, has_more: false, reset };
        if since > head || head.ahead_of(since) > self.max_replay {
            return Ok(nothing(true));
        }
        if since == head {
            return Ok(nothing(false));
        }
        let messages = read.messages().changed_since(room.id, since, limit + 1).await?;
        // Every change has a version of its own: when messages have all of them, nothing else has changed.
        let told = messages.iter().filter(|view| view.message.version <= head).count();
        let members = if i64::try_from(told) == Ok(head.ahead_of(since)) {
            Vec::new()
        } else {
            read.members().changed_since(room.id, since, limit + 1).await?
        };
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let is_cut = messages.len() > limit || members.len() > limit;
        let details = (room.details_version > since).then(|| Change::Room(Box::new(room.clone())));
        let (mut changes, later): (Vec<_>, Vec<_>) = messages
            .into_iter()
            .map(|view| Change::Message(Box::new(view)))
            .chain(members.into_iter().map(|profile| Change::Member(Box::new(profile))))
            .chain(details)
            .partition(|change| change.version() <= head);
        changes.sort_unstable_by_key(Change::version);
        // What was there at `head` and changed while we read is on no page yet: whoever went on with the events after
        // `head` would be told that something changed which they have never seen.
        let is_overtaken = later.iter().any(|change| change.first_version() <= head);
        let is_too_long = changes.len() > limit;
        changes.truncate(limit);
        let version = changes.last().filter(|_| is_too_long).map_or(head, Change::version);
        let has_more = is_too_long || is_cut || is_overtaken;
        Ok(ChangePage { changes, version, last_seq, has_more, reset: false })
    }
}

/// A room that the actor may read, and their membership of it.
async fn find_readable(
    read: &mut dyn Repositories,
    actor: &Actor,
    room_id: RoomId,
) -> Result<(Room, Option<Member>)> {
    let found = read.rooms().find_with_member(room_id, actor.id()).await?;
    let (room, membership) = found.ok_or(Error::NotFound("room"))?;
    authorize_room(actor, RoomAction::Read, &room, membership.as_ref())?;
    Ok((room, membership))
}
