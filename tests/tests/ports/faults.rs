//! Redis goes away and comes back.

use std::{sync::Arc, time::Duration};

use plaza_application::ports::{Delivery, OneTimeStore, Quota, RateLimiter, TaskQueue};
use plaza_infrastructure::redis::{RedisOneTimeStore, RedisPool, RedisQueue};
use plaza_tests::servers::PrivateRedis;
use tokio::time::{Instant, timeout};

use super::{
    Outcome,
    bus::{event, next},
    in_time,
    queue::{ids, names, wake_up},
    redis,
};

const PATIENCE: Duration = Duration::from_millis(300);
const HOUR: Duration = Duration::from_secs(60 * 60);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bus_tells_of_a_gap_when_redis_is_back_and_carries_events_again() -> Outcome {
    let mut server = PrivateRedis::start().await;
    let mut buses = redis::buses(&server.url(), "plaza:").await?;
    server.kill().await;
    let start = Instant::now();
    for number in 0..6000 {
        buses.here.publish(event(number));
    }
    assert!(start.elapsed() < Duration::from_secs(2), "publishing waited for Redis");
    assert_eq!(next(&mut buses.near).await?, 0, "local delivery waited for Redis");

    server.restart().await;
    while !matches!(in_time(buses.far.next()).await?, Some(Delivery::Gap)) {}
    // Both ends connect on their own: until both have, events are lost, and the loss is told.
    in_time(async {
        for number in 10_000.. {
            buses.here.publish(event(number));
            let found = timeout(Duration::from_millis(200), next(&mut buses.far)).await;
            if matches!(found, Ok(Ok(found)) if found >= 10_000) {
                break;
            }
        }
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_published_before_a_bus_has_connected_is_carried_also_when_it_ends_at_once() -> Outcome {
    let server = PrivateRedis::start().await;
    let mut buses = redis::buses(&server.url(), "plaza:").await?;
    for number in 100..110 {
        let running = redis::Short::start(&server.url(), "plaza:")?;
        running.bus.publish(event(number));
        in_time(running.end()).await?;
        assert_eq!(next(&mut buses.far).await?, number);
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bus_ends_in_time_though_redis_is_away_or_hangs() -> Outcome {
    let mut server = PrivateRedis::start().await;
    for is_away in [false, true] {
        if is_away {
            server.kill().await
        } else {
            server.pause().await
        }
        let running = redis::Short::start(&server.url(), "plaza:")?;
        running.bus.publish(event(1));
        let start = Instant::now();
        in_time(running.end()).await?;
        assert!(start.elapsed() < Duration::from_secs(4), "it took {:?}", start.elapsed());
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bus_notices_a_redis_that_hangs() -> Outcome {
    let mut server = PrivateRedis::start().await;
    let mut buses = redis::buses(&server.url(), "plaza:").await?;
    server.pause().await;
    buses.here.publish(event(1));
    assert_eq!(next(&mut buses.near).await?, 1);
    server.resume().await;
    // The event itself, or word of its loss.
    in_time(async {
        loop {
            match buses.far.next().await {
                Some(Delivery::Event(found)) if *found == event(1) => break Ok(()),
                Some(Delivery::Gap) => break Ok(()),
                Some(Delivery::Event(_)) => {}
                None => break Err("the bus has ended".into()),
            }
        }
    })
    .await?
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_queue_works_again_when_redis_is_back() -> Outcome {
    let mut server = PrivateRedis::start().await;
    let queue = RedisQueue::new(RedisPool::new(&server.url(), "plaza:")?);
    let (names, ids) = (names(&["media"]), ids(0..2));
    queue.push("media", &ids).await?;
    assert_eq!(queue.pop(&names, 1, Duration::ZERO).await?, wake_up("media", ids[0]));
    server.kill().await;
    assert!(in_time(queue.push("media", &ids)).await?.is_err());
    assert!(in_time(queue.pop(&names, 1, Duration::ZERO)).await?.is_err());

    server.restart().await;
    in_time(async {
        while queue.push("media", &ids[1..]).await.is_err() {}
        loop {
            if let Ok(popped) = queue.pop(&names, 1, Duration::from_secs(1)).await {
                break popped;
            }
        }
    })
    .await
    .map(|popped| assert_eq!(popped, wake_up("media", ids[1])))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pop_that_was_given_up_takes_nothing_later() -> Outcome {
    let server = PrivateRedis::start().await;
    let queue = RedisQueue::new(RedisPool::new(&server.url(), "plaza:")?);
    let (names, ids) = (names(&["media"]), ids(0..1));
    // The first leaves its connection to the second, which is dropped while the server makes it wait.
    assert_eq!(queue.pop(&names, 1, Duration::ZERO).await?, None);
    let given_up = queue.pop(&names, 1, Duration::from_secs(60));
    assert!(timeout(Duration::from_millis(200), given_up).await.is_err());
    // The server has noticed when a connection that comes later is answered.
    assert_eq!(queue.pop(&names, 1, Duration::from_millis(100)).await?, None);
    queue.push("media", &ids).await?;
    assert_eq!(in_time(queue.pop(&names, 1, Duration::from_secs(5))).await??, wake_up("media", ids[0]));
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_limiter_counts_alone_while_redis_is_away_and_together_again_after() -> Outcome {
    let mut server = PrivateRedis::start().await;
    let pool = RedisPool::new(&server.url(), "plaza:")?;
    pool.ping().await?;
    let limiter: Arc<dyn RateLimiter> = redis::limiter(pool.clone(), PATIENCE);
    let quota = Quota::new(2, HOUR);
    assert!(limiter.take("ada", quota).await.allowed);

    server.pause().await;
    let start = Instant::now();
    let alone = [
        limiter.take("ada", quota).await.allowed,
        limiter.take("ada", quota).await.allowed,
        limiter.take("ada", quota).await.allowed,
    ];
    assert_eq!(alone, [true, true, false], "a bucket of its own");
    assert!(start.elapsed() < PATIENCE * 3, "each caller waited for Redis");
    let guarded = Quota::new(8, HOUR).guarded();
    let guesses = [
        limiter.take("password", guarded).await.allowed,
        limiter.take("password", guarded).await.allowed,
        limiter.take("password", guarded).await.allowed,
    ];
    assert_eq!(guesses, [true, true, false], "a part of the quota is left to its neighbours");

    server.resume().await;
    let other: Arc<dyn RateLimiter> = redis::limiter(pool, PATIENCE);
    in_time(async {
        for round in 0.. {
            // What the other took, this one misses only when both asked Redis.
            let (key, quota) = (format!("bob-{round}"), Quota::new(1, HOUR));
            other.take(&key, quota).await;
            if !limiter.take(&key, quota).await.allowed {
                break;
            }
        }
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_one_time_store_says_when_redis_is_away() -> Outcome {
    let mut server = PrivateRedis::start().await;
    let secrets = RedisOneTimeStore::new(RedisPool::new(&server.url(), "plaza:")?);
    secrets.put("ticket", "ada", HOUR).await?;
    server.kill().await;
    assert!(in_time(secrets.take("ticket")).await?.is_err());
    assert!(in_time(secrets.put("ticket", "ada", HOUR)).await?.is_err());
    Ok(())
}
