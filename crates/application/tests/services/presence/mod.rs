//! Who is there, and who is told. Time stands still until everybody waits for it.

mod store;

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use plaza_application::{
    Actor, Attendance, Error, MAX_QUERIED_USERS, PageRequest, Result,
    events::{Event, PresenceChange},
    ports::{Delivery, EventStream, MAX_CONNECTIONS},
};
use plaza_domain::{
    Availability::{self, Away, Dnd, Online},
    Block, Clock, Presence, Timestamp, UserId,
};
use tokio::time::{Instant, timeout};
use uuid::Uuid;

use crate::world::World;

/// What has not happened by then, by the clock that stands still, will not happen.
const PATIENCE: Duration = Duration::from_secs(600);

async fn connect(world: &World, actor: &Actor) -> Result<Attendance> {
    world.services.presence.connect(actor.id()).await.map_err(|refused| Error::Internal(refused.into()))
}

/// What is told next, of one user or of several; nothing when nothing is.
async fn changes(events: &mut EventStream) -> Vec<PresenceChange> {
    let next = async {
        loop {
            if let Some(Delivery::Event(event)) = events.next().await
                && let Event::Presence(event) = &*event
            {
                return event.changes.clone();
            }
        }
    };
    timeout(PATIENCE, next).await.unwrap_or_default()
}

/// The next change that is told, of one user; nothing when none is.
async fn change(events: &mut EventStream) -> Option<PresenceChange> {
    changes(events).await.pop()
}

async fn availability(events: &mut EventStream) -> Option<Option<Availability>> {
    change(events).await.map(|change| change.availability)
}

async fn seen_by(world: &World, viewer: &Actor, of: &Actor) -> Result<Presence> {
    world.services.presence.get(viewer, of.id()).await
}

fn is(user: &Actor, availability: Availability) -> Presence {
    Presence::new(user.id(), Some(availability), None)
}

fn was_there(user: &Actor, at: Timestamp) -> Presence {
    Presence::new(user.id(), None, Some(at))
}

