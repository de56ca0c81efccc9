//! The limiter of guesses.

use std::{sync::Arc, time::Duration};

use plaza_application::{in_process::LocalGuessLimiter, ports::GuessLimiter};
use plaza_infrastructure::clock::SystemClock;
use tokio::{
    task::JoinSet,
    time::{Instant, sleep_until},
};

use super::{DEADLINE, Outcome, in_time, redis};

type Limiter = Arc<dyn GuessLimiter>;

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
