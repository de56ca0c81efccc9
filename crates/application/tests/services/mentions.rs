//! Mentions: names in messages become members of the room.

use futures::future::join_all;
use plaza_application::{
    Actor, MAX_CALLED_MEMBERS, PageRequest, Result, events::RoomEventBody, may_mention_room,
};
use plaza_domain::{MemberRole, MessageId, SentMessage};

use crate::world::{World, heard_changes, text};

fn names(view: &SentMessage) -> Vec<&str> {
    view.mentions.iter().map(|user| user.username.as_str()).collect()
}

async fn listed(world: &World, actor: &Actor) -> Result<Vec<MessageId>> {
    let page = world.services.mentions.list(actor, PageRequest::new(None, 50)).await?;
    Ok(page.items.into_iter().map(|view| view.message.id).collect())
}

#[tokio::test]
async fn a_message_mentions_the_members_whom_it_names() -> Result<()> {
    let world = World::new();
    let (ada, grace) = world.people().await?;
    let room = world.shared_room(&ada, &grace).await?;
    world.user("stranger").await?;
    let mut events = world.ports.bus.subscribe();
    let posted = world.say(&ada, room.id, "@Grace, @stranger and @nobody: I am @ada").await?.view;
    assert_eq!(names(&posted), ["grace"]);
    assert_eq!((posted.message.mention_count, posted.message.mentions_room), (1, false));
    assert_eq!(world.services.messages.get(&grace, posted.message.id).await?, posted);
    let changes = heard_changes(&mut events);
    assert!(matches!(&changes[..], [only]
        if matches!(&only.body, RoomEventBody::MessagePosted(told) if **told == posted)));

    assert_eq!(listed(&world, &grace).await?, [posted.message.id]);
    assert_eq!(listed(&world, &ada).await?, []);
    Ok(())
}

#[tokio::test]
async fn an_edit_changes_whom_a_message_mentions_and_a_deletion_ends_it() -> Result<()> {
    let world = World::new();
    let (ada, grace) = world.people().await?;
    let room = world.shared_room(&ada, &grace).await?;
    let mary = world.user("mary").await?;
    world.services.memberships.join(&mary, room.id).await?;
    let messages = &world.services.messages;
    let id = world.say(&ada, room.id, "@grace @room").await?.view.message.id;
    for (content, expected, room_too) in
        [("@mary", vec!["mary"], false), ("@mary @grace @room", vec!["grace", "mary"], true)]
    {
        let edited = messages.edit(&ada, id, content).await?;
        assert_eq!((names(&edited), edited.message.mentions_room), (expected, room_too));
        assert_eq!(messages.get(&grace, id).await?, edited);
    }
    assert_eq!(listed(&world, &mary).await?, [id]);
    let silent = messages.edit(&ada, id, "nobody").await?;
    assert_eq!((names(&silent), silent.message.mention_count), (vec![], 0));
    assert_eq!(listed(&world, &mary).await?, []);

    messages.edit(&ada, id, "@mary @room").await?;
    messages.delete(&ada, id).await?;
    let tombstone = messages.get(&mary, id).await?;
    assert_eq!((names(&tombstone), tombstone.message.mentions_room), (vec![], false));
    assert_eq!(listed(&world, &mary).await?, []);
    Ok(())
}

#[tokio::test]
async fn everybody_is_mentioned_by_members_of_small_rooms_and_by_admins() -> Result<()> {
    for (role, members, allowed) in [
        (MemberRole::Member, MAX_CALLED_MEMBERS, true),
        (MemberRole::Member, MAX_CALLED_MEMBERS + 1, false),
        (MemberRole::Admin, MAX_CALLED_MEMBERS + 1, true),
        (MemberRole::Owner, u64::MAX, true),
    ] {
        assert_eq!(may_mention_room(role, members), allowed, "{role:?} of {members}");
    }
    let world = World::new();
    let (ada, grace) = world.people().await?;
    let room = world.shared_room(&ada, &grace).await?;
    let mut crowd = 2;
    for (size, by_member) in [(MAX_CALLED_MEMBERS, true), (MAX_CALLED_MEMBERS + 1, false)] {
        while crowd < size {
            let user = world.user(&format!("user{crowd}")).await?;
            world.services.memberships.join(&user, room.id).await?;
            crowd += 1;
        }
        let (by_ada, by_grace) =
            (world.say(&ada, room.id, "@room").await?, world.say(&grace, room.id, "@room").await?);
        assert!(by_ada.view.message.mentions_room);
        assert_eq!(by_grace.view.message.mentions_room, by_member, "{size} members");
    }
    Ok(())
}

#[tokio::test]
async fn mentions_are_listed_newest_first_and_only_of_ones_rooms() -> Result<()> {
    let world = World::new();
    let (ada, grace) = world.people().await?;
    let (here, there) = (world.shared_room(&ada, &grace).await?, world.shared_room(&ada, &grace).await?);
    let mut expected = Vec::new();
    for room_id in [here.id, there.id, here.id] {
        expected.insert(0, world.say(&ada, room_id, "@grace").await?.view.message.id);
    }
    world.say(&ada, here.id, "@room").await?;
    assert_eq!(listed(&world, &grace).await?, expected);
    let mentions = &world.services.mentions;
    let page = mentions.list(&grace, PageRequest::new(None, 2)).await?;
    let rest = mentions.list(&grace, PageRequest::new(page.next, 2)).await?;
    assert_eq!(rest.items.first().map(|view| view.message.id), expected.last().copied());
    world.services.memberships.leave(&grace, here.id).await?;
    assert_eq!(listed(&world, &grace).await?, expected[1..2]);
    Ok(())
}

#[tokio::test]
async fn a_message_that_is_no_reply_and_mentions_nobody_asks_for_neither() -> Result<()> {
    let world = World::new();
    let (ada, grace) = world.people().await?;
    let room = world.shared_room(&ada, &grace).await?;
    let posted = world.say(&ada, room.id, "ada@example.org is no name").await?.view;
    assert!(posted.mentions.is_empty());
    assert_eq!(world.faults.asked_of_threads_and_mentions(), 0);
    world.say(&ada, room.id, "@grace").await?;
    assert_eq!(world.faults.asked_of_threads_and_mentions(), 2, "who that is, and storing it");
    Ok(())
}

#[tokio::test]
async fn a_batch_asks_once_for_all_names() -> Result<()> {
    let world = World::new();
    let (ada, grace) = world.people().await?;
    let room = world.shared_room(&ada, &grace).await?;
    let contents = (0..50).map(|number| format!("@grace @room @user{number}"));
    let posts = contents.map(|content| world.post(&ada, text(room.id, &content)));
    for posted in join_all(posts).await {
        let view = posted?.view;
        assert_eq!((names(&view), view.message.mentions_room), (vec!["grace"], true));
    }
    assert_eq!(world.faults.asked_of_threads_and_mentions(), 3, "names, callers, and storing them");
    Ok(())
}
