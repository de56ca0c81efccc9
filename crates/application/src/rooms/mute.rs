//! Being left alone by a room.

use plaza_domain::{InvalidInput, Mute, RoomId, Timestamp};

use super::MembershipService;
use crate::{
    Actor, Error, Result,
    policy::{RoomAction, authorize_room},
};

impl MembershipService {
    /// Notes that the actor wants to be left alone by a room until a moment, or until they say otherwise. Nobody else
    /// learns of it.
    ///
    /// # Errors
    /// `Invalid` when the moment is over; `Forbidden` or `NotFound` for those who are not in the room.
    pub async fn mute(&self, actor: &Actor, room_id: RoomId, until: Option<Timestamp>) -> Result<()> {
        let mute = until.map_or(Mute::Indefinitely, Mute::until);
        if !mute.lasts_at(self.transactions.clock.now()) {
            return Err(InvalidInput::single("until", "must be in the future").into());
        }
        self.set_mute(actor, room_id, Some(mute)).await
    }

    /// Ends that; once is enough.
    ///
    /// # Errors
    /// `Forbidden` or `NotFound` for those who are not in the room.
    pub async fn unmute(&self, actor: &Actor, room_id: RoomId) -> Result<()> {
        self.set_mute(actor, room_id, None).await
    }

    async fn set_mute(&self, actor: &Actor, room_id: RoomId, mute: Option<Mute>) -> Result<()> {
        let mut read = self.transactions.store.read().await?;
        let found = read.rooms().find_with_member(room_id, actor.id()).await?;
        let (room, membership) = found.ok_or(Error::NotFound("room"))?;
        authorize_room(actor, RoomAction::Read, &room, membership.as_ref())?;
        let mut work = self.transactions.store.begin().await?;
        if !work.members().mute(room_id, actor.id(), mute).await? {
            return Err(Error::NotFound("room"));
        }
        Ok(work.commit().await?)
    }
}
