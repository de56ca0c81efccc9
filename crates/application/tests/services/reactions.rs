//! Reactions: who may, how many, and that each is there once whatever the race.

use futures::future::{join_all, try_join_all};
use plaza_application::{Actor, Error, PageRequest, Result, events::RoomEventBody};
use plaza_domain::{MessageId, RoomId, SentMessage, SystemRole, repository::HistoryRange};

use crate::world::{World, heard_changes};

/// Emoji and how many used each, in the order in which they are shown.
fn shown(sent: &SentMessage) -> Vec<(&str, usize)> {
    sent.reactions.iter().map(|reaction| (reaction.emoji.as_str(), reaction.user_ids.len())).collect()
}

async fn react(world: &World, actor: &Actor, id: MessageId, emoji: &str) -> Result<SentMessage> {
    world.services.reactions.react(actor, id, emoji, |_| {}).await
}

async fn unreact(world: &World, actor: &Actor, id: MessageId, emoji: &str) -> Result<SentMessage> {
    world.services.reactions.unreact(actor, id, emoji, |_| {}).await
}

/// Two people in a room with one message.
async fn stage(world: &World) -> Result<(Actor, Actor, RoomId, MessageId)> {
    let (ada, grace) = world.people().await?;
    let room = world.shared_room(&ada, &grace).await?;
    let id = world.say(&ada, room.id, "hello").await?.view.message.id;
    Ok((ada, grace, room.id, id))
}

#[tokio::test]
async fn a_reaction_is_a_change_of_the_message_that_everybody_is_told() -> Result<()> {
    let world = World::new();
    let (ada, grace, _, id) = stage(&world).await?;
    let before = world.services.messages.get(&ada, id).await?.message;
    let mut events = world.ports.bus.subscribe();
    let after = react(&world, &grace, id, "👍").await?;
    assert_eq!(after.message.version, before.version.next());
    assert_eq!(after.message.reaction_count, 1);
    assert_eq!(after.message.edited_at, None, "what it says is the same");
    assert_eq!(after.reactions[0].user_ids, [grace.id()]);
    let changes = heard_changes(&mut events);
    assert!(
        matches!(&changes[..], [only] if only.version == after.message.version
            && matches!(&only.body, RoomEventBody::MessageUpdated(told) if **told == after)),
        "{changes:?}"
    );
    assert_eq!(world.services.messages.get(&ada, id).await?, after);
    let gone = unreact(&world, &grace, id, "👍").await?;
    assert_eq!((shown(&gone), gone.message.reaction_count), (vec![], 0));
    assert_eq!(gone.message.version, after.message.version.next());
    Ok(())
}

#[tokio::test]
async fn repeating_changes_nothing_and_is_acknowledged_all_the_same() -> Result<()> {
    let world = World::new();
    let (ada, _, _, id) = stage(&world).await?;
    let reactions = &world.services.reactions;
    let unchanged = unreact(&world, &ada, id, "🎉").await?;
    let first = react(&world, &ada, id, "❤").await?;
    assert_eq!(first.message.version, unchanged.message.version.next());
    let mut events = world.ports.bus.subscribe();
    let mut acknowledged = 0;
    // With and without the variation selector it is the same emoji.
    for emoji in ["❤", "❤\u{fe0f}"] {
        let again = reactions.react(&ada, id, emoji, |_| acknowledged += 1).await?;
        assert_eq!(again, first);
    }
    let other = reactions.unreact(&ada, id, "🎉", |_| acknowledged += 1).await?;
    assert_eq!((other, acknowledged), (first, 3));
    assert_eq!(heard_changes(&mut events), []);
    Ok(())
}

#[tokio::test]
async fn the_same_user_twice_at_once_makes_one_reaction_and_one_version() -> Result<()> {
    let world = World::new();
    let (ada, grace, room_id, id) = stage(&world).await?;
    let before = world.services.rooms.get(&ada, room_id).await?.room.version;
    let attempts = (0..8).map(|_| react(&world, &grace, id, "👍"));
    let answers = try_join_all(attempts).await?;
    assert!(answers.iter().all(|sent| shown(sent) == [("👍", 1)]), "{answers:?}");
    assert_eq!(world.services.rooms.get(&ada, room_id).await?.room.version, before.next());
    let taken_back = try_join_all((0..8).map(|_| unreact(&world, &grace, id, "👍"))).await?;
    assert!(taken_back.iter().all(|sent| sent.reactions.is_empty()));
    assert_eq!(world.services.rooms.get(&ada, room_id).await?.room.version, before.next().next());
    Ok(())
}

#[tokio::test]
async fn two_users_at_once_both_count_and_every_answer_is_what_was_stored() -> Result<()> {
    let world = World::new();
    let (ada, grace, room_id, id) = stage(&world).await?;
    let (first, second) = futures::join!(react(&world, &ada, id, "👍"), react(&world, &grace, id, "👍"));
    let (first, second) = (first?, second?);
    let last = if first.message.version > second.message.version { first } else { second };
    assert_eq!((shown(&last), last.message.reaction_count), (vec![("👍", 2)], 2));
    let (history, _) = world.services.messages.history(&ada, room_id, HistoryRange::Newest, 1).await?;
    assert_eq!(history, [last]);
    Ok(())
}

