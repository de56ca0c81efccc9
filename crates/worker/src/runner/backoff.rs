//! How long to wait before trying again.

use std::time::Duration;

use chrono::TimeDelta;

/// Doubles with each failure, up to a cap.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Backoff {
    base: Duration,
    cap: Duration,
}

impl Backoff {
    /// For tasks.
    pub(crate) const TASKS: Self = Self::new(Duration::from_secs(1), Duration::from_secs(5 * 60));

    pub(crate) const fn new(base: Duration, cap: Duration) -> Self {
        Self { base, cap }
    }

    /// Anything up to the ceiling ("full jitter"): those who failed together come back one by one. See Brooker,
    /// "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
    pub(crate) fn full_jitter(self, failures: u32) -> Duration {
        self.ceiling(failures).mul_f64(random_fraction())
    }

    /// At least half of the ceiling: for a loop that must not spin.
    pub(crate) fn half_jitter(self, failures: u32) -> Duration {
        spread(self.ceiling(failures))
    }

    fn ceiling(self, failures: u32) -> Duration {
        let doublings = failures.saturating_sub(1).min(31);
        self.base.saturating_mul(1 << doublings).min(self.cap)
    }
}

/// Between half of `duration` and all of it.
pub(crate) fn spread(duration: Duration) -> Duration {
    duration.mul_f64(0.5 + random_fraction() / 2.0)
}

/// A duration as the database counts it.
pub(crate) fn time_delta(duration: Duration) -> TimeDelta {
    TimeDelta::from_std(duration).unwrap_or(TimeDelta::MAX)
}

/// From 0 to 1.
fn random_fraction() -> f64 {
    // Without randomness all wait for the longest time, which is safe.
    getrandom::u32().map_or(1.0, |random| f64::from(random) / f64::from(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ceiling_doubles_up_to_the_cap() {
        let seconds = |failures| Backoff::TASKS.ceiling(failures).as_secs();
        assert_eq!([1, 2, 3, 4].map(seconds), [1, 2, 4, 8]);
        assert_eq!([9, 10, 50, u32::MAX].map(seconds), [256, 300, 300, 300]);
    }

    #[test]
    fn jitter_stays_within_its_bounds() {
        for _ in 0..1000 {
            assert!(Backoff::TASKS.full_jitter(3) <= Duration::from_secs(4));
            let half = Backoff::TASKS.half_jitter(3);
            assert!((Duration::from_secs(2)..=Duration::from_secs(4)).contains(&half));
        }
    }
}
