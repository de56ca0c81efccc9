//! Erased users leave their rooms: what was theirs alone goes to who comes first there, or goes with them.

use plaza_domain::{
    AuditAction, AuditActor, AuditTarget, Device, Member, MemberProfile, MemberRole, NewAuditEntry, RoomId,
    Timestamp, UnitOfWork, UserId, Version,
};

use super::ErasureService;
use crate::{
    Error, Result,
    events::{Event, RoomEvent, RoomEventBody},
};

impl ErasureService {
    /// Ends a membership and tells the room; false when there was none any more. A room without members is deleted. What
    /// becomes of the room is written down as the server's own doing.
    pub(super) async fn leave(&self, room_id: RoomId, user_id: UserId) -> Result<bool> {
        let now = self.clock.now();
        let mut work = self.store.begin().await?;
        // Locks the room: who is in it does not change from here on.
        let counters = match work.rooms().advance(room_id, 0, 1).await.map_err(Error::from) {
            Ok(counters) => counters,
            Err(Error::NotFound(_)) => return Ok(false),
            Err(error) => return Err(error),
        };
        let Some(profile) = work.members().find_profile(room_id, user_id).await?.filter(is_present) else {
            return Ok(false);
        };
        let was_last_owner =
            profile.member.role == MemberRole::Owner && work.members().count_owners(room_id).await? <= 1;
        let member = Member { left_at: Some(now), version: counters.version, ..profile.member };
        work.members().save(&member).await?;
        let left = RoomEventBody::MemberLeft(Box::new(MemberProfile { member, ..profile }));
        let mut events = vec![(counters.version, left)];
        let further = match work.erasures().heir(room_id, user_id).await? {
            None => Some(delete(&mut *work, room_id, now).await?),
            Some(heir) if was_last_owner => Some(give(&mut *work, room_id, heir).await?),
            Some(_) => None,
        };
        if let Some(Further { version, body, entry }) = further {
            events.push((version, body));
            work.audit().append(&entry).await?;
        }
        work.commit().await?;
        for (version, body) in events {
            self.bus.publish(Event::Room(RoomEvent { room_id, version, body }));
        }
        Ok(true)
    }
}

fn is_present(profile: &MemberProfile) -> bool {
    profile.member.is_present()
}

/// What becomes of a room whose owner is gone.
struct Further {
    version: Version,
    body: RoomEventBody,
    entry: NewAuditEntry,
}

async fn delete(work: &mut dyn UnitOfWork, room_id: RoomId, now: Timestamp) -> Result<Further> {
    let version = work.rooms().advance(room_id, 0, 1).await?.version;
    let mut room = work.rooms().find(room_id).await?.ok_or(Error::NotFound("room"))?;
    work.rooms().delete(room_id, now).await?;
    room.deleted_at = Some(now);
    let entry = entry(room_id, AuditAction::RoomDeleted, room_id);
    Ok(Further { version, body: RoomEventBody::RoomDeleted(Box::new(room)), entry })
}

async fn give(work: &mut dyn UnitOfWork, room_id: RoomId, heir: UserId) -> Result<Further> {
    let version = work.rooms().advance(room_id, 0, 1).await?.version;
    let heir = work.members().find_profile(room_id, heir).await?.ok_or(Error::NotFound("member"))?;
    let entry = entry(room_id, AuditAction::MemberRoleChanged, heir.member.user_id);
    let entry = entry.with("from", heir.member.role.as_str()).with("to", MemberRole::Owner.as_str());
    let member = Member { role: MemberRole::Owner, version, ..heir.member };
    work.members().save(&member).await?;
    let body = RoomEventBody::MemberUpdated(Box::new(MemberProfile { member, ..heir }));
    Ok(Further { version, body, entry })
}

fn entry(room_id: RoomId, action: AuditAction, target: impl Into<AuditTarget>) -> NewAuditEntry {
    let entry = NewAuditEntry::new(AuditActor::System, Device::default(), action).about(target);
    entry.with("room_id", room_id.to_string())
}
