//! Who is in a room, and in which role.

use std::time::Duration;

use chrono::TimeDelta;
use plaza_application::{DeletionOrder, Error, Operator, PageRequest, Result, events::RoomEventBody};
use plaza_domain::{MemberRole, UserId, Version};

use crate::world::{World, heard_changes};

#[tokio::test]
async fn joining_is_told_as_a_change_and_as_a_message() -> Result<()> {
    let world = World::new();
    let (ada, grace) = world.people().await?;
    let room = world.public_room(&ada).await?;
    let mut events = world.ports.bus.subscribe();
    let profile = world.services.memberships.join(&grace, room.id).await?;
    assert_eq!((profile.member.role, profile.user.id), (MemberRole::Member, grace.id()));
    let changes = heard_changes(&mut events);
    assert!(
        matches!(&changes[..], [joined, posted]
            if matches!(&joined.body, RoomEventBody::MemberJoined(told) if **told == profile)
            && matches!(posted.body, RoomEventBody::MessagePosted(_))
            && posted.version == joined.version.next()),
        "{changes:?}"
    );
    Ok(())
}

#[tokio::test]
async fn joining_twice_changes_nothing() -> Result<()> {
    let world = World::new();
    let (ada, grace) = world.people().await?;
    let room = world.shared_room(&ada, &grace).await?;
    let before = world.services.rooms.get(&ada, room.id).await?.room;
    let mut events = world.ports.bus.subscribe();
    let again = world.services.memberships.join(&grace, room.id).await?;
    assert!(again.member.is_present());
    assert_eq!(heard_changes(&mut events), []);
    assert_eq!(world.services.rooms.get(&ada, room.id).await?.room, before);
    Ok(())
}

#[tokio::test]
async fn a_private_room_is_joined_by_invitation_only() -> Result<()> {
    let world = World::new();
    let (ada, grace) = world.people().await?;
    let room = world.private_room(&ada).await?;
    let refused = world.services.memberships.join(&grace, room.id).await;
    assert!(matches!(refused, Err(Error::NotFound("room"))));
    let role = MemberRole::Member;
    world.services.memberships.add(&ada, room.id, grace.id(), role).await?;
    assert_eq!(world.role_in(room.id, grace.id()).await?, Some("member"));
    Ok(())
}

#[tokio::test]
async fn who_left_is_out_and_may_come_back() -> Result<()> {
    let world = World::new();
    let (ada, grace) = world.people().await?;
    let room = world.shared_room(&ada, &grace).await?;
    let members = &world.services.memberships;
    members.leave(&grace, room.id).await?;
    assert_eq!(world.role_in(room.id, grace.id()).await?, None);
    assert!(matches!(world.say(&grace, room.id, "still here").await, Err(Error::NotFound("room"))));
    assert!(matches!(members.leave(&grace, room.id).await, Err(Error::NotFound("member"))));
    members.join(&grace, room.id).await?;
    world.say(&grace, room.id, "back").await?;
    Ok(())
}

#[tokio::test]
async fn who_left_as_admin_comes_back_as_member() -> Result<()> {
    let world = World::new();
    let (ada, grace) = world.people().await?;
    let room = world.shared_room(&ada, &grace).await?;
    let members = &world.services.memberships;
    members.change_role(&ada, room.id, grace.id(), MemberRole::Admin).await?;
    members.leave(&grace, room.id).await?;
    members.join(&grace, room.id).await?;
    assert_eq!(world.role_in(room.id, grace.id()).await?, Some("member"));
    Ok(())
}

#[tokio::test]
async fn a_room_keeps_its_last_owner() -> Result<()> {
    let world = World::new();
    let (ada, grace) = world.people().await?;
    let room = world.shared_room(&ada, &grace).await?;
    let members = &world.services.memberships;
    let admin = MemberRole::Admin;
    for refused in [
        members.leave(&ada, room.id).await.err(),
        members.remove(&ada, room.id, ada.id()).await.err(),
        members.change_role(&ada, room.id, ada.id(), admin).await.err(),
    ] {
        assert!(matches!(refused, Some(Error::Conflict(_))), "{refused:?}");
    }
    members.change_role(&ada, room.id, grace.id(), MemberRole::Owner).await?;
    members.leave(&ada, room.id).await?;
    assert_eq!(world.role_in(room.id, grace.id()).await?, Some("owner"));
    Ok(())
}

