//! What one connection may ask for: counted by the connection itself, without a lock, a query or memory of its own.

use std::time::Duration;

use plaza_application::{Error, LimitSettings, Limited, in_process::gcra, ports::Quota};
use tokio::time::Instant;

use super::Connection;
use crate::ws::{close::Close, frames::ErrorFrame};

/// A connection is closed when this many times its quota was refused within the quota's time.
const FAR_OVER: u32 = 10;

/// A bucket by the generic cell rate algorithm; empty buckets are full again in time.
struct Bucket {
    full_at: Instant,
}

impl Bucket {
    /// Takes one.
    ///
    /// # Errors
    /// After how long to try again.
    fn take(&mut self, quota: Quota, now: Instant) -> Result<(), Duration> {
        let decision = gcra::decide(self.full_at.saturating_duration_since(now), quota);
        if !decision.allowed {
            return Err(decision.retry_after);
        }
        self.full_at = now + decision.reset_after;
        Ok(())
    }
}

/// What a connection may ask for, and how much of what it must not is borne.
pub(super) struct Budget {
    frames: Bucket,
    subscriptions: Bucket,
    refusals: Bucket,
}

impl Budget {
    pub(super) fn new(now: Instant) -> Self {
        let bucket = || Bucket { full_at: now };
        Self { frames: bucket(), subscriptions: bucket(), refusals: bucket() }
    }

    /// Notes that a frame was refused which `quota` does not allow.
    ///
    /// # Errors
    /// When that happened too often.
    fn refuse(&mut self, quota: Quota, now: Instant) -> Result<(), Close> {
        let borne = Quota { burst: quota.burst.saturating_mul(FAR_OVER), ..quota };
        self.refusals.take(borne, now).map_err(|_| Close::FarOverLimit)
    }
}

impl Connection {
    /// Counts a frame, of whatever type; the error is the client's to read.
    pub(super) fn count_frame(&mut self) -> Result<(), ErrorFrame> {
        self.count(|limits| limits.frames_per_connection, |budget| &mut budget.frames)
    }

    /// Counts a room that the connection begins to follow, which costs more than a frame.
    pub(super) fn count_subscription(&mut self) -> Result<(), ErrorFrame> {
        self.count(|limits| limits.subscriptions_per_connection, |budget| &mut budget.subscriptions)
    }

    /// Counts what a user may do so often on all connections together, unless it is not known what that is.
    pub(super) async fn count_for_user(
        &mut self,
        what: Result<Limited<'_>, Error>,
    ) -> Result<(), ErrorFrame> {
        let what = match what {
            Ok(what) => what,
            Err(error) => return Err(ErrorFrame::from_error(&error)),
        };
        match self.state.services.limits.take(what).await {
            Some((quota, decision)) if !decision.allowed => self.refuse(quota, decision.retry_after),
            _ => Ok(()),
        }
    }

    fn count(
        &mut self,
        quota: impl FnOnce(&LimitSettings) -> Quota,
        bucket: impl FnOnce(&mut Budget) -> &mut Bucket,
    ) -> Result<(), ErrorFrame> {
        let limits = self.state.services.limits.settings();
        if !limits.enabled {
            return Ok(());
        }
        let quota = quota(limits);
        match bucket(&mut self.budget).take(quota, Instant::now()) {
            Ok(()) => Ok(()),
            Err(retry_after) => self.refuse(quota, retry_after),
        }
    }

    /// Far too often ends the connection, after the answers that wait.
    fn refuse(&mut self, quota: Quota, retry_after: Duration) -> Result<(), ErrorFrame> {
        if let Err(reason) = self.budget.refuse(quota, Instant::now()) {
            self.outbox.close(reason);
        }
        Err(ErrorFrame::rate_limited(retry_after))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUOTA: Quota = Quota::per_minute(3);
    const MINUTE: Duration = Duration::from_secs(60);

    #[test]
    fn a_budget_is_spent_and_fills_again() {
        let start = Instant::now();
        let mut bucket = Budget::new(start).frames;
        for _ in 0..3 {
            assert_eq!(bucket.take(QUOTA, start), Ok(()));
        }
        assert_eq!(bucket.take(QUOTA, start), Err(MINUTE / 3));
        assert_eq!(bucket.take(QUOTA, start + MINUTE / 3), Ok(()));
        assert_eq!(bucket.take(QUOTA, start + MINUTE / 3), Err(MINUTE / 3));
    }

    #[test]
    fn ten_times_the_quota_is_refused_before_the_connection_is_closed() {
        let start = Instant::now();
        let mut budget = Budget::new(start);
        for refused in 0..30 {
            assert_eq!(budget.refuse(QUOTA, start), Ok(()), "{refused} were refused before");
        }
        assert_eq!(budget.refuse(QUOTA, start), Err(Close::FarOverLimit));
    }

    #[test]
    fn who_is_refused_now_and_then_stays_connected() {
        let start = Instant::now();
        let mut budget = Budget::new(start);
        for minute in 0..100 {
            for _ in 0..20 {
                assert_eq!(budget.refuse(QUOTA, start + MINUTE * minute), Ok(()), "in minute {minute}");
            }
        }
    }
}
