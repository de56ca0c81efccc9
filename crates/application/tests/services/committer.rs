//! Group commit: order, exactly once, and who learns what when a transaction fails.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use futures::future::join_all;
use plaza_application::{
    Acknowledged, Actor, Error, MessageInput, Posted, Result, events::Event, memory::SequentialIds,
    ports::Delivery,
};
use plaza_domain::{IdGenerator, MessageId, Seq, repository::HistoryRange};
use tokio::{sync::oneshot, task::JoinSet, time::timeout};
use uuid::Uuid;

use crate::world::{Post, World, heard_changes, named, said, text};

/// Posts all of these at once: the committer takes them as one batch.
pub(crate) async fn post_together(
    world: &World,
    actor: &Actor,
    inputs: impl IntoIterator<Item = Post>,
) -> Vec<Result<Posted>> {
    let posts = inputs.into_iter().map(|input| world.post(actor, input));
    join_all(posts).await
}

/// Once with a store that appends at once, and once with one that stores all messages in transactions.
async fn in_both_ways(test: impl AsyncFn(World) -> Result<()>) -> Result<()> {
    test(World::new()).await?;
    let world = World::new();
    world.faults.store_in_transactions();
    test(world).await
}

/// In a few letters: `new` at its place, `again` for a repetition, or why not.
fn outcome(answer: &Result<Posted>) -> String {
    match answer {
        Ok(posted) if posted.duplicate => format!("again {}", posted.view.message.seq),
        Ok(posted) => format!("new {}", posted.view.message.seq),
        Err(Error::Unavailable(_)) => "unavailable".to_owned(),
        Err(Error::NotFound(what)) => format!("no {what}"),
        Err(Error::Conflict(_)) => "conflict".to_owned(),
        Err(other) => other.to_string(),
    }
}

pub(crate) fn outcomes(answers: &[Result<Posted>]) -> Vec<String> {
    answers.iter().map(outcome).collect()
}

#[tokio::test]
async fn a_repeated_client_id_returns_the_original() -> Result<()> {
    let world = World::new();
    let (ada, _) = world.people().await?;
    let room = world.public_room(&ada).await?;
    let messages = &world.services.messages;
    let first = world.post(&ada, named(room.id, "hello", "one")).await?;
    let mut events = world.ports.bus.subscribe();
    let second = world.post(&ada, named(room.id, "something else", "one")).await?;
    assert_eq!((second.view, second.duplicate), (first.view.clone(), true));
    assert_eq!(heard_changes(&mut events), []);

    messages.delete(&ada, first.view.message.id).await?;
    let after_deletion = world.post(&ada, named(room.id, "hello", "one")).await?;
    assert_eq!(after_deletion.view.message.id, first.view.message.id);
    assert!(after_deletion.view.message.is_deleted());
    Ok(())
}

#[tokio::test]
async fn a_repeated_send_costs_the_others_of_its_batch_nothing() -> Result<()> {
    in_both_ways(async |world| {
        let (ada, grace) = world.people().await?;
        let room = world.shared_room(&ada, &grace).await?;
        let first = outcome(&world.post(&ada, named(room.id, "hello", "one")).await);
        let last = world.services.rooms.get(&ada, room.id).await?.room;
        let mut events = world.ports.bus.subscribe();
        // The first batch finds out by storing, the others look first.
        for number in 0..3 {
            let inputs = [&format!("a-{number}"), "one", &format!("b-{number}")];
            let answers = post_together(&world, &ada, inputs.map(|name| named(room.id, "hello", name))).await;
            let next = last.last_seq.get() + 2 * number;
            let expected =
                [format!("new {}", next + 1), first.replace("new", "again"), format!("new {}", next + 2)];
            assert_eq!(outcomes(&answers), expected);
        }
        let versions: Vec<_> = heard_changes(&mut events).iter().map(|change| change.version.get()).collect();
        let next = last.version.get() + 1;
        assert_eq!(versions, (next..next + 6).collect::<Vec<_>>());
        Ok(())
    })
    .await
}