#[tokio::test]
async fn admins_add_and_remove_members_and_owners_make_admins() -> Result<()> {
    let world = World::new();
    let (ada, grace) = world.people().await?;
    let (edsger, john) = (world.user("edsger").await?, world.user("john").await?);
    let room = world.shared_room(&ada, &grace).await?;
    let members = &world.services.memberships;
    members.change_role(&ada, room.id, grace.id(), MemberRole::Admin).await?;

    members.add(&grace, room.id, edsger.id(), MemberRole::Member).await?;
    let too_high = members.add(&grace, room.id, john.id(), MemberRole::Admin).await;
    assert!(matches!(too_high, Err(Error::Forbidden(_))));
    let promoted = members.change_role(&grace, room.id, edsger.id(), MemberRole::Admin).await;
    assert!(matches!(promoted, Err(Error::Forbidden(_))));
    let coup = members.remove(&grace, room.id, ada.id()).await;
    assert!(matches!(coup, Err(Error::Forbidden(_))));

    members.remove(&grace, room.id, edsger.id()).await?;
    assert_eq!(world.role_in(room.id, edsger.id()).await?, None);
    members.add(&ada, room.id, john.id(), MemberRole::Admin).await?;
    assert_eq!(world.role_in(room.id, john.id()).await?, Some("admin"));
    Ok(())
}

#[tokio::test]
async fn only_users_who_exist_and_are_not_members_can_be_added() -> Result<()> {
    let world = World::new();
    let (ada, grace) = world.people().await?;
    let room = world.shared_room(&ada, &grace).await?;
    let members = &world.services.memberships;
    let twice = members.add(&ada, room.id, grace.id(), MemberRole::Member).await;
    assert!(matches!(twice, Err(Error::Conflict(_))));
    let nobody = UserId::new(world.ports.ids.next());
    let unknown = members.add(&ada, room.id, nobody, MemberRole::Member).await;
    assert!(matches!(unknown, Err(Error::NotFound("user"))));
    Ok(())
}

#[tokio::test]
async fn a_role_that_is_held_already_is_no_change() -> Result<()> {
    let world = World::new();
    let (ada, grace) = world.people().await?;
    let room = world.shared_room(&ada, &grace).await?;
    let version = world.services.rooms.get(&ada, room.id).await?.room.version;
    let members = &world.services.memberships;
    members.change_role(&ada, room.id, grace.id(), MemberRole::Member).await?;
    assert_eq!(world.services.rooms.get(&ada, room.id).await?.room.version, version);
    let changed = members.change_role(&ada, room.id, grace.id(), MemberRole::Admin).await?;
    assert_eq!(changed.member.version, version.next());
    Ok(())
}

#[tokio::test]
async fn the_list_has_those_who_are_present_in_pages() -> Result<()> {
    let world = World::new();
    let (ada, grace) = world.people().await?;
    let room = world.shared_room(&ada, &grace).await?;
    let members = &world.services.memberships;
    for name in ["edsger", "john", "barbara"] {
        let user = world.user(name).await?;
        members.join(&user, room.id).await?;
    }
    members.leave(&grace, room.id).await?;
    let (mut names, mut cursor) = (Vec::new(), None);
    loop {
        let page = members.list(&ada, room.id, PageRequest::new(cursor, 3)).await?;
        names.extend(page.items.into_iter().map(|profile| profile.user.username.into_string()));
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(names, ["ada", "edsger", "john", "barbara"]);
    Ok(())
}

#[tokio::test]
async fn every_change_takes_a_version_of_its_own() -> Result<()> {
    let world = World::new();
    let (ada, grace) = world.people().await?;
    let room = world.public_room(&ada).await?;
    let mut events = world.ports.bus.subscribe();
    let members = &world.services.memberships;
    members.join(&grace, room.id).await?;
    members.change_role(&ada, room.id, grace.id(), MemberRole::Admin).await?;
    members.remove(&ada, room.id, grace.id()).await?;
    members.add(&ada, room.id, grace.id(), MemberRole::Owner).await?;
    members.leave(&grace, room.id).await?;
    let versions: Vec<Version> = heard_changes(&mut events).iter().map(|change| change.version).collect();
    let first = room.version.next().get();
    let expected: Vec<Version> = (first..first + 9).map(Version::new).collect();
    assert_eq!(versions, expected);
    Ok(())
}

#[tokio::test]
async fn who_cannot_use_their_account_is_not_added_and_who_can_again_is() -> Result<()> {
    let world = World::new();
    let (ada, grace) = world.people().await?;
    let room = world.private_room(&ada).await?;
    let until = world.ports.clock.now() + TimeDelta::hours(1);
    let by = Operator::CommandLine;
    world.services.user_admin.ban(by, grace.id(), "", Some(until)).await?;
    let add =
        async |user_id| world.services.memberships.add(&ada, room.id, user_id, MemberRole::Member).await;
    let refused = add(grace.id()).await;
    assert!(matches!(refused, Err(Error::NotFound("user"))), "{refused:?}");
    // The job that lifts bans has not run yet.
    world.clock.advance(Duration::from_secs(3_600));
    add(grace.id()).await?;

    let eve = world.user("eve").await?;
    let at_once = DeletionOrder { is_immediate: true, ..DeletionOrder::default() };
    world.services.erasure.order(by, eve.id(), at_once).await?;
    let refused = add(eve.id()).await;
    assert!(matches!(refused, Err(Error::NotFound("user"))), "{refused:?}");
    Ok(())
}
