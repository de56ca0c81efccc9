//! Who is in a room, and in which role.

use plaza_domain::{
    AuditAction, Member, MemberProfile, MemberRole, RoomId, Seq, SystemEvent, UserId, UserSummary, Version,
};

use super::transaction::{RoomTransaction, RoomTransactions};
use crate::{
    Actor, Error, Page, PageRequest, Ports, Result,
    acquaintances::find_for,
    direct::hide_cursor_of_other,
    events::{RoomEventBody, UserEvent},
    policy::{RoomAction, UserAction, authorize_room},
};

/// Memberships of rooms.
pub struct MembershipService {
    pub(super) transactions: RoomTransactions,
}

impl MembershipService {
    pub(crate) fn new(ports: &Ports) -> Self {
        Self { transactions: RoomTransactions::new(ports) }
    }

    /// Those who are in the room now.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn list(
        &self,
        actor: &Actor,
        room_id: RoomId,
        page: PageRequest<UserId>,
    ) -> Result<Page<MemberProfile, UserId>> {
        let mut read = self.transactions.store.read().await?;
        let found = read.rooms().find_with_member(room_id, actor.id()).await?;
        let (room, membership) = found.ok_or(Error::NotFound("room"))?;
        authorize_room(actor, RoomAction::View, &room, membership.as_ref())?;
        let mut members = read.members().list(room_id, page.cursor, page.fetch()).await?;
        hide_cursor_of_other(&mut *read, &room, actor.id(), &mut members).await?;
        Ok(page.cut(members, |profile| profile.member.user_id))
    }

    /// Makes the actor a member of a public room; once is enough.
    ///
    /// # Errors
    /// `NotFound` for a private room.
    pub async fn join(&self, actor: &Actor, room_id: RoomId) -> Result<MemberProfile> {
        let mut change = self.transactions.begin(actor, room_id, RoomAction::Join).await?;
        if change.membership.as_ref().is_some_and(Member::is_present) {
            return change.present_member(actor.id()).await;
        }
        let former = change.membership.take();
        let profile = admit(&mut change, former, actor.user.clone(), MemberRole::Member).await?;
        change.post_system(SystemEvent::MemberJoined, &format!("{} joined", actor.user.username)).await?;
        change.commit().await?;
        Ok(profile)
    }

    /// Ends the actor's membership.
    ///
    /// # Errors
    /// `NotFound` when there is none; `Conflict` for the last owner.
    pub async fn leave(&self, actor: &Actor, room_id: RoomId) -> Result<()> {
        let mut change = self.transactions.begin(actor, room_id, RoomAction::Leave).await?;
        let profile = change.present_member(actor.id()).await?;
        dismiss(&mut change, profile).await?;
        change.post_system(SystemEvent::MemberLeft, &format!("{} left", actor.user.username)).await?;
        change.commit().await
    }

    /// Makes somebody else a member. Roles above `member` are given by owners only.
    ///
    /// # Errors
    /// `Forbidden`, `NotFound`; `Conflict` when they are one already.
    pub async fn add(
        &self,
        actor: &Actor,
        room_id: RoomId,
        user_id: UserId,
        role: MemberRole,
    ) -> Result<MemberProfile> {
        let action = if role > MemberRole::Member { RoomAction::ChangeRole } else { RoomAction::AddMember };
        let mut change = self.transactions.begin(actor, room_id, action).await?;
        let user = find_for(&mut *change.work, actor, UserAction::See, user_id).await?;
        if user.is_suspended(change.now) {
            return Err(Error::NotFound("user"));
        }
        let user = user.summary();
        let former = change.work.members().find(room_id, user_id).await?;
        if former.as_ref().is_some_and(Member::is_present) {
            return Err(Error::Conflict("the user is a member already".to_owned()));
        }
        let text = format!("{} added {}", actor.user.username, user.username);
        let profile = admit(&mut change, former, user, role).await?;
        change.post_system(SystemEvent::MemberAdded, &text).await?;
        let room = Box::new(change.room.clone().into());
        change.tell(UserEvent::RoomAdded { user_id, room });
        if role > MemberRole::Member || change.is_moderation() {
            let entry = change.entry(AuditAction::MemberAdded).about(user_id).with("role", role.as_str());
            change.work.audit().append(&entry).await?;
        }
        change.commit().await?;
        Ok(profile)
    }

    /// Gives a member another role.
    ///
    /// # Errors
    /// `Forbidden`, `NotFound`; `Conflict` when the room would lose its last owner.
    pub async fn change_role(
        &self,
        actor: &Actor,
        room_id: RoomId,
        user_id: UserId,
        role: MemberRole,
    ) -> Result<MemberProfile> {
        let mut change = self.transactions.begin(actor, room_id, RoomAction::ChangeRole).await?;
        let profile = change.present_member(user_id).await?;
        if profile.member.role == role {
            return Ok(profile);
        }
        keep_an_owner(&mut change, &profile.member).await?;
        let entry = change.entry(AuditAction::MemberRoleChanged).about(user_id);
        let entry = entry.with("from", profile.member.role.as_str()).with("to", role.as_str());
        let member = Member { role, ..profile.member };
        let profile = change.save_member(member, profile.user, RoomEventBody::MemberUpdated).await?;
        change.work.audit().append(&entry).await?;
        change.commit().await?;
        Ok(profile)
    }

    /// Ends somebody's membership; one's own, too.
    ///
    /// # Errors
    /// `Forbidden`, `NotFound`; `Conflict` for the last owner.
    pub async fn remove(&self, actor: &Actor, room_id: RoomId, user_id: UserId) -> Result<()> {
        if user_id == actor.id() {
            return self.leave(actor, room_id).await;
        }
        let mut change = self.transactions.begin(actor, room_id, RoomAction::View).await?;
        let profile = change.present_member(user_id).await?;
        let action = RoomAction::RemoveMember(profile.member.role);
        authorize_room(actor, action, &change.room, change.membership.as_ref())?;
        let text = format!("{} removed {}", actor.user.username, profile.user.username);
        dismiss(&mut change, profile).await?;
        change.post_system(SystemEvent::MemberRemoved, &text).await?;
        let entry = change.entry(AuditAction::MemberRemoved).about(user_id);
        change.work.audit().append(&entry).await?;
        change.commit().await
    }
}

