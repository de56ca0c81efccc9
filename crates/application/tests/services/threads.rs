//! Threads: counted while replies are stored, followed by those whom they concern, read and listed.

use std::time::Duration;

use futures::future::join_all;
use plaza_application::{
    Actor, Error, MessageInput, PageRequest, Posted, Result,
    events::{RoomEvent, RoomEventBody},
};
use plaza_domain::{Message, MessageId, RoomId, Seq, SystemEvent, repository::HistoryRange};

use crate::world::{Post, World, heard_changes, named, said, text};

fn reply(room_id: RoomId, parent_id: MessageId, content: &str) -> Post {
    (room_id, MessageInput { parent_id: Some(parent_id), ..said(content) })
}

/// Posts all of these at once: the committer takes them as one batch.
fn named_reply(room_id: RoomId, parent_id: MessageId, content: &str, client_id: &str) -> Post {
    let (room_id, input) = named(room_id, content, client_id);
    (room_id, MessageInput { parent_id: Some(parent_id), ..input })
}

async fn post_together(world: &World, posts: Vec<(&Actor, Post)>) -> Vec<Result<Posted>> {
    join_all(posts.into_iter().map(|(actor, input)| world.post(actor, input))).await
}

/// What was told, in a few letters: `m` for a new message, `u` for a changed one, `d` for a deleted one.
fn told(changes: &[RoomEvent]) -> String {
    let letter = |change: &RoomEvent| match change.body {
        RoomEventBody::MessagePosted(_) => 'm',
        RoomEventBody::MessageUpdated(_) => 'u',
        RoomEventBody::MessageDeleted(_) => 'd',
        _ => '?',
    };
    changes.iter().map(letter).collect()
}

/// Fails unless these changes are those just after `message`, without holes.
fn assert_gapless(changes: &[RoomEvent], message: &Message) {
    let versions: Vec<i64> = changes.iter().map(|change| change.version.get()).collect();
    let first = message.version.get() + 1;
    let expected: Vec<i64> = (first..).take(changes.len()).collect();
    assert_eq!(versions, expected);
}

/// A room with ada and grace, and a message of ada's.
async fn question(world: &World) -> Result<(Actor, Actor, RoomId, Message)> {
    let (ada, grace) = world.people().await?;
    let room_id = world.shared_room(&ada, &grace).await?.id;
    let root = world.say(&ada, room_id, "a question").await?.view.message;
    Ok((ada, grace, room_id, root))
}

async fn following(world: &World, actor: &Actor) -> Result<Vec<(MessageId, i64)>> {
    let page = world.services.threads.list(actor, None, PageRequest::new(None, 50)).await?;
    Ok(page.items.into_iter().map(|thread| (thread.root.message.id, thread.unread)).collect())
}

#[tokio::test]
async fn a_batch_of_replies_gives_each_thread_one_version_after_the_replies() -> Result<()> {
    let world = World::new();
    let (ada, grace, room_id, first) = question(&world).await?;
    let second = world.say(&grace, room_id, "another one").await?.view.message;
    let mut events = world.ports.bus.subscribe();
    let posts = vec![
        (&ada, reply(room_id, second.id, "a")),
        (&grace, reply(room_id, first.id, "b")),
        (&ada, text(room_id, "c")),
        (&grace, reply(room_id, second.id, "d")),
        (&ada, reply(room_id, second.id, "e")),
    ];
    let answers = post_together(&world, posts).await;
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    let changes = heard_changes(&mut events);
    assert_eq!(told(&changes), "mmmmmuu");
    assert_gapless(&changes, &second);
    let roots: Vec<_> = changes[5..]
        .iter()
        .filter_map(|change| match &change.body {
            RoomEventBody::MessageUpdated(view) => {
                Some((view.message.id, view.message.reply_count, view.message.version == change.version))
            }
            _ => None,
        })
        .collect();
    assert_eq!(roots, [(second.id, 3, true), (first.id, 1, true)]);
    let stored = world.services.messages.get(&ada, second.id).await?.message;
    assert_eq!((stored.reply_count, stored.version), (3, changes[5].version));
    assert!(stored.last_reply_at.is_some());
    let next = world.say(&ada, room_id, "f").await?.view.message;
    assert_eq!(next.version, changes[6].version.next());
    Ok(())
}

