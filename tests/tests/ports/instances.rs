//! Presence of several instances on one Redis, some of which die.

use std::{collections::HashSet, time::Duration};

use plaza_application::ports::{Departure, MAX_CONNECTIONS, PresenceStore, Report};
use plaza_domain::{
    Availability::{Away, Dnd, Online},
    UserId,
};
use plaza_infrastructure::redis::{RedisPool, RedisPresence};
use plaza_tests::servers::PrivateRedis;
use tokio::{
    task::JoinSet,
    time::{Instant, interval},
};

use super::{
    DEADLINE, Outcome, in_time,
    presence::{has, share, told, user},
    redis,
};

/// How long what an instance told is believed here.
const TTL: Duration = Duration::from_millis(500);
const PATIENCE: Duration = Duration::from_millis(300);

async fn two_instances() -> Outcome<(RedisPresence, RedisPresence)> {
    let pool = redis::pool().await?;
    Ok((redis::presence(pool.clone(), 1, DEADLINE), redis::presence(pool, 2, DEADLINE)))
}

/// An instance that never dies, and several that die when they say nothing.
async fn with_mortals(count: u128) -> Outcome<(RedisPresence, Vec<RedisPresence>)> {
    let pool = redis::pool().await?;
    let mortals = (2..2 + count).map(|number| redis::mortal(pool.clone(), number, TTL)).collect();
    Ok((redis::presence(pool, 1, DEADLINE), mortals))
}

/// Asks again and again until somebody has died.
async fn departures(store: &RedisPresence) -> Outcome<Vec<Departure>> {
    in_time(async {
        let mut ticks = interval(Duration::from_millis(20));
        loop {
            ticks.tick().await;
            match store.reap().await? {
                Some(departures) if !departures.is_empty() => return Ok(departures),
                _ => {}
            }
        }
    })
    .await?
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_on_several_instances_count_as_one_user() -> Outcome {
    let (here, there) = two_instances().await?;
    let ada = user(1);
    told(&here, has(ada, share(1, Away))).await?;
    let standing = told(&there, has(ada, share(1, Online))).await?;
    assert_eq!((standing.before, standing.after), (Some(Away), Some(Online)));
    assert_eq!(told(&here, has(ada, share(1, Dnd))).await?.after, Some(Dnd));
    assert_eq!(told(&there, has(ada, share(3, Online))).await?.after, Some(Dnd));
    assert_eq!(there.query(&[ada]).await?, [Some(Dnd)]);
    assert_eq!(told(&here, has(ada, None)).await?.after, Some(Online));
    let standing = told(&there, has(ada, None)).await?;
    assert_eq!((standing.before, standing.after), (Some(Online), None));
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn racing_instances_grant_no_more_connections_than_a_user_may_have() -> Outcome {
    let pool = redis::pool().await?;
    let mut racing = JoinSet::new();
    for number in 0..8 {
        let store = redis::presence(pool.clone(), number, DEADLINE);
        let report = Report { user_id: user(1), settled: None, wanted: share(3, Online) };
        racing.spawn(async move { told(&store, report).await.map(|standing| standing.granted) });
    }
    let granted = in_time(racing.join_all()).await?.into_iter().collect::<Outcome<Vec<_>>>()?;
    assert_eq!(granted.iter().sum::<u32>(), MAX_CONNECTIONS, "{granted:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn users_of_an_instance_that_dies_are_taken_over_once() -> Outcome {
    let (here, mortals) = with_mortals(1).await?;
    let users: Vec<UserId> = (0..500).map(user).collect();
    let reports: Vec<Report> = users.iter().map(|user_id| has(*user_id, share(1, Online))).collect();
    mortals[0].report(&reports).await?;
    // One of them is here too, and one is more here than there.
    told(&here, has(users[0], share(1, Online))).await?;
    told(&here, has(users[1], share(1, Dnd))).await?;
    told(&here, has(users[2], share(1, Away))).await?;
    let mut gone = HashSet::new();
    while gone.len() < users.len() - 3 {
        for departure in departures(&here).await? {
            if departure.user_id == users[2] {
                assert_eq!(departure.after, Some(Away));
            } else {
                assert_eq!(departure.after, None);
                assert!(gone.insert(departure.user_id), "{} twice", departure.user_id);
            }
        }
    }
    assert!(!gone.contains(&users[0]) && !gone.contains(&users[1]), "nothing has changed for them");
    in_time(async {
        while here.reap().await?.is_some() {}
        Outcome::Ok(())
    })
    .await??;
    assert_eq!(here.query(&users[..4]).await?, [Some(Online), Some(Dnd), Some(Away), None]);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_instance_told_is_not_believed_longer_than_it_lives() -> Outcome {
    let (here, mortals) = with_mortals(1).await?;
    let ada = user(1);
    told(&mortals[0], has(ada, share(MAX_CONNECTIONS, Online))).await?;
    in_time(async {
        let mut ticks = interval(Duration::from_millis(20));
        while here.query(&[ada]).await? != [None] {
            ticks.tick().await;
        }
        Outcome::Ok(())
    })
    .await??;
    // Connections of the dead stand in nobody's way.
    let report = Report { user_id: ada, settled: None, wanted: share(1, Online) };
    let standing = told(&here, report).await?;
    assert_eq!((standing.granted, standing.after), (1, Some(Online)));
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_instance_that_was_taken_for_dead_tells_of_its_users_again() -> Outcome {
    let (here, mortals) = with_mortals(1).await?;
    let ada = user(1);
    told(&mortals[0], has(ada, share(1, Online))).await?;
    assert_eq!(departures(&here).await?.len(), 1);
    let standing = told(&mortals[0], has(ada, share(1, Online))).await?;
    assert_eq!((standing.before, standing.after), (None, Some(Online)));
    assert_eq!(departures(&here).await?.len(), 1, "it can die again");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_lost_its_redis_fails_within_a_moment_and_recovers() -> Outcome {
    let mut server = PrivateRedis::start().await;
    let pool = RedisPool::new(&server.url(), "plaza:")?;
    let store = redis::presence(pool, 1, PATIENCE);
    let ada = user(1);
    in_time(async { while told(&store, has(ada, share(1, Dnd))).await.is_err() {} }).await?;

    server.pause().await;
    let start = Instant::now();
    for _ in 0..20 {
        assert!(store.query(&[ada]).await.is_err());
        assert!(store.report(&[has(ada, share(1, Dnd))]).await.is_err());
    }
    assert!(start.elapsed() < PATIENCE * 3, "each caller waited for Redis");
    server.resume().await;
    in_time(async { while store.query(&[ada]).await.is_err() {} }).await?;

    server.kill().await;
    server.restart().await;
    in_time(async { while told(&store, has(ada, share(1, Dnd))).await.is_err() {} }).await?;
    assert_eq!(store.query(&[ada]).await?, [Some(Dnd)], "scripts and all");
    server.flush_all().await;
    assert_eq!(store.query(&[ada]).await?, [None]);
    assert_eq!(told(&store, has(ada, share(1, Dnd))).await?.after, Some(Dnd));
    Ok(())
}
