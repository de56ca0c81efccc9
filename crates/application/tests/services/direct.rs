//! Direct rooms: one for each two users, hidden from all others, and never changed.

use futures::future::join_all;
use plaza_application::{
    Actor, Error, NewRoom, PageRequest, Result, RoomUpdate,
    events::{DirectActivity, Event, UserEvent},
};
use plaza_domain::{
    MemberRole, RoomId, RoomKind, SystemRole, UserId, UserPair, Version,
    repository::{HistoryRange, RoomFilter},
};

use crate::world::{World, heard, text};

async fn direct_room(world: &World, one: &Actor, other: &Actor) -> Result<RoomId> {
    world.services.direct.room_with(one, other.id()).await
}

#[tokio::test]
async fn two_users_have_one_room_and_each_sees_the_other() -> Result<()> {
    let world = World::new();
    let (ada, grace) = world.people().await?;
    let opened = world.services.direct.open(&ada, grace.id()).await?;
    assert!(opened.is_new);
    assert_eq!(opened.room.room.kind, RoomKind::Direct);
    assert_eq!(opened.room.peer, Some(grace.user.clone()));
    for (actor, peer) in [(&ada, &grace), (&grace, &ada)] {
        let again = world.services.direct.open(actor, peer.id()).await?;
        assert_eq!((again.room.room.id, again.is_new), (opened.room.room.id, false));
        assert_eq!(again.room.peer, Some(peer.user.clone()));
        let shown = world.services.rooms.get(actor, again.room.room.id).await?;
        assert_eq!(shown, again.room);
        let page = PageRequest::new(None, 10);
        assert_eq!(world.services.rooms.list(actor, RoomFilter::Mine, page).await?.items, [shown]);
        assert_eq!(world.role_in(again.room.room.id, actor.id()).await?, Some("member"));
        assert_eq!(direct_room(&world, actor, peer).await?, opened.room.room.id);
    }
    Ok(())
}

#[tokio::test]
async fn all_who_open_a_room_at_once_get_the_same() -> Result<()> {
    let world = World::new();
    let (ada, grace) = world.people().await?;
    let opening = (0..20).map(|number| {
        let (actor, peer) = if number % 2 == 0 { (&ada, &grace) } else { (&grace, &ada) };
        world.services.direct.open(actor, peer.id())
    });
    let opened = join_all(opening).await.into_iter().collect::<Result<Vec<_>>>()?;
    assert_eq!(opened.iter().filter(|opened| opened.is_new).count(), 1);
    assert!(opened.iter().all(|other| other.room.room == opened[0].room.room));
    Ok(())
}

#[tokio::test]
async fn a_direct_room_is_with_somebody_else_who_exists() -> Result<()> {
    let world = World::new();
    let (ada, _) = world.people().await?;
    let direct = &world.services.direct;
    assert!(matches!(direct.open(&ada, ada.id()).await, Err(Error::Invalid(_))));
    let nobody = UserId::new(world.ports.ids.next());
    assert!(matches!(direct.open(&ada, nobody).await, Err(Error::NotFound("user"))));
    assert!(matches!(direct.room_with(&ada, nobody).await, Err(Error::NotFound("user"))));
    Ok(())
}

#[tokio::test]
async fn guests_open_direct_rooms_with_those_they_share_a_room_with() -> Result<()> {
    let world = World::new();
    let (ada, grace) = world.people().await?;
    let guest = world.user_as("guest", SystemRole::Guest).await?;
    let refused = world.services.direct.open(&guest, ada.id()).await;
    assert!(matches!(refused, Err(Error::NotFound("user"))));
    let room = world.private_room(&ada).await?;
    world.services.memberships.add(&ada, room.id, guest.id(), MemberRole::Member).await?;
    assert!(world.services.direct.open(&guest, ada.id()).await?.is_new);
    let refused = world.services.direct.open(&guest, grace.id()).await;
    assert!(matches!(refused, Err(Error::NotFound("user"))));
    // What others open with a guest is theirs, too.
    let with_grace = direct_room(&world, &grace, &guest).await?;
    world.say(&guest, with_grace, "hello").await?;
    Ok(())
}

