//! Friends: what each of two can tell, and what a block leaves of it.

use std::time::Duration;

use futures::future::join_all;
use plaza_application::{
    Actor, Error, MAX_FRIENDS, MAX_OPEN_REQUESTS, PageRequest, Result,
    events::{Event, UserEvent},
    ports::EventStream,
};
use plaza_domain::{
    Clock, Email, FriendChange, Friendship, FriendshipState, Relation, RequestDirection, SystemRole, User,
    UserId, UserPair, Username,
};
use uuid::Uuid;

use crate::world::{World, heard};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Who is told that who did what: whom, of whom, what, and whether they did it themselves.
type News = (UserId, UserId, FriendChange, bool);

fn news(events: &mut EventStream) -> Vec<News> {
    let news = heard(events).into_iter().filter_map(|event| match event {
        Event::User(UserEvent::FriendChanged { user_id, peer, change, is_own, .. }) => {
            Some((user_id, peer.id, change, is_own))
        }
        _ => None,
    });
    news.collect()
}

fn to_both(by: &Actor, other: &Actor, change: FriendChange) -> Vec<News> {
    vec![(by.id(), other.id(), change, true), (other.id(), by.id(), change, false)]
}

fn to_own(by: &Actor, other: &Actor, change: FriendChange) -> Vec<News> {
    vec![(by.id(), other.id(), change, true)]
}

async fn relation(world: &World, viewer: &Actor, other: &Actor) -> Result<Relation> {
    Ok(world.services.friends.get(viewer, other.id()).await?.relation)
}

async fn listed(world: &World, actor: &Actor, direction: RequestDirection) -> Result<Vec<UserId>> {
    let page = world.services.friends.requests(actor, direction, PageRequest::new(None, 10)).await?;
    Ok(page.items.into_iter().map(|request| request.user.id).collect())
}

async fn befriend(world: &World, one: &Actor, other: &Actor) -> Result<()> {
    world.services.friends.request(one, other.id()).await?;
    world.services.friends.accept(other, one.id()).await.map(drop)
}

/// What somebody sees of their request, without when it was made.
async fn outgoing(world: &World, actor: &Actor, other: &Actor) -> Result<(bool, Vec<UserId>)> {
    let is_open = matches!(relation(world, actor, other).await?, Relation::Outgoing { .. });
    Ok((is_open, listed(world, actor, RequestDirection::Outgoing).await?))
}

#[tokio::test]
async fn who_is_asked_and_accepts_is_a_friend_and_both_are_told() -> Result<()> {
    let world = World::new();
    let (ada, grace) = world.people().await?;
    let (friends, at) = (&world.services.friends, world.clock.now());
    let mut events = world.ports.bus.subscribe();
    let (asked, is_new) = friends.request(&ada, grace.id()).await?;
    assert_eq!((asked.user, asked.relation, is_new), (grace.user.clone(), Relation::Outgoing { at }, true));
    assert_eq!(news(&mut events), to_both(&ada, &grace, FriendChange::Requested));
    assert!(!friends.request(&ada, grace.id()).await?.1);
    assert_eq!(news(&mut events), []);
    assert_eq!(listed(&world, &grace, RequestDirection::Incoming).await?, [ada.id()]);
    assert_eq!(listed(&world, &ada, RequestDirection::Outgoing).await?, [grace.id()]);
    assert_eq!(relation(&world, &grace, &ada).await?, Relation::Incoming { at });

    let accepted = friends.accept(&grace, ada.id()).await?;
    assert_eq!(accepted.relation, Relation::Friends { since: at });
    assert_eq!(news(&mut events), to_both(&grace, &ada, FriendChange::Accepted));
    for (actor, friend) in [(&ada, &grace), (&grace, &ada)] {
        let page = friends.list(actor, PageRequest::new(None, 10)).await?;
        let ids: Vec<_> = page.items.iter().map(|friend| friend.user.id).collect();
        assert_eq!((ids, page.next), (vec![friend.id()], None));
        assert_eq!(listed(&world, actor, RequestDirection::Incoming).await?, []);
        assert_eq!(listed(&world, actor, RequestDirection::Outgoing).await?, []);
    }
    friends.remove(&ada, grace.id()).await?;
    assert_eq!(news(&mut events), to_both(&ada, &grace, FriendChange::Removed));
    assert_eq!(relation(&world, &grace, &ada).await?, Relation::Strangers);
    Ok(())
}