/// Makes the user a member. Who comes back goes on reading where they left; who is new begins here.
async fn admit(
    change: &mut RoomTransaction<'_>,
    former: Option<Member>,
    user: UserSummary,
    role: MemberRole,
) -> Result<MemberProfile> {
    let newest: Seq = change.room.last_seq;
    let (delivered_seq, read_seq) =
        former.map_or((newest, newest), |member| (member.delivered_seq, member.read_seq));
    let joined_version: Version = change.room.version.next();
    let member = Member {
        room_id: change.room.id,
        user_id: user.id,
        role,
        joined_at: change.now,
        left_at: None,
        version: joined_version,
        joined_version,
        delivered_seq,
        read_seq,
    };
    change.save_member(member, user, RoomEventBody::MemberJoined).await
}

async fn dismiss(change: &mut RoomTransaction<'_>, profile: MemberProfile) -> Result<()> {
    keep_an_owner(change, &profile.member).await?;
    let member = Member { left_at: Some(change.now), ..profile.member };
    change.save_member(member, profile.user, RoomEventBody::MemberLeft).await.map(drop)
}

async fn keep_an_owner(change: &mut RoomTransaction<'_>, member: &Member) -> Result<()> {
    if member.role == MemberRole::Owner && change.work.members().count_owners(member.room_id).await? <= 1 {
        return Err(Error::Conflict(
            "a room keeps at least one owner: make somebody else one first".to_owned(),
        ));
    }
    Ok(())
}