#[tokio::test]
async fn a_batch_of_many_rooms_and_threads_leaves_no_hole_in_any() -> Result<()> {
    let world = World::new();
    let (ada, _, here, root) = question(&world).await?;
    let there = world.public_room(&ada).await?.id;
    let other = world.say(&ada, there, "a question").await?.view.message;
    let mut events = world.ports.bus.subscribe();
    let mut posts = Vec::new();
    for number in 0..100 {
        let (room_id, root) = if number % 3 == 0 { (there, other.id) } else { (here, root.id) };
        let input = reply(room_id, root, &number.to_string());
        posts.push((&ada, if number % 2 == 0 { input } else { text(room_id, "aside") }));
    }
    post_together(&world, posts).await.into_iter().collect::<Result<Vec<_>>>()?;
    let changes = heard_changes(&mut events);
    for (room_id, before) in [(here, &root), (there, &other)] {
        let of_room: Vec<_> = changes.iter().filter(|change| change.room_id == room_id).cloned().collect();
        assert_gapless(&of_room, before);
        let now = world.services.rooms.get(&ada, room_id).await?;
        assert_eq!(of_room.last().map(|change| change.version), Some(now.room.version));
    }
    Ok(())
}

#[tokio::test]
async fn repeated_and_refused_replies_do_not_count() -> Result<()> {
    let world = World::new();
    let (ada, grace, room_id, root) = question(&world).await?;
    let stranger = world.user("stranger").await?;
    let mut events = world.ports.bus.subscribe();
    let once = || named_reply(room_id, root.id, "once", "c-1");
    let unknown = MessageId::new(world.ports.ids.next());
    let posts = vec![
        (&grace, once()),
        (&grace, once()),
        (&stranger, reply(room_id, root.id, "let me in")),
        (&ada, reply(room_id, unknown, "to nothing")),
    ];
    let answers = post_together(&world, posts).await;
    let duplicates: Vec<_> =
        answers.iter().map(|answer| answer.as_ref().ok().map(|posted| posted.duplicate)).collect();
    assert_eq!(duplicates, [Some(false), Some(true), None, None]);
    assert!(world.post(&grace, once()).await?.duplicate);
    let changes = heard_changes(&mut events);
    assert_eq!(told(&changes), "mu");
    assert_gapless(&changes, &root);
    assert_eq!(world.services.messages.get(&ada, root.id).await?.message.reply_count, 1);
    Ok(())
}

#[tokio::test]
async fn a_reply_to_a_reply_goes_to_the_first_message() -> Result<()> {
    let world = World::new();
    let (ada, grace, room_id, root) = question(&world).await?;
    let messages = &world.services.messages;
    let first = world.post(&grace, reply(room_id, root.id, "an answer")).await?.view.message;
    let second = world.post(&ada, reply(room_id, first.id, "to the answer")).await?.view.message;
    assert_eq!(second.parent_id, Some(root.id));
    assert_eq!(messages.get(&ada, second.id).await?.message.parent_id, Some(root.id));
    assert_eq!(messages.get(&ada, first.id).await?.message.reply_count, 0);
    assert_eq!(messages.get(&ada, root.id).await?.message.reply_count, 2);
    Ok(())
}

#[tokio::test]
async fn nobody_replies_to_the_server_or_to_a_tombstone_without_replies() -> Result<()> {
    let world = World::new();
    let (ada, grace, room_id, root) = question(&world).await?;
    let messages = &world.services.messages;
    let (history, _) = messages.history(&ada, room_id, HistoryRange::Newest, 10).await?;
    let told = history.iter().find(|view| view.message.system_event == Some(SystemEvent::MemberJoined));
    let told = told.map(|view| view.message.id).ok_or(Error::NotFound("system message"))?;
    let refused = world.post(&ada, reply(room_id, told, "thank you")).await;
    assert!(matches!(&refused, Err(Error::Invalid(invalid)) if invalid.violations[0].field == "parent_id"));

    let once = named_reply(room_id, root.id, "an answer", "c-1");
    let answer = world.post(&grace, once.clone()).await?.view.message;
    messages.delete(&ada, root.id).await?;
    world.post(&grace, reply(room_id, root.id, "are you there?")).await?;

    let empty = world.say(&ada, room_id, "oops").await?.view.message;
    messages.delete(&ada, empty.id).await?;
    let refused = world.post(&grace, reply(room_id, empty.id, "too late")).await;
    assert!(matches!(refused, Err(Error::Conflict(_))));

    // A repeated send is answered, whatever became of what it replied to.
    for view in messages.history(&ada, room_id, HistoryRange::Newest, 10).await?.0 {
        if view.message.parent_id == Some(root.id) {
            messages.delete(&grace, view.message.id).await?;
        }
    }
    let again = world.post(&grace, once).await?;
    assert_eq!((again.view.message.id, again.duplicate), (answer.id, true));
    Ok(())
}