#[tokio::test]
async fn of_all_who_ask_each_other_at_once_all_are_friends() -> Result<()> {
    let world = World::new();
    let (ada, grace) = world.people().await?;
    let mut events = world.ports.bus.subscribe();
    let asking = (0..20).map(|number| {
        let (actor, peer) = if number % 2 == 0 { (&ada, &grace) } else { (&grace, &ada) };
        world.services.friends.request(actor, peer.id())
    });
    join_all(asking).await.into_iter().collect::<Result<Vec<_>>>()?;
    assert!(matches!(relation(&world, &ada, &grace).await?, Relation::Friends { .. }));
    let changes: Vec<_> = news(&mut events).into_iter().map(|(_, _, change, _)| change).collect();
    use FriendChange::{Accepted, Requested};
    assert_eq!(changes, [Requested, Requested, Accepted, Accepted]);
    Ok(())
}

#[tokio::test]
async fn a_declined_request_and_one_to_who_has_blocked_look_like_one_that_is_not_answered() -> Result<()> {
    let mut seen = Vec::new();
    for scenario in ["nothing", "decline", "block after", "block before"] {
        let world = World::new();
        let (ada, grace) = world.people().await?;
        let (friends, blocks) = (&world.services.friends, &world.services.blocks);
        let mut told = Vec::new();
        let mut events = world.ports.bus.subscribe();
        if scenario == "block before" {
            blocks.block(&grace, ada.id()).await?;
        }
        let mut answers = vec![format!("{:?}", friends.request(&ada, grace.id()).await.map(|(_, new)| new))];
        world.clock.advance(DAY);
        match scenario {
            "decline" => friends.decline(&grace, ada.id()).await?,
            "block after" => blocks.block(&grace, ada.id()).await?,
            _ => {}
        }
        for days in [1, 28, 1, 30, 1] {
            told.extend(news(&mut events));
            world.clock.advance(DAY * days);
            answers.push(format!("{:?}", outgoing(&world, &ada, &grace).await?.0));
            let again = friends.request(&ada, grace.id()).await;
            answers.push(format!("{:?}", again.map(|(seen, new)| (seen.relation, new))));
        }
        friends.cancel(&ada, grace.id()).await?;
        answers.push(format!("{:?}", friends.cancel(&ada, grace.id()).await));
        answers.push(format!("{:?}", friends.request(&ada, grace.id()).await));
        world.clock.advance(DAY);
        answers.push(format!("{:?}", friends.request(&ada, grace.id()).await.map(|(_, new)| new)));
        told.extend(news(&mut events));
        let of_ada: Vec<_> =
            told.iter().filter(|news| news.0 == ada.id()).map(|news| (news.2, news.3)).collect();
        answers.push(format!("{of_ada:?}"));
        seen.push(answers);
        let of_grace = told.iter().filter(|news| news.0 == grace.id() && !news.3).count();
        let incoming = listed(&world, &grace, RequestDirection::Incoming).await?.len();
        match scenario {
            // Asked, renewed twice, taken back, asked again.
            "nothing" => assert_eq!((of_grace, incoming), (5, 1)),
            // The first renewal comes within 30 days of the answer; of what follows she hears.
            "decline" => assert_eq!((of_grace, incoming), (4, 1)),
            "block after" => assert_eq!((of_grace, incoming), (1, 0)),
            _ => assert_eq!((of_grace, incoming), (0, 0)),
        }
    }
    assert!(seen.iter().all(|answers| *answers == seen[0]), "{seen:#?}");
    Ok(())
}

