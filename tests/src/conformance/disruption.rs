//! When and how a client's connection breaks.

use std::time::Duration;

/// What happens to a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Disruption {
    /// It breaks without a word.
    Drop,
    /// The client says goodbye.
    Close,
    /// The client does not read for a while.
    Stall(Duration),
}

/// The disruptions of one client, planned ahead.
#[derive(Debug)]
pub(super) struct Disruptions {
    /// After how many acknowledgements the next ones come, the last one first.
    after: Vec<usize>,
}

impl Disruptions {
    /// `count` of them among `quota` messages.
    pub(super) fn plan(count: usize, quota: usize, rng: &mut fastrand::Rng) -> Self {
        let mut after: Vec<usize> = (0..count).map(|_| rng.usize(0..quota.max(1))).collect();
        after.sort_unstable_by(|a, b| b.cmp(a));
        Self { after }
    }

    /// What happens now that so many messages are acknowledged.
    pub(super) fn due(&mut self, acknowledged: usize, rng: &mut fastrand::Rng) -> Option<Disruption> {
        if *self.after.last()? > acknowledged {
            return None;
        }
        self.after.pop();
        Some(match rng.u8(0..10) {
            0..4 => Disruption::Drop,
            4..7 => Disruption::Close,
            _ => Disruption::Stall(Duration::from_millis(rng.u64(200..2_500))),
        })
    }

    /// How long the client stays away afterwards: mostly a moment, sometimes long.
    pub(super) fn absence(rng: &mut fastrand::Rng) -> Duration {
        let is_long = rng.u8(0..5) == 0;
        Duration::from_millis(if is_long { rng.u64(1_000..5_000) } else { rng.u64(0..300) })
    }
}
