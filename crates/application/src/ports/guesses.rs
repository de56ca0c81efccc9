//! How soon somebody who has guessed wrong may guess again.

use std::time::Duration;

use async_trait::async_trait;

/// How many guesses in a row cost nothing: people mistype.
const FREE: u32 = 3;
/// What the first guess beyond them costs; each further one costs twice as much.
const FIRST_DELAY: Duration = Duration::from_secs(1);
/// The most that a guess costs, so that nobody is kept out for good.
const LONGEST_DELAY: Duration = Duration::from_secs(5 * 60);

/// How long wrong guesses are remembered.
pub const GUESS_MEMORY: Duration = Duration::from_secs(60 * 60);

/// How long to wait after so many guesses in a row: nothing after the first three, then 1 s, 2 s, 4 s and so on, 5 min at
/// most.
pub fn guess_delay(guesses: u32) -> Duration {
    match guesses.checked_sub(FREE + 1) {
        None => Duration::ZERO,
        Some(doublings) => 2_u32
            .checked_pow(doublings)
            .map_or(LONGEST_DELAY, |factor| FIRST_DELAY * factor)
            .min(LONGEST_DELAY),
    }
}

/// Slows down who guesses. A guess is counted before it is known to be wrong, so that many at once are no way around it.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait GuessLimiter: Send + Sync {
    /// Counts a guess, and answers zero; or how long to wait, and nothing is counted. Never fails: when what several
    /// instances share is not there, each counts for itself.
    async fn guess(&self, key: &str) -> Duration;

    /// Forgets the guesses: this one was right.
    async fn guessed_right(&self, key: &str);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_double_up_to_five_minutes() {
        let seconds: Vec<u64> = (0..=14).map(|guesses| guess_delay(guesses).as_secs()).collect();
        assert_eq!(seconds, [0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
        assert_eq!(guess_delay(u32::MAX), LONGEST_DELAY);
    }
}