#[tokio::test]
async fn a_block_ends_what_was_between_two_users() -> Result<()> {
    use FriendChange::{Cancelled, Declined, Removed};
    let world = World::new();
    let (ada, grace) = world.people().await?;
    let (friends, blocks) = (&world.services.friends, &world.services.blocks);
    let mut events = world.ports.bus.subscribe();
    befriend(&world, &ada, &grace).await?;
    news(&mut events);
    blocks.block(&ada, grace.id()).await?;
    assert_eq!(news(&mut events), to_both(&ada, &grace, Removed));
    assert_eq!(relation(&world, &grace, &ada).await?, Relation::Strangers);
    let refused = friends.request(&ada, grace.id()).await;
    assert!(matches!(refused, Err(Error::Conflict(_))), "{refused:?}");

    // Grace asks, and nobody hears; once Ada has taken the block back and asks herself, she accepts by it.
    friends.request(&grace, ada.id()).await?;
    assert_eq!(news(&mut events).len(), 1);
    assert_eq!(listed(&world, &ada, RequestDirection::Incoming).await?, []);
    blocks.unblock(&ada, grace.id()).await?;
    assert_eq!(listed(&world, &ada, RequestDirection::Incoming).await?, []);
    friends.request(&ada, grace.id()).await?;
    assert!(matches!(relation(&world, &ada, &grace).await?, Relation::Friends { .. }));

    friends.remove(&ada, grace.id()).await?;
    friends.request(&ada, grace.id()).await?;
    news(&mut events);
    blocks.block(&grace, ada.id()).await?;
    assert_eq!(news(&mut events), to_own(&grace, &ada, Declined));
    blocks.block(&ada, grace.id()).await?;
    assert_eq!(news(&mut events), to_own(&ada, &grace, Cancelled));
    blocks.block(&ada, grace.id()).await?;
    assert_eq!(news(&mut events), []);
    Ok(())
}

#[tokio::test]
async fn a_block_that_fails_leaves_the_friendship() -> Result<()> {
    let world = World::new();
    let (ada, grace) = world.people().await?;
    befriend(&world, &ada, &grace).await?;
    let mut events = world.ports.bus.subscribe();
    world.faults.fail_commits(1);
    assert!(world.services.blocks.block(&ada, grace.id()).await.is_err());
    assert_eq!(news(&mut events), []);
    assert!(matches!(relation(&world, &ada, &grace).await?, Relation::Friends { .. }));
    assert!(world.services.blocks.list(&ada, PageRequest::new(None, 10)).await?.items.is_empty());
    Ok(())
}

#[tokio::test]
async fn who_takes_a_request_back_is_told_when_to_ask_again() -> Result<()> {
    let world = World::new();
    let (ada, grace) = world.people().await?;
    let friends = &world.services.friends;
    friends.request(&ada, grace.id()).await?;
    friends.cancel(&ada, grace.id()).await?;
    assert_eq!(listed(&world, &grace, RequestDirection::Incoming).await?, []);
    world.clock.advance(DAY / 24);
    let tomorrow = (world.clock.now() + DAY / 24 * 23).format("%Y-%m-%dT%H:%M:%SZ").to_string();
    let refused = friends.request(&ada, grace.id()).await;
    assert!(matches!(&refused, Err(Error::Conflict(words)) if words.ends_with(&tomorrow)), "{refused:?}");
    world.clock.advance(DAY / 24 * 23);
    assert!(friends.request(&ada, grace.id()).await?.1);
    Ok(())
}