#[tokio::test]
async fn a_deleted_reply_counts_no_more() -> Result<()> {
    let world = World::new();
    let (ada, grace, room_id, root) = question(&world).await?;
    let messages = &world.services.messages;
    let first = world.post(&grace, reply(room_id, root.id, "one")).await?.view.message;
    world.clock.advance(Duration::from_secs(60));
    let second = world.post(&grace, reply(room_id, root.id, "two")).await?.view.message;
    let before = messages.get(&ada, root.id).await?.message;
    assert_eq!(before.last_reply_at, Some(second.created_at));

    let mut events = world.ports.bus.subscribe();
    messages.delete(&grace, second.id).await?;
    messages.delete(&grace, second.id).await?;
    let changes = heard_changes(&mut events);
    assert_eq!(told(&changes), "du");
    assert_gapless(&changes, &before);
    let after = messages.get(&ada, root.id).await?.message;
    assert_eq!((after.reply_count, after.last_reply_at), (1, Some(first.created_at)));
    assert_eq!(after.version, changes[1].version);

    messages.delete(&ada, root.id).await?;
    messages.delete(&grace, first.id).await?;
    let changes = heard_changes(&mut events);
    assert_eq!(told(&changes), "ddd", "a tombstone is told as one");
    let tombstone = messages.get(&ada, root.id).await?.message;
    assert_eq!((tombstone.reply_count, tombstone.last_reply_at), (0, None));
    Ok(())
}

#[tokio::test]
async fn a_failed_batch_counts_nothing_twice() -> Result<()> {
    let world = World::new();
    let (ada, grace, room_id, root) = question(&world).await?;
    let input = |name: &str| named_reply(room_id, root.id, "answer", name);
    world.faults.lose_answers(1);
    let answers = post_together(&world, vec![(&ada, input("a")), (&grace, input("b"))]).await;
    assert!(answers.iter().all(|answer| answer.as_ref().is_ok_and(|posted| posted.duplicate)));
    world.faults.fail_commits(1);
    let answers = post_together(&world, vec![(&ada, input("c")), (&grace, input("d"))]).await;
    assert!(answers.iter().all(|answer| answer.as_ref().is_ok_and(|posted| !posted.duplicate)));
    assert_eq!(world.services.messages.get(&ada, root.id).await?.message.reply_count, 4);
    Ok(())
}

#[tokio::test]
async fn a_thread_is_read_in_both_directions_from_any_of_its_messages() -> Result<()> {
    let world = World::new();
    let (ada, grace, room_id, root) = question(&world).await?;
    let stranger = world.user("stranger").await?;
    let mut places = Vec::new();
    for number in 0..5 {
        world.say(&ada, room_id, "aside").await?;
        let posted = world.post(&grace, reply(room_id, root.id, &number.to_string())).await?;
        places.push(posted.view.message);
    }
    let threads = &world.services.threads;
    for (range, limit, expected, more) in [
        (HistoryRange::Newest, 2, 3..5, true),
        (HistoryRange::Newest, 5, 0..5, false),
        (HistoryRange::Before(places[3].seq), 2, 1..3, true),
        (HistoryRange::After(places[1].seq), 9, 2..5, false),
    ] {
        for id in [root.id, places[4].id] {
            let page = threads.read(&ada, id, range, limit).await?;
            assert_eq!((page.root.message.id, page.root.message.reply_count), (root.id, 5));
            let replies: Vec<_> = page.replies.into_iter().map(|view| view.message).collect();
            assert_eq!((&replies[..], page.has_more), (&places[expected.clone()], more), "{range:?}");
        }
    }
    let refused = threads.read(&stranger, root.id, HistoryRange::Newest, 9).await;
    assert!(matches!(refused, Err(Error::NotFound("message"))));
    Ok(())
}