#[tokio::test]
async fn client_ids_of_two_senders_do_not_meet() -> Result<()> {
    let world = World::new();
    let (ada, grace) = world.people().await?;
    let room = world.shared_room(&ada, &grace).await?;
    world.post(&ada, named(room.id, "hello", "one")).await?;
    let other = world.post(&grace, named(room.id, "hello", "one")).await?;
    assert!(!other.duplicate);
    Ok(())
}

#[tokio::test]
async fn repetitions_within_a_batch_are_found() -> Result<()> {
    in_both_ways(async |world| {
        let (ada, _) = world.people().await?;
        let room = world.public_room(&ada).await?;
        let inputs = ["a", "b", "a", "a"].map(|name| named(room.id, "hello", name));
        let answers = post_together(&world, &ada, inputs).await;
        assert_eq!(outcomes(&answers), ["new 1", "new 2", "again 1", "again 1"]);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_client_id_means_one_room() -> Result<()> {
    in_both_ways(async |world| {
        let (ada, _) = world.people().await?;
        let (here, there) = (world.public_room(&ada).await?, world.public_room(&ada).await?);
        let inputs = [here.id, there.id].map(|room_id| named(room_id, "hello", "one"));
        assert_eq!(outcomes(&post_together(&world, &ada, inputs).await), ["new 1", "conflict"]);
        let later = world.post(&ada, named(there.id, "hello", "one")).await;
        assert_eq!(outcome(&later), "conflict");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_bad_draft_does_not_fail_its_neighbours() -> Result<()> {
    in_both_ways(async |world| {
        let (ada, grace) = world.people().await?;
        let (mine, hers) = (world.public_room(&ada).await?, world.public_room(&grace).await?);
        let unknown = MessageId::new(world.ports.ids.next());
        let orphan = (mine.id, MessageInput { parent_id: Some(unknown), ..said("reply to nothing") });
        let inputs = [text(mine.id, "first"), orphan, text(hers.id, "let me in"), text(mine.id, "second")];
        let answers = post_together(&world, &ada, inputs).await;
        assert_eq!(outcomes(&answers), ["new 1", "no parent message", "no room", "new 2"]);
        Ok(())
    })
    .await
}

/// Counts up, and once, when a test sets the trap, gives an id that is taken.
#[derive(Default)]
pub(crate) struct TrappedIds {
    ids: SequentialIds,
    /// After how many ids, and which.
    trap: Mutex<Option<(u32, Uuid)>>,
}

impl TrappedIds {
    /// From now on, the second id is this one.
    pub(crate) fn set_trap(&self, taken: Uuid) {
        *self.trap.lock().unwrap_or_else(PoisonError::into_inner) = Some((1, taken));
    }
}

impl IdGenerator for TrappedIds {
    fn next(&self) -> Uuid {
        let mut trap = self.trap.lock().unwrap_or_else(PoisonError::into_inner);
        match trap.take() {
            Some((0, taken)) => taken,
            Some((left, taken)) => {
                *trap = Some((left - 1, taken));
                self.ids.next()
            }
            None => self.ids.next(),
        }
    }
}

#[tokio::test]
async fn a_batch_that_the_database_refuses_is_tried_draft_by_draft() -> Result<()> {
    for stores_in_transactions in [false, true] {
        let ids = Arc::new(TrappedIds::default());
        let world = World::with_ports(|ports| ports.ids = Arc::clone(&ids) as Arc<dyn IdGenerator>);
        if stores_in_transactions {
            world.faults.store_in_transactions();
        }
        let (ada, _) = world.people().await?;
        let room = world.public_room(&ada).await?;
        let taken = world.say(&ada, room.id, "zero").await?.view.message.id;
        ids.set_trap(taken.uuid());
        let mut events = world.ports.bus.subscribe();
        let inputs = ["a", "b", "c"].map(|content| text(room.id, content));
        let answers = post_together(&world, &ada, inputs).await;
        assert_eq!(outcomes(&answers), ["new 2", "new 3", "new 4"]);
        assert_eq!(heard_changes(&mut events).len(), 3);
    }
    Ok(())
}

#[tokio::test]
async fn after_a_failed_commit_only_sends_with_a_name_are_tried_again() -> Result<()> {
    in_both_ways(async |world| {
        let (ada, _) = world.people().await?;
        let room = world.public_room(&ada).await?;
        let inputs = [named(room.id, "a", "a"), text(room.id, "b"), named(room.id, "c", "c")];
        world.faults.fail_commits(1);
        let answers = post_together(&world, &ada, inputs).await;
        assert_eq!(outcomes(&answers), ["new 1", "unavailable", "new 2"]);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_commit_whose_answer_was_lost_repeats_no_message() -> Result<()> {
    in_both_ways(async |world| {
        let (ada, _) = world.people().await?;
        let room = world.public_room(&ada).await?;
        world.faults.lose_answers(1);
        let inputs = [named(room.id, "a", "a"), text(room.id, "b")];
        let answers = post_together(&world, &ada, inputs).await;
        assert_eq!(outcomes(&answers), ["again 1", "unavailable"]);
        let (stored, _) = world.services.messages.history(&ada, room.id, HistoryRange::Newest, 10).await?;
        assert_eq!(stored.len(), 2);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn while_the_store_is_gone_everybody_is_told_and_nothing_is_published() -> Result<()> {
    in_both_ways(async |world| {
        let (ada, _) = world.people().await?;
        let room = world.public_room(&ada).await?;
        let mut events = world.ports.bus.subscribe();
        let inputs = || (0..50).map(|number| text(room.id, &number.to_string()));

        world.faults.fail_begins(usize::MAX);
        let answers = post_together(&world, &ada, inputs()).await;
        assert_eq!(outcomes(&answers), vec!["unavailable"; 50]);
        assert_eq!(heard_changes(&mut events), []);

        world.faults.fail_begins(0);
        let answers = post_together(&world, &ada, inputs()).await;
        assert_eq!(outcome(&answers[0]), "new 1");
        assert_eq!(heard_changes(&mut events).len(), 50);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_fault_costs_its_batch_and_not_the_rooms_of_its_lane() -> Result<()> {
    in_both_ways(async |world| {
        let (ada, _) = world.people().await?;
        let room = world.public_room(&ada).await?;
        world.faults.before_next_messages(|| std::panic::resume_unwind(Box::new("injected by the test")));
        assert_eq!(outcome(&world.say(&ada, room.id, "lost").await), "unavailable");
        assert_eq!(outcome(&world.say(&ada, room.id, "kept").await), "new 1");
        Ok(())
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_posts_take_one_place_each_and_are_told_in_order() -> Result<()> {
    let world = World::new();
    let (ada, grace) = world.people().await?;
    let room = world.shared_room(&ada, &grace).await?;
    let before = world.services.rooms.get(&ada, room.id).await?.room;
    let mut events = world.ports.bus.subscribe();
    let mut posts = JoinSet::new();
    for number in 0..500 {
        let messages = Arc::clone(&world.services.messages);
        let actor = if number % 2 == 0 { ada.clone() } else { grace.clone() };
        posts.spawn(async move { messages.post(&actor, room.id, said(&number.to_string())).await });
    }
    let posted = posts.join_all().await.into_iter().collect::<Result<Vec<_>>>()?;

    let first = before.last_seq.next().get();
    let places: BTreeSet<Seq> = posted.iter().map(|posted| posted.view.message.seq).collect();
    assert!(places.into_iter().eq((first..first + 500).map(Seq::new)));
    let mut told = Vec::new();
    // The last senders are answered before the last events are published.
    while told.len() < 500
        && let Ok(Some(Delivery::Event(event))) = timeout(Duration::from_secs(10), events.next()).await
    {
        told.extend(version_of(&event));
    }
    let first = before.version.next().get();
    assert!(told.iter().copied().eq(first..first + 500), "{told:?}");
    Ok(())
}

fn version_of(event: &Event) -> Option<i64> {
    match event {
        Event::Room(change) => Some(change.version.get()),
        Event::Signal(_) | Event::User(_) | Event::Direct(_) | Event::Presence(_) => None,
    }
}

#[tokio::test]
async fn messages_are_stored_in_the_order_of_the_calls() -> Result<()> {
    let world = World::new();
    let (ada, grace) = world.people().await?;
    let room = world.shared_room(&ada, &grace).await?;
    let posts = (0..500).map(|number: u32| {
        let actor = if number.is_multiple_of(3) { &grace } else { &ada };
        world.post(actor, text(room.id, &number.to_string()))
    });
    let posted = join_all(posts).await.into_iter().collect::<Result<Vec<_>>>()?;
    let in_order = posted.windows(2).all(|pair| pair[1].view.message.seq == pair[0].view.message.seq.next());
    assert!(in_order);
    Ok(())
}

#[tokio::test]
async fn a_sender_learns_the_outcome_before_anybody_else() -> Result<()> {
    let world = World::new();
    let (ada, _) = world.people().await?;
    let room = world.public_room(&ada).await?;
    let mut events = world.ports.bus.subscribe();
    let (sender, receiver) = oneshot::channel();
    let completion = Box::new(move |answer: Result<Acknowledged<'_>>| {
        let heard_before = heard_changes(&mut events).len();
        drop(sender.send((outcome(&answer.map(Acknowledged::to_posted)), heard_before)));
    });
    let messages = &world.services.messages;
    messages.submit(&ada, room.id, messages.draft(said("hello"))?, completion);
    assert_eq!(receiver.await.ok(), Some(("new 1".to_owned(), 0)));
    Ok(())
}

#[tokio::test]
async fn what_was_accepted_before_a_shutdown_is_stored() -> Result<()> {
    let world = World::new();
    let (ada, _) = world.people().await?;
    let room = world.public_room(&ada).await?;
    let mut answers = Vec::new();
    for number in 0..10 {
        let (sender, receiver) = oneshot::channel();
        let completion = Box::new(move |answer: Result<Acknowledged<'_>>| {
            drop(sender.send(outcome(&answer.map(Acknowledged::to_posted))));
        });
        let messages = &world.services.messages;
        let draft = messages.draft(said(&number.to_string()))?;
        messages.submit(&ada, room.id, draft, completion);
        answers.push(receiver);
    }
    world.shutdown.cancel();
    world.tracker.close();
    world.tracker.wait().await;
    let answers: Vec<_> = join_all(answers).await.into_iter().flatten().collect();
    let expected: Vec<_> = (1..=10).map(|seq| format!("new {seq}")).collect();
    assert_eq!(answers, expected);
    assert_eq!(outcome(&world.say(&ada, room.id, "too late").await), "unavailable");
    Ok(())
}

#[tokio::test]
async fn when_too_many_wait_the_rest_is_refused_at_once() -> Result<()> {
    let world = World::new();
    let (ada, _) = world.people().await?;
    let room = world.public_room(&ada).await?;
    // Nothing is stored before this task waits for the first time.
    let inputs = (0..5_000).map(|_| text(room.id, "me too"));
    let answers = outcomes(&post_together(&world, &ada, inputs).await);
    let stored = answers.iter().filter(|answer| answer.starts_with("new")).count();
    let refused = answers.iter().filter(|answer| *answer == "unavailable").count();
    assert_eq!(stored + refused, 5_000);
    assert!(refused > 0);
    let last_seq = world.services.rooms.get(&ada, room.id).await?.room.last_seq;
    assert_eq!(last_seq.get(), i64::try_from(stored).unwrap_or_default());
    Ok(())
}