#[tokio::test]
async fn a_direct_room_is_hidden_from_all_others() -> Result<()> {
    let world = World::new();
    let root = world.user("root").await?;
    let (ada, grace) = (world.user("ada").await?, world.user("grace").await?);
    let room_id = direct_room(&world, &ada, &grace).await?;
    let said = world.say(&ada, room_id, "a secret").await?.view.message;
    let stranger = world.user("edsger").await?;
    let services = &world.services;
    for other in [&root, &stranger] {
        let page = PageRequest::new(None, 10);
        assert_eq!(services.rooms.list(other, RoomFilter::Visible, page).await?.items, []);
        let refusals = [
            services.rooms.get(other, room_id).await.err(),
            services.rooms.delete(other, room_id).await.err(),
            services.memberships.join(other, room_id).await.err(),
            services.memberships.list(other, room_id, PageRequest::new(None, 10)).await.err(),
            services.messages.history(other, room_id, HistoryRange::Newest, 10).await.err(),
            services.messages.get(other, said.id).await.err(),
            services.changes.page(other, room_id, Version::ZERO, 10).await.err(),
            services.changes.subscribe(other, room_id, None).await.err(),
            services.reads.typing(other, room_id, true).await.err(),
            world.say(other, room_id, "let me in").await.err(),
        ];
        for refusal in refusals {
            assert!(matches!(refusal, Some(Error::NotFound(_))), "{refusal:?}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_direct_room_stays_as_it_is() -> Result<()> {
    let world = World::new();
    let (ada, grace) = world.people().await?;
    let stranger = world.user("edsger").await?;
    let room_id = direct_room(&world, &ada, &grace).await?;
    let (rooms, members) = (&world.services.rooms, &world.services.memberships);
    let renamed = RoomUpdate { name: Some("ours".to_owned()), ..RoomUpdate::default() };
    for (actor, peer) in [(&ada, &grace), (&grace, &ada)] {
        let refusals = [
            rooms.update(actor, room_id, renamed.clone()).await.err(),
            rooms.delete(actor, room_id).await.err(),
            members.join(actor, room_id).await.err(),
            members.leave(actor, room_id).await.err(),
            members.remove(actor, room_id, actor.id()).await.err(),
            members.remove(actor, room_id, peer.id()).await.err(),
            members.add(actor, room_id, stranger.id(), MemberRole::Member).await.err(),
            members.change_role(actor, room_id, peer.id(), MemberRole::Owner).await.err(),
        ];
        for refusal in refusals {
            assert!(matches!(refusal, Some(Error::Forbidden(_))), "{refusal:?}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_direct_rooms_changes_are_its_members_and_messages() -> Result<()> {
    let world = World::new();
    let (ada, grace) = world.people().await?;
    let room_id = direct_room(&world, &ada, &grace).await?;
    world.say(&ada, room_id, "hello").await?;
    let page = world.services.changes.page(&grace, room_id, Version::ZERO, 10).await?;
    let versions: Vec<_> = page.changes.iter().map(|change| change.version().get()).collect();
    // The name that one of them sees is told to no other: the room's details never change.
    assert_eq!(versions, [1, 2, 3]);
    Ok(())
}

#[tokio::test]
async fn both_are_told_of_a_new_room_as_each_sees_it() -> Result<()> {
    let world = World::new();
    let (ada, grace) = world.people().await?;
    let mut events = world.ports.bus.subscribe();
    let opened = world.services.direct.open(&ada, grace.id()).await?;
    world.services.direct.open(&grace, ada.id()).await?;
    let told = heard(&mut events).into_iter().map(|event| match event {
        Event::User(UserEvent::RoomAdded { user_id, room }) => Some((user_id, room.room.id, room.peer)),
        _ => None,
    });
    let told: Vec<_> = told.collect();
    let room_id = opened.room.room.id;
    let expected = [(&ada, &grace), (&grace, &ada)]
        .map(|(actor, peer)| Some((actor.id(), room_id, Some(peer.user.clone()))));
    assert_eq!(told, expected);
    Ok(())
}

#[tokio::test]
async fn who_is_added_to_a_room_is_told_and_who_joins_is_not() -> Result<()> {
    let world = World::new();
    let (ada, grace) = world.people().await?;
    let added = world.private_room(&ada).await?;
    let open = NewRoom { name: "Open".to_owned(), description: String::new(), is_private: false };
    let joined = world.services.rooms.create(&ada, open).await?;
    let mut events = world.ports.bus.subscribe();
    world.services.memberships.add(&ada, added.id, grace.id(), MemberRole::Member).await?;
    world.services.memberships.join(&grace, joined.id).await?;
    let mut told = heard(&mut events).into_iter().filter_map(|event| match event {
        Event::User(UserEvent::RoomAdded { user_id, room }) => Some((user_id, *room)),
        _ => None,
    });
    let seen = world.services.rooms.get(&grace, added.id).await?;
    assert_eq!(told.next(), Some((grace.id(), seen)));
    assert_eq!(told.next(), None);
    Ok(())
}

#[tokio::test]
async fn what_is_said_in_a_direct_room_is_told_to_those_who_do_not_follow_it() -> Result<()> {
    let world = World::new();
    let (ada, grace) = world.people().await?;
    let room_id = direct_room(&world, &ada, &grace).await?;
    let shared = world.shared_room(&ada, &grace).await?;
    let mut events = world.ports.bus.subscribe();
    let posts = ["one", "two", "three"].map(|content| text(room_id, content));
    let posting = posts.into_iter().map(|post| world.post(&ada, post));
    let posted = join_all(posting).await.into_iter().collect::<Result<Vec<_>>>()?;
    world.say(&ada, shared.id, "to all").await?;
    let told = heard(&mut events).into_iter().filter_map(|event| match event {
        Event::Direct(activity) => Some(activity),
        _ => None,
    });
    let told: Vec<DirectActivity> = told.collect();
    let first = posted.iter().map(|posted| posted.view.message.version).min();
    assert_eq!(told.first().map(|activity| activity.version), first);
    let users = UserPair::new(ada.id(), grace.id());
    assert!(told.iter().all(|activity| activity.room_id == room_id && Some(activity.users) == users));
    assert!(told.len() <= 3);
    Ok(())
}

#[tokio::test]
async fn undelivered_direct_messages_are_found_for_those_who_have_them() -> Result<()> {
    let world = World::new();
    let (ada, grace) = world.people().await?;
    let room_id = direct_room(&world, &ada, &grace).await?;
    let version = world.say(&ada, room_id, "hello").await?.view.message.version;
    let both = [ada.id(), grace.id()];
    let undelivered = || world.services.direct.undelivered(&both);
    assert_eq!(undelivered().await?, [(ada.id(), room_id), (grace.id(), room_id)]);
    world.services.reads.delivered(&ada, &[(room_id, version)]).await?;
    assert_eq!(undelivered().await?, [(grace.id(), room_id)]);
    Ok(())
}