#[tokio::test]
async fn its_author_those_who_reply_and_those_mentioned_follow_a_thread() -> Result<()> {
    let world = World::new();
    let (ada, grace, room_id, _) = question(&world).await?;
    let mut others = Vec::new();
    for name in ["mary", "emmy", "sofia", "idle"] {
        let user = world.user(name).await?;
        world.services.memberships.join(&user, room_id).await?;
        others.push(user);
    }
    let messages = &world.services.messages;
    let root = world.say(&ada, room_id, "@mary, a question").await?.view.message.id;
    assert_eq!(following(&world, &ada).await?, [], "nobody has replied");
    let answer = world.post(&grace, reply(room_id, root, "ask @emmy")).await?.view.message.id;
    messages.edit(&grace, answer, "ask @emmy or @sofia").await?;
    let unread = [(&ada, 1), (&grace, 0), (&others[0], 1), (&others[1], 1), (&others[2], 1)];
    for (actor, unread) in unread {
        assert_eq!(following(&world, actor).await?, [(root, unread)], "{}", actor.user.username);
    }
    assert_eq!(following(&world, &others[3]).await?, []);
    Ok(())
}

#[tokio::test]
async fn who_does_not_want_to_follow_a_thread_is_not_made_to() -> Result<()> {
    let world = World::new();
    let (ada, grace, room_id, root) = question(&world).await?;
    let threads = &world.services.threads;
    threads.follow(&ada, root.id, false).await?;
    let answer = world.post(&grace, reply(room_id, root.id, "@ada, listen")).await?.view.message;
    assert_eq!(following(&world, &ada).await?, []);
    assert_eq!(following(&world, &grace).await?, [(root.id, 0)]);
    // By a reply as well as by the first message.
    threads.follow(&ada, answer.id, true).await?;
    assert_eq!(following(&world, &ada).await?.len(), 1);
    let page = threads.read(&ada, root.id, HistoryRange::Newest, 9).await?;
    assert!(page.follower.is_some_and(|follower| follower.is_following));

    let stranger = world.user("stranger").await?;
    let refused = threads.follow(&stranger, root.id, true).await;
    assert!(matches!(refused, Err(Error::NotFound("message"))));
    Ok(())
}

#[tokio::test]
async fn what_is_read_of_a_thread_is_unread_no_more() -> Result<()> {
    let world = World::new();
    let (ada, grace, room_id, root) = question(&world).await?;
    let threads = &world.services.threads;
    let mut last = root.clone();
    for number in 0..3 {
        last = world.post(&grace, reply(room_id, root.id, &number.to_string())).await?.view.message;
    }
    assert_eq!(following(&world, &ada).await?, [(root.id, 3)]);
    threads.mark(&ada, root.id, last.seq.back(1)).await?;
    threads.mark(&ada, root.id, last.seq.back(2)).await?;
    assert_eq!(following(&world, &ada).await?, [(root.id, 1)]);
    for nowhere in [last.seq.next(), Seq::ZERO, Seq::new(-1)] {
        let refused = threads.mark(&ada, root.id, nowhere).await;
        assert!(matches!(refused, Err(Error::Invalid(_))), "{nowhere:?}: {refused:?}");
    }
    threads.mark(&ada, root.id, last.seq).await?;
    assert_eq!(following(&world, &ada).await?, [(root.id, 0)]);

    // Who says again what is known, or follows nothing, costs nothing.
    world.faults.fail_begins(usize::MAX);
    threads.mark(&ada, root.id, Seq::new(1)).await?;
    threads.follow(&ada, root.id, true).await
}

#[tokio::test]
async fn threads_are_listed_by_their_latest_reply_and_of_ones_rooms() -> Result<()> {
    let world = World::new();
    let (ada, grace, room_id, first) = question(&world).await?;
    let second = world.say(&ada, room_id, "another one").await?.view.message;
    let threads = &world.services.threads;
    let mut expected = Vec::new();
    for root in [&first, &second, &first] {
        world.clock.advance(Duration::from_secs(60));
        world.post(&grace, reply(room_id, root.id, "yes")).await?;
        expected.retain(|id| *id != root.id);
        expected.insert(0, root.id);
    }
    let listed: Vec<_> = following(&world, &grace).await?.into_iter().map(|(id, _)| id).collect();
    assert_eq!(listed, expected);
    let page = threads.list(&grace, Some(room_id), PageRequest::new(None, 1)).await?;
    let rest = threads.list(&grace, Some(room_id), PageRequest::new(page.next, 1)).await?;
    assert_eq!(rest.items.first().map(|thread| thread.root.message.id), Some(second.id));
    assert_eq!(rest.next, None);

    world.services.memberships.leave(&grace, room_id).await?;
    assert_eq!(following(&world, &grace).await?, []);
    let refused = threads.list(&grace, Some(room_id), PageRequest::new(None, 1)).await;
    assert!(matches!(refused, Err(Error::Forbidden(_))));
    Ok(())
}
