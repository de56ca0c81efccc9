//! One look at all rooms, or files, of an account: what fails is left to the next run and holds up nothing else.

use plaza_domain::UserId;

use crate::Result;

/// How many rooms are left, or files deleted, in one run; what is kept does not count.
const MOST: u64 = 20_000;
/// After how many failures a run looks at no more of them: then it is not the one room, or file.
const MAX_FAILURES: u64 = 20;

/// How it goes.
pub(super) struct Pass {
    user_id: UserId,
    done: u64,
    failed: u64,
}

impl Pass {
    /// The beginning.
    pub(super) const fn new(user_id: UserId) -> Self {
        Self { user_id, done: 0, failed: 0 }
    }

    /// Whether there is to be more of it in this run.
    pub(super) const fn goes_on(&self) -> bool {
        self.done < MOST && self.failed < MAX_FAILURES
    }

    /// Whether nothing has failed.
    pub(super) const fn is_whole(&self) -> bool {
        self.failed == 0
    }

    /// Counts one of them. Returns how many it makes: one, or none when nothing was to be done, or it failed.
    pub(super) fn count(&mut self, what: Result<bool>) -> u64 {
        let done = what.map(u64::from).unwrap_or_else(|error| {
            self.failed += 1;
            tracing::warn!(user.id = %self.user_id, error = ?error, "a part of an account could not be erased");
            0
        });
        self.done += done;
        done
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::Error;

    #[test]
    fn a_few_failures_hold_up_nothing_and_many_end_the_pass() {
        let mut pass = Pass::new(UserId::new(Uuid::nil()));
        assert_eq!([pass.count(Ok(true)), pass.count(Ok(false))], [1, 0]);
        assert!(pass.goes_on() && pass.is_whole());
        for _ in 0..MAX_FAILURES {
            assert!(pass.goes_on());
            assert_eq!(pass.count(Err(Error::NotFound("room"))), 0);
        }
        assert!(!pass.goes_on() && !pass.is_whole());
    }

    #[test]
    fn only_what_was_done_is_limited() {
        let mut pass = Pass::new(UserId::new(Uuid::nil()));
        for _ in 0..=MOST {
            pass.count(Ok(false));
        }
        assert!(pass.goes_on());
        for _ in 0..MOST {
            pass.count(Ok(true));
        }
        assert!(!pass.goes_on());
    }
}