#[tokio::test(start_paused = true)]
async fn a_user_is_there_while_a_connection_is() -> Result<()> {
    let world = World::new();
    let (ada, grace) = world.people().await?;
    world.shared_room(&ada, &grace).await?;
    assert_eq!(seen_by(&world, &grace, &ada).await?, Presence::hidden(ada.id()));

    let mut events = world.ports.bus.subscribe();
    let (first, second) = (connect(&world, &ada).await?, connect(&world, &ada).await?);
    assert_eq!(availability(&mut events).await, Some(Some(Online)));
    drop(first);
    assert_eq!(change(&mut events).await, None, "she is still there");
    assert_eq!(seen_by(&world, &grace, &ada).await?, is(&ada, Online));

    world.clock.advance(Duration::from_secs(5));
    drop(second);
    let gone = change(&mut events).await;
    let now = world.clock.now();
    assert_eq!(gone, Some(PresenceChange { user_id: ada.id(), availability: None, at: now }));
    assert_eq!(change(&mut events).await, None);
    assert_eq!(seen_by(&world, &grace, &ada).await?, was_there(&ada, now));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn of_several_connections_the_one_that_is_not_to_be_disturbed_counts() -> Result<()> {
    let world = World::new();
    let (ada, _) = world.people().await?;
    let mut events = world.ports.bus.subscribe();
    let (first, second) = (connect(&world, &ada).await?, connect(&world, &ada).await?);
    assert_eq!(availability(&mut events).await, Some(Some(Online)));
    for (said_by_first, said_by_second, expected) in
        [(Dnd, Away, Dnd), (Away, Away, Away), (Away, Online, Online), (Away, Dnd, Dnd)]
    {
        first.set(said_by_first);
        second.set(said_by_second);
        assert_eq!(availability(&mut events).await, Some(Some(expected)));
        assert_eq!(seen_by(&world, &ada, &ada).await?, is(&ada, expected));
    }
    first.set(Away);
    assert_eq!(change(&mut events).await, None, "nothing has changed");
    drop(second);
    assert_eq!(availability(&mut events).await, Some(Some(Away)));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn who_shares_no_room_is_shown_nothing() -> Result<()> {
    let world = World::new();
    let (ada, grace) = world.people().await?;
    let stranger = world.user("stranger").await?;
    let room = world.shared_room(&ada, &grace).await?;
    let _there = connect(&world, &ada).await?;
    let nobody = UserId::new(Uuid::from_u128(7));
    let asked = [ada.id(), nobody, stranger.id(), ada.id()];
    let presence = &world.services.presence;
    let hidden = [ada.id(), nobody, stranger.id()].map(Presence::hidden);
    assert_eq!(presence.query(&stranger, &asked).await?, hidden);
    assert_eq!(seen_by(&world, &stranger, &ada).await?, Presence::hidden(ada.id()));
    let found = presence.query(&grace, &asked).await?;
    assert_eq!(found, [is(&ada, Online), Presence::hidden(nobody), Presence::hidden(stranger.id())]);
    assert!(matches!(presence.get(&grace, nobody).await, Err(Error::NotFound("user"))));

    world.services.memberships.leave(&grace, room.id).await?;
    assert_eq!(seen_by(&world, &grace, &ada).await?, Presence::hidden(ada.id()));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn two_hundred_users_are_asked_for_at_once_and_no_more() -> Result<()> {
    let world = World::new();
    let ada = world.user("ada").await?;
    let user = |number: usize| UserId::new(Uuid::from_u128(number as u128));
    let mut asked: Vec<UserId> = (0..MAX_QUERIED_USERS).map(user).collect();
    assert_eq!(world.services.presence.query(&ada, &asked).await?.len(), MAX_QUERIED_USERS);
    asked.push(ada.id());
    let refused = world.services.presence.query(&ada, &asked).await;
    assert!(matches!(refused, Err(Error::Invalid(_))));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_user_has_so_many_connections_and_no_more() -> Result<()> {
    let world = World::new();
    let (ada, grace) = world.people().await?;
    let presence = &world.services.presence;
    let racing = (0..=MAX_CONNECTIONS).map(|_| presence.connect(ada.id()));
    let outcomes = futures::future::join_all(racing).await;
    let mut let_in: Vec<Attendance> = outcomes.into_iter().flatten().collect();
    assert_eq!(let_in.len(), MAX_CONNECTIONS as usize);
    assert!(presence.connect(ada.id()).await.is_err());
    assert!(presence.connect(grace.id()).await.is_ok());
    let_in.pop();
    assert!(presence.connect(ada.id()).await.is_ok());
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn who_is_sent_away_is_expected_back() -> Result<()> {
    let world = World::new();
    let (ada, _) = world.people().await?;
    let mut events = world.ports.bus.subscribe();
    let attendance = connect(&world, &ada).await?;
    attendance.set(Dnd);
    assert_eq!(availability(&mut events).await, Some(Some(Online)));
    assert_eq!(availability(&mut events).await, Some(Some(Dnd)));
    attendance.send_away();
    assert_eq!(change(&mut events).await, None);
    assert_eq!(seen_by(&world, &ada, &ada).await?, is(&ada, Dnd));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn when_the_server_stops_it_is_known_when_everybody_was_last_seen() -> Result<()> {
    let world = World::new();
    let (ada, grace) = world.people().await?;
    let _there = (connect(&world, &ada).await?, connect(&world, &grace).await?);
    world.shutdown.cancel();
    world.tracker.close();
    world.tracker.wait().await;
    let mut read = world.ports.store.read().await?;
    for user in [ada.id(), grace.id()] {
        let seen = read.presence().visible_to(user, &[user]).await?;
        let last_seen: Vec<_> = seen.into_iter().map(|sighting| sighting.last_seen_at).collect();
        assert_eq!(last_seen, [Some(world.clock.now())]);
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn who_stays_is_noted_every_few_minutes_and_a_failed_write_is_repeated() -> Result<()> {
    let world = World::new();
    let (ada, _) = world.people().await?;
    let _there = connect(&world, &ada).await?;
    let noted = async || -> Result<Option<Timestamp>> {
        let mut read = world.ports.store.read().await?;
        let seen = read.presence().visible_to(ada.id(), &[ada.id()]).await?;
        Ok(seen.first().and_then(|sighting| sighting.last_seen_at))
    };
    assert_eq!(noted().await?, None);
    world.faults.fail_begins(2);
    let begin = Instant::now();
    while noted().await?.is_none() && begin.elapsed() < PATIENCE {
        tokio::time::advance(Duration::from_secs(1)).await;
    }
    assert_eq!(noted().await?, Some(world.clock.now()));
    Ok(())
}

/// What would be told after these changes: of whom, what, and in how many rooms.
async fn told(
    world: &World,
    changes: &[PresenceChange],
) -> Result<Vec<(UserId, Option<Availability>, usize)>> {
    let changes: HashMap<_, _> = changes.iter().map(|change| (change.user_id, *change)).collect();
    let mut told = world.services.presence.to_tell(&changes, &|_| true).await?;
    told.sort_by_key(|told| told.presence.user_id);
    let summary = |told: plaza_application::Told| {
        (told.presence.user_id, told.presence.availability, told.room_ids.len())
    };
    Ok(told.into_iter().map(summary).collect())
}

#[tokio::test(start_paused = true)]
async fn what_is_told_is_how_it_is_now_and_only_once() -> Result<()> {
    let world = World::new();
    let (ada, grace) = world.people().await?;
    let stranger = world.user("stranger").await?;
    for _ in 0..2 {
        world.shared_room(&ada, &grace).await?;
    }
    let at = world.clock.now();
    let gone = |user: &Actor| PresenceChange { user_id: user.id(), availability: None, at };
    let attendance = connect(&world, &ada).await?;
    // A change that is outdated, and one that concerns nobody.
    let changes = [gone(&ada), gone(&stranger)];
    assert_eq!(told(&world, &changes).await?, [(ada.id(), Some(Online), 2)]);
    assert_eq!(told(&world, &changes).await?, [], "everybody knows");

    let mut events = world.ports.bus.subscribe();
    drop(attendance);
    assert_eq!(availability(&mut events).await, Some(None));
    let back = connect(&world, &ada).await?;
    assert_eq!(told(&world, &changes).await?, [], "she was back before it was told");
    drop(back);
    while availability(&mut events).await != Some(None) {}
    assert_eq!(told(&world, &changes).await?, [(ada.id(), None, 2)]);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn those_between_whom_a_block_stands_see_and_hear_nothing_of_each_other() -> Result<()> {
    let world = World::new();
    let (ada, grace) = world.people().await?;
    let room = world.shared_room(&ada, &grace).await?;
    let block = Block { blocker_id: grace.id(), blocked_id: ada.id(), created_at: world.clock.now() };
    let mut work = world.ports.store.begin().await?;
    work.blocks().insert(&block).await?;
    work.commit().await?;
    let _there = (connect(&world, &ada).await?, connect(&world, &grace).await?);
    assert_eq!(seen_by(&world, &grace, &ada).await?, Presence::hidden(ada.id()));
    assert_eq!(seen_by(&world, &ada, &grace).await?, Presence::hidden(grace.id()));
    let seen = world.services.changes.subscribe(&ada, room.id, None).await?.seen.unwrap_or_default();
    let shown = world.services.presence.of_members(&seen).await;
    assert!(shown.contains(&is(&ada, Online)) && shown.contains(&Presence::hidden(grace.id())), "{shown:?}");

    let came = |user: &Actor| PresenceChange {
        user_id: user.id(),
        availability: Some(Online),
        at: world.clock.now(),
    };
    let changes = HashMap::from([(ada.id(), came(&ada)), (grace.id(), came(&grace))]);
    for told in world.services.presence.to_tell(&changes, &|_| true).await? {
        let other = if told.presence.user_id == ada.id() { grace.id() } else { ada.id() };
        assert_eq!(told.hidden_from, HashSet::from([other]));
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn friends_see_and_hear_of_each_other_though_they_share_no_room() -> Result<()> {
    let world = World::new();
    let (ada, grace) = world.people().await?;
    let stranger = world.user("stranger").await?;
    let friends = &world.services.friends;
    friends.request(&ada, grace.id()).await?;
    friends.request(&ada, stranger.id()).await?;
    let _there = connect(&world, &ada).await?;
    assert_eq!(seen_by(&world, &grace, &ada).await?, Presence::hidden(ada.id()));
    friends.accept(&grace, ada.id()).await?;
    assert_eq!(seen_by(&world, &grace, &ada).await?, is(&ada, Online));
    assert_eq!(seen_by(&world, &stranger, &ada).await?, Presence::hidden(ada.id()));
    let listed = friends.list(&grace, PageRequest::new(None, 10)).await?.items;
    assert_eq!(world.services.presence.of_friends(&listed).await, [is(&ada, Online)]);

    let change =
        |user: &Actor| PresenceChange { user_id: user.id(), availability: None, at: world.clock.now() };
    let changes = [&ada, &stranger].map(|user| (user.id(), change(user)));
    // Of two friends, one is connected here.
    let elsewhere = world.user("elsewhere").await?;
    friends.request(&ada, elsewhere.id()).await?;
    friends.accept(&elsewhere, ada.id()).await?;
    let is_connected = |user_id| user_id != elsewhere.id();
    let told = world.services.presence.to_tell(&HashMap::from(changes), &is_connected).await?;
    let whom: Vec<_> = told.iter().map(|told| (told.presence.clone(), told.friend_ids.clone())).collect();
    assert_eq!(whom, [(is(&ada, Online), HashSet::from([grace.id()]))]);
    assert!(told[0].room_ids.is_empty());
    Ok(())
}