#[tokio::test]
async fn what_is_not_there_cannot_be_answered_or_ended() -> Result<()> {
    let world = World::new();
    let (ada, grace) = world.people().await?;
    let friends = &world.services.friends;
    friends.request(&ada, grace.id()).await?;
    for (actor, other) in [(&ada, &grace), (&grace, &world.user("edsger").await?)] {
        let refusals = [
            friends.accept(actor, other.id()).await.err(),
            friends.decline(actor, other.id()).await.err(),
            friends.cancel(other, actor.id()).await.err(),
            friends.remove(actor, other.id()).await.err(),
        ];
        for refusal in refusals {
            assert!(matches!(refusal, Some(Error::NotFound("friend request" | "friend"))), "{refusal:?}");
        }
    }
    let nobody = UserId::new(world.ports.ids.next());
    assert!(matches!(friends.request(&ada, nobody).await, Err(Error::NotFound("user"))));
    assert!(matches!(friends.get(&ada, nobody).await, Err(Error::NotFound("user"))));
    assert!(matches!(friends.accept(&ada, nobody).await, Err(Error::NotFound("user"))));
    assert!(matches!(friends.request(&ada, ada.id()).await, Err(Error::Invalid(_))));
    assert!(matches!(friends.remove(&ada, ada.id()).await, Err(Error::Invalid(_))));
    Ok(())
}

#[tokio::test]
async fn guests_ask_those_they_share_a_room_with_and_write_to_their_friends() -> Result<()> {
    let world = World::new();
    let (ada, grace) = world.people().await?;
    let guest = world.user_as("guest", SystemRole::Guest).await?;
    let (friends, direct) = (&world.services.friends, &world.services.direct);
    assert!(matches!(friends.request(&guest, ada.id()).await, Err(Error::NotFound("user"))));
    assert!(matches!(direct.open(&guest, ada.id()).await, Err(Error::NotFound("user"))));
    befriend(&world, &ada, &guest).await?;
    assert!(direct.open(&guest, ada.id()).await?.is_new);
    friends.request(&grace, guest.id()).await?;
    assert!(matches!(direct.open(&guest, grace.id()).await, Err(Error::Forbidden(_))));
    Ok(())
}

/// So many users, of whom each is that to somebody.
async fn given_others(world: &World, actor: &Actor, count: u64, state: FriendshipState) -> Result<()> {
    let mut work = world.ports.store.begin().await?;
    let template = work.users().find(actor.id()).await?.ok_or(Error::NotFound("user"))?;
    for number in 0..count {
        let user = User {
            id: UserId::new(Uuid::from_u128(u128::from(number) + 1)),
            email: Email::from_stored(format!("user{number}@example.com")),
            username: Username::from_stored(format!("user{number}")),
            ..template.clone()
        };
        work.users().insert(&user).await?;
        let users = UserPair::new(actor.id(), user.id).ok_or(Error::NotFound("somebody else"))?;
        work.friendships().claim(users).await?;
        work.friendships().update(&Friendship { state, ..Friendship::new(users) }).await?;
    }
    Ok(work.commit().await?)
}

#[tokio::test]
async fn requests_that_are_open_and_friends_have_a_bound() -> Result<()> {
    let world = World::new();
    let (ada, grace) = world.people().await?;
    let friends = &world.services.friends;
    let at = world.clock.now();
    let asked = FriendshipState::Requested { by: ada.id(), at, is_hidden: true };
    given_others(&world, &ada, MAX_OPEN_REQUESTS - 1, asked).await?;
    friends.request(&ada, grace.id()).await?;
    let refused = friends.request(&ada, world.user("edsger").await?.id()).await;
    assert!(matches!(refused, Err(Error::Conflict(_))), "{refused:?}");
    // One that is open may be repeated and renewed.
    world.clock.advance(DAY * 31);
    friends.request(&ada, grace.id()).await?;

    let world = World::new();
    let (ada, grace) = world.people().await?;
    let friends = &world.services.friends;
    given_others(&world, &ada, MAX_FRIENDS, FriendshipState::Friends { since: at }).await?;
    friends.request(&grace, ada.id()).await?;
    for refused in
        [friends.accept(&ada, grace.id()).await.err(), friends.request(&ada, grace.id()).await.err()]
    {
        assert!(matches!(refused, Some(Error::Conflict(_))), "{refused:?}");
    }
    friends.remove(&ada, UserId::new(Uuid::from_u128(1))).await?;
    friends.accept(&ada, grace.id()).await?;
    Ok(())
}
