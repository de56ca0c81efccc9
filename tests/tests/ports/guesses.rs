//! The limiter of guesses.

use std::{sync::Arc, time::Duration};

use plaza_application::{
    in_process::LocalGuessLimiter,
    ports::{GuessLimiter, Quota, RateLimiter},
};
use plaza_infrastructure::{clock::SystemClock, redis::RedisPool};
use plaza_tests::servers::PrivateRedis;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
    task::JoinSet,
    time::{Instant, sleep_until},
};

use super::{DEADLINE, Outcome, in_time, redis};

type Limiter = Arc<dyn GuessLimiter>;

/// How long Redis may take.
const PATIENCE: Duration = Duration::from_millis(300);

pub(crate) async fn in_process() -> Outcome<Limiter> {
    Ok(Arc::new(LocalGuessLimiter::new(Arc::new(SystemClock))))
}

pub(crate) async fn on_redis() -> Outcome<Limiter> {
    // A busy machine must not be taken for a lost Redis.
    Ok(redis::guesses(redis::pool().await?, DEADLINE))
}

pub(crate) async fn who_guesses_waits_longer_each_time(limiter: Limiter) -> Outcome {
    let start = Instant::now();
    for expected in [0, 0, 0, 1, 2] {
        in_time(async {
            loop {
                let wait = limiter.guess("ada").await;
                assert!(wait <= Duration::from_secs(expected.max(1)), "{wait:?}");
                if wait.is_zero() {
                    break;
                }
                sleep_until(Instant::now() + wait).await;
            }
        })
        .await?;
    }
    assert!(start.elapsed() >= Duration::from_secs(1), "the fifth guess waits for a second");
    assert!(limiter.guess("ada").await > Duration::ZERO);
    assert_eq!(limiter.guess("bob").await, Duration::ZERO, "others don't wait");
    Ok(())
}

pub(crate) async fn a_right_guess_is_a_new_start(limiter: Limiter) -> Outcome {
    for _ in 0..4 {
        assert_eq!(limiter.guess("ada").await, Duration::ZERO);
    }
    assert!(limiter.guess("ada").await > Duration::ZERO);
    limiter.guessed_right("ada").await;
    assert_eq!(limiter.guess("ada").await, Duration::ZERO);
    Ok(())
}

pub(crate) async fn many_at_once_are_no_way_around(limiter: Limiter) -> Outcome {
    let mut guesses = JoinSet::new();
    for _ in 0..50 {
        let limiter = Arc::clone(&limiter);
        guesses.spawn(async move { limiter.guess("ada").await.is_zero() });
    }
    let let_through = in_time(guesses.join_all()).await?.into_iter().filter(|through| *through).count();
    assert_eq!(let_through, 4, "three are free, and the fourth is what the delay begins with");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_redis_hangs_guesses_are_counted_alone_and_do_not_wait_for_it() -> Outcome {
    let mut server = PrivateRedis::start().await;
    let pool = RedisPool::new(&server.url(), "plaza:")?;
    pool.ping().await?;
    let limiter = redis::guesses(pool, PATIENCE);
    server.pause().await;
    // Finds out that Redis hangs.
    assert_eq!(limiter.guess("ada").await, Duration::ZERO);
    let start = Instant::now();
    for _ in 0..3 {
        assert_eq!(limiter.guess("ada").await, Duration::ZERO);
    }
    assert!(limiter.guess("ada").await > Duration::ZERO);
    limiter.guessed_right("ada").await;
    assert_eq!(limiter.guess("ada").await, Duration::ZERO);
    assert!(start.elapsed() < PATIENCE, "guesses waited for Redis");
    server.resume().await;
    Ok(())
}

/// Has Redis do something that our adapters never do.
async fn tamper(server: &PrivateRedis, command: &str) -> Outcome {
    let url = server.url();
    let address = url.strip_prefix("redis://").ok_or("another URL")?.split('/').next().unwrap_or_default();
    let mut stream = BufReader::new(TcpStream::connect(address).await?);
    stream.write_all(format!("{command}\r\n").as_bytes()).await?;
    let mut answer = String::new();
    in_time(stream.read_line(&mut answer)).await??;
    if answer.starts_with('-') { Err(answer.into()) } else { Ok(()) }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_waits_for_longer_because_the_clock_of_redis_was_set_back() -> Outcome {
    let server = PrivateRedis::start().await;
    let pool = RedisPool::new(&server.url(), "plaza:")?;
    let (guesses, limiter) = (redis::guesses(pool.clone(), DEADLINE), redis::limiter(pool, DEADLINE));
    let far = "9000000000000000";
    tamper(&server, &format!("HSET plaza:guesses:ada count 4 next_at {far}")).await?;
    tamper(&server, &format!("SET plaza:limit:ada {far}")).await?;
    let wait = guesses.guess("ada").await;
    assert!(wait > Duration::ZERO && wait <= Duration::from_secs(1), "{wait:?}");
    let quota = Quota::new(2, Duration::from_secs(2));
    let refused = limiter.take("ada", quota).await;
    assert!(!refused.allowed && refused.retry_after <= Duration::from_secs(1), "{refused:?}");
    // Who waits for as long as they are told is let through.
    in_time(async {
        loop {
            let wait = guesses.guess("ada").await;
            if wait.is_zero() {
                break;
            }
            sleep_until(Instant::now() + wait).await;
        }
        loop {
            let decision = limiter.take("ada", quota).await;
            if decision.allowed {
                break;
            }
            sleep_until(Instant::now() + decision.retry_after).await;
        }
    })
    .await
}
