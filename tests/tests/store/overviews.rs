//! Rooms as their members find them.

use std::sync::Arc;

use plaza_domain::repository::Result;
use plaza_domain::{
    Member, MemberRole, Message, Mute, Room, RoomId, RoomOverview, Seq, Store, User, Version,
};

use super::{
    Outcome,
    builders::{
        at, given_members, given_messages, given_room, given_user, given_user_and_room, id, member, place,
        text,
    },
};

/// Says something in a room, as the services do.
async fn given_said(store: &Arc<dyn Store>, room: &Room, sender: &User, second: i64) -> Result<Message> {
    let mut work = store.begin().await?;
    let counters = work.rooms().advance(room.id, 1, 1).await?;
    let mut message = place(text("hello"), room, sender, counters.last_seq.get());
    message.created_at = at(second);
    work.messages().insert(std::slice::from_ref(&message)).await?;
    work.commit().await?;
    Ok(message)
}

async fn listed(store: &Arc<dyn Store>, user: &User) -> Result<Vec<RoomOverview>> {
    store.read().await?.overviews().list(user.id, None, 100).await
}

fn ids(overviews: &[RoomOverview]) -> Vec<RoomId> {
    overviews.iter().map(|overview| overview.room.id).collect()
}

pub(crate) async fn the_room_where_something_was_said_last_comes_first(store: Arc<dyn Store>) -> Outcome {
    let (ada, silent) = given_user_and_room(&store).await?;
    let bob = given_user(&store, "bob").await?;
    let (old, new) = (given_room(&store, &ada).await?, given_room(&store, &ada).await?);
    let twin = given_room(&store, &ada).await?;
    given_room(&store, &bob).await?;
    given_said(&store, &new, &ada, 1).await?;
    given_said(&store, &old, &ada, 7).await?;
    given_said(&store, &twin, &ada, 20).await?;
    let newest = given_said(&store, &new, &bob, 20).await?;

    let overviews = listed(&store, &ada).await?;
    assert_eq!(ids(&overviews), [twin.id, new.id, old.id, silent.id]);
    let last_message = overviews[1].last_message.as_ref().ok_or("a last message")?;
    assert_eq!((&last_message.message, &last_message.sender), (&newest, &bob.summary()));
    assert_eq!(overviews[1].room.last_seq, Seq::new(2));
    assert_eq!(overviews[1].unread(), 2);
    assert_eq!(overviews[1].member.role, MemberRole::Owner);
    assert_eq!(overviews[3].last_message, None);
    assert_eq!(overviews[3].activity().at, silent.created_at);
    let mut read = store.read().await?;
    assert_eq!(read.overviews().find(ada.id, new.id).await?.as_ref(), Some(&overviews[1]));
    assert_eq!(read.overviews().find(bob.id, new.id).await?, None);

    let mut paged: Vec<RoomOverview> = Vec::new();
    for _ in &overviews {
        let before = paged.last().map(RoomOverview::activity);
        paged.extend(read.overviews().list(ada.id, before, 1).await?);
    }
    assert_eq!(paged, overviews);
    Ok(())
}

pub(crate) async fn rooms_that_are_left_or_gone_have_no_overview(store: Arc<dyn Store>) -> Outcome {
    let (ada, left) = given_user_and_room(&store).await?;
    let gone = given_room(&store, &ada).await?;
    given_members(&store, &[Member { left_at: Some(at(1)), ..member(&left, &ada) }]).await?;
    let mut work = store.begin().await?;
    work.rooms().delete(gone.id, at(1)).await?;
    work.commit().await?;
    assert_eq!(listed(&store, &ada).await?, []);
    let mut read = store.read().await?;
    for room in [left.id, gone.id, RoomId::new(id())] {
        assert_eq!(read.overviews().find(ada.id, room).await?, None);
    }
    Ok(())
}

pub(crate) async fn unread_mentions_of_everybody_are_counted(store: Arc<dyn Store>) -> Outcome {
    let (ada, room) = given_user_and_room(&store).await?;
    let bob = given_user(&store, "bob").await?;
    given_members(&store, &[member(&room, &bob)]).await?;
    let said = [(&ada, true), (&bob, true), (&ada, false), (&ada, true), (&ada, true)];
    let message = |(seq, (sender, mentions_room)): (i64, (&User, bool))| Message {
        mentions_room,
        ..place(text("hello"), &room, sender, seq)
    };
    given_messages(&store, &(1..).zip(said).map(message).collect::<Vec<_>>()).await?;
    let mut work = store.begin().await?;
    work.rooms().advance(room.id, 5, 5).await?;
    work.members().advance_read(room.id, bob.id, Seq::new(1)).await?;
    work.commit().await?;
    assert_eq!(listed(&store, &bob).await?[0].mentions, 2);
    assert_eq!(listed(&store, &ada).await?[0].mentions, 1);
    Ok(())
}

pub(crate) async fn a_mute_is_the_members_own_and_survives_a_change_of_role(
    store: Arc<dyn Store>,
) -> Outcome {
    let (ada, room) = given_user_and_room(&store).await?;
    let bob = given_user(&store, "bob").await?;
    given_members(&store, &[member(&room, &bob)]).await?;
    for mute in [Some(Mute::Until(at(60))), Some(Mute::Indefinitely), None, Some(Mute::Until(at(90)))] {
        let mut work = store.begin().await?;
        assert!(work.members().mute(room.id, bob.id, mute).await?);
        work.commit().await?;
        let mut read = store.read().await?;
        let muted = |overview: Option<RoomOverview>| overview.and_then(|overview| overview.mute);
        assert_eq!(muted(read.overviews().find(bob.id, room.id).await?), mute);
        assert_eq!(muted(read.overviews().find(ada.id, room.id).await?), None);
    }
    let promoted = Member { role: MemberRole::Admin, version: Version::new(2), ..member(&room, &bob) };
    given_members(&store, &[promoted]).await?;
    assert_eq!(listed(&store, &bob).await?[0].mute, Some(Mute::Until(at(90))));

    given_members(&store, &[Member { left_at: Some(at(1)), ..member(&room, &bob) }]).await?;
    let mut work = store.begin().await?;
    assert!(!work.members().mute(room.id, bob.id, None).await?);
    assert!(!work.members().mute(RoomId::new(id()), ada.id, None).await?);
    Ok(())
}