#[tokio::test]
async fn only_members_react_and_only_to_what_people_said_and_kept() -> Result<()> {
    let world = World::new();
    let (ada, grace, room_id, id) = stage(&world).await?;
    let stranger = world.user("stranger").await?;
    assert!(matches!(react(&world, &stranger, id, "👍").await, Err(Error::NotFound("message"))));
    let listed = world.services.reactions.list(&stranger, id, PageRequest::new(None, 10)).await;
    assert!(matches!(listed, Err(Error::NotFound("message"))));
    for emoji in ["", "x", "👍👍", ":+1:"] {
        assert!(matches!(react(&world, &grace, id, emoji).await, Err(Error::Invalid(_))), "{emoji}");
    }
    let (history, _) = world.services.messages.history(&ada, room_id, HistoryRange::Newest, 9).await?;
    let joined = history[0].message.id;
    assert!(matches!(react(&world, &ada, joined, "👍").await, Err(Error::Forbidden(_))));

    react(&world, &grace, id, "👍").await?;
    let tombstone = world.services.messages.delete(&ada, id).await?;
    assert_eq!((tombstone.reactions.len(), tombstone.message.reaction_count), (0, 0));
    assert!(matches!(react(&world, &grace, id, "👍").await, Err(Error::Conflict(_))));
    assert!(matches!(unreact(&world, &grace, id, "👍").await, Err(Error::Conflict(_))));
    world.services.memberships.leave(&grace, room_id).await?;
    assert!(matches!(react(&world, &grace, id, "👍").await, Err(Error::NotFound("message"))));
    Ok(())
}

#[tokio::test]
async fn a_message_takes_twenty_different_emoji() -> Result<()> {
    const EMOJI: [&str; 21] = [
        "😀", "😃", "😄", "😁", "😆", "😅", "🤣", "😂", "🙂", "🙃", "😉", "😊", "😇", "🥰", "😍", "🤩", "😘",
        "😗", "😚", "😙", "🥲",
    ];
    let world = World::new();
    let (ada, grace, _, id) = stage(&world).await?;
    for emoji in &EMOJI[..20] {
        react(&world, &ada, id, emoji).await?;
    }
    let refused = react(&world, &grace, id, EMOJI[20]).await;
    assert!(
        matches!(&refused, Err(Error::Conflict(reason)) if reason.contains("20 different")),
        "{refused:?}"
    );
    // One of those that are there may be used by others.
    assert_eq!(react(&world, &grace, id, EMOJI[0]).await?.message.reaction_count, 21);
    unreact(&world, &ada, id, EMOJI[1]).await?;
    assert_eq!(react(&world, &grace, id, EMOJI[20]).await?.reactions.len(), 20);
    Ok(())
}

#[tokio::test]
async fn a_message_takes_a_thousand_reactions() -> Result<()> {
    let world = World::new();
    let (ada, grace, _, id) = stage(&world).await?;
    let mut work = world.ports.store.begin().await?;
    let mut message = work.messages().find(id).await?.ok_or(Error::NotFound("message"))?.message;
    message.reaction_count = 999;
    work.messages().update(&message).await?;
    work.commit().await?;
    // What is counted is what is there: the first reaction puts the count right.
    assert_eq!(react(&world, &ada, id, "👍").await?.message.reaction_count, 1);
    let mut work = world.ports.store.begin().await?;
    message = work.messages().find(id).await?.ok_or(Error::NotFound("message"))?.message;
    message.reaction_count = 1_000;
    work.messages().update(&message).await?;
    work.commit().await?;
    let refused = react(&world, &grace, id, "👍").await;
    assert!(matches!(&refused, Err(Error::Conflict(reason)) if reason.contains("1000")), "{refused:?}");
    Ok(())
}

#[tokio::test]
async fn who_reacted_with_what_is_listed_in_pages() -> Result<()> {
    let world = World::new();
    let (ada, _, room_id, id) = stage(&world).await?;
    let mut expected = Vec::new();
    for number in 0..5 {
        let member = world.user_as(&format!("user{number}"), SystemRole::Member).await?;
        world.services.memberships.join(&member, room_id).await?;
        for emoji in ["🎉", "👍"] {
            react(&world, &member, id, emoji).await?;
            expected.push((member.id(), emoji.to_owned()));
        }
    }
    expected.sort();
    let mut listed = Vec::new();
    let mut cursor = None;
    loop {
        let page = world.services.reactions.list(&ada, id, PageRequest::new(cursor, 3)).await?;
        listed.extend(page.items.into_iter().map(|entry| (entry.user.id, entry.emoji.into_string())));
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(listed, expected);
    Ok(())
}

#[tokio::test]
async fn of_an_edit_and_reactions_at_once_each_takes_a_version_of_its_own() -> Result<()> {
    let world = World::new();
    let (ada, grace, room_id, id) = stage(&world).await?;
    let before = world.services.rooms.get(&ada, room_id).await?.room.version;
    let mut events = world.ports.bus.subscribe();
    let edit = async { world.services.messages.edit(&ada, id, "hello all").await };
    let (edited, reacted) =
        futures::join!(edit, join_all([react(&world, &ada, id, "👍"), react(&world, &grace, id, "🎉")]));
    edited?;
    reacted.into_iter().collect::<Result<Vec<_>>>()?;
    let last = world.services.messages.get(&ada, id).await?;
    assert_eq!(last.message.content.as_str(), "hello all");
    assert_eq!(last.message.reaction_count, 2);
    let told: Vec<i64> = heard_changes(&mut events).iter().map(|event| event.version.get()).collect();
    assert_eq!(told, (before.get() + 1..=before.get() + 3).collect::<Vec<_>>());
    Ok(())
}
