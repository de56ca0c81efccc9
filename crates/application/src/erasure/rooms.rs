//! Erased users leave their rooms: what was theirs alone goes to who comes first there, or goes with them.

use plaza_domain::{Member, MemberProfile, MemberRole, RoomId, UnitOfWork, UserId};

use super::ErasureService;
use crate::{
    Error, Result,
    events::{Event, RoomEvent, RoomEventBody},
};

impl ErasureService {
    /// Ends a membership and tells the room; false when there was none any more. A room without members is deleted.
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
        match work.erasures().heir(room_id, user_id).await? {
            None => events.push(delete(&mut *work, room_id, now).await?),
            Some(heir) if was_last_owner => events.push(give(&mut *work, room_id, heir).await?),
            Some(_) => {}
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

type Change = (plaza_domain::Version, RoomEventBody);

async fn delete(work: &mut dyn UnitOfWork, room_id: RoomId, now: plaza_domain::Timestamp) -> Result<Change> {
    let version = work.rooms().advance(room_id, 0, 1).await?.version;
    let mut room = work.rooms().find(room_id).await?.ok_or(Error::NotFound("room"))?;
    work.rooms().delete(room_id, now).await?;
    room.deleted_at = Some(now);
    Ok((version, RoomEventBody::RoomDeleted(Box::new(room))))
}

async fn give(work: &mut dyn UnitOfWork, room_id: RoomId, heir: UserId) -> Result<Change> {
    let version = work.rooms().advance(room_id, 0, 1).await?.version;
    let heir = work.members().find_profile(room_id, heir).await?.ok_or(Error::NotFound("member"))?;
    let member = Member { role: MemberRole::Owner, version, ..heir.member };
    work.members().save(&member).await?;
    Ok((version, RoomEventBody::MemberUpdated(Box::new(MemberProfile { member, ..heir }))))
}
