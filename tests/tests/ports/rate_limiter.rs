//! The rate limiter. Quotas fill slowly here, so that the time a test takes changes no decision.

use std::{sync::Arc, time::Duration};

use plaza_application::{
    in_process::LocalRateLimiter,
    ports::{Quota, RateLimiter},
};
use plaza_infrastructure::clock::SystemClock;
use tokio::task::JoinSet;

use super::{DEADLINE, Outcome, in_time, redis};

type Limiter = Arc<dyn RateLimiter>;

const HOUR: Duration = Duration::from_secs(60 * 60);

pub(crate) async fn in_process() -> Outcome<Limiter> {
    Ok(Arc::new(LocalRateLimiter::new(Arc::new(SystemClock))))
}

pub(crate) async fn on_redis() -> Outcome<Limiter> {
    // A busy machine must not be taken for a lost Redis.
    Ok(redis::limiter(redis::pool().await?, DEADLINE))
}

/// Whether a duration is as expected, but for the time that the test took.
fn about(found: Duration, expected: Duration) -> bool {
    found <= expected && expected - found < Duration::from_secs(30)
}

pub(crate) async fn a_table_of_quotas_is_decided_alike(limiter: Limiter) -> Outcome {
    for burst in [1, 2, 3, 7, 60] {
        let (key, quota) = (format!("table-{burst}"), Quota::new(burst, HOUR));
        let step = HOUR / burst;
        for taken in 1..=burst {
            let decision = limiter.take(&key, quota).await;
            assert!(decision.allowed, "{taken} of {burst}");
            assert_eq!(decision.remaining, burst - taken);
            assert_eq!(decision.retry_after, Duration::ZERO);
            assert!(about(decision.reset_after, step * taken), "{decision:?}");
        }
        for _ in 0..2 {
            let decision = limiter.take(&key, quota).await;
            assert!(!decision.allowed, "{} of {burst}", burst + 1);
            assert_eq!(decision.remaining, 0);
            assert!(about(decision.retry_after, step), "{decision:?}");
            assert!(about(decision.reset_after, HOUR), "{decision:?}");
        }
    }
    assert!(limiter.take("another key", Quota::new(1, HOUR)).await.allowed);
    Ok(())
}

pub(crate) async fn of_racing_takes_as_many_win_as_the_burst_allows(limiter: Limiter) -> Outcome {
    let mut takes = JoinSet::new();
    for _ in 0..40 {
        let limiter = Arc::clone(&limiter);
        takes.spawn(async move { limiter.take("race", Quota::new(10, HOUR)).await.allowed });
    }
    let allowed = in_time(takes.join_all()).await?.into_iter().filter(|allowed| *allowed).count();
    assert_eq!(allowed, 10);
    Ok(())
}

pub(crate) async fn a_refused_take_costs_nothing(limiter: Limiter) -> Outcome {
    let quota = Quota::new(2, HOUR);
    for _ in 0..2 {
        limiter.take("patient", quota).await;
    }
    let first = limiter.take("patient", quota).await;
    for _ in 0..20 {
        limiter.take("patient", quota).await;
    }
    let last = limiter.take("patient", quota).await;
    assert!(last.retry_after <= first.retry_after, "{first:?} became {last:?}");
    Ok(())
}
