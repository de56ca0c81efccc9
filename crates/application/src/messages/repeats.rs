//! Whether sends are being repeated: then batches look for what was stored before; otherwise the insert tells.

use std::sync::atomic::{AtomicU32, Ordering};

/// For how many batches after a repeated send the next ones look first. Who lost their connections repeats what was not
/// acknowledged, and is seldom alone; a batch that finds out by its insert is stored twice.
const WARY_BATCHES: u32 = 64;

/// How many batches more look before they store. An index refuses every send that was stored before, so this is about
/// speed alone.
#[derive(Debug, Default)]
pub(super) struct Repeats(AtomicU32);

impl Repeats {
    /// Whether the next batch should look first; counts it.
    pub(super) fn are_likely(&self) -> bool {
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok()
    }

    /// A send was repeated.
    pub(super) fn came(&self) {
        self.0.store(WARY_BATCHES, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_look_first_for_a_while_after_a_repeated_send() {
        let repeats = Repeats::default();
        assert!(!repeats.are_likely());
        repeats.came();
        assert_eq!((0..1_000).filter(|_| repeats.are_likely()).count(), 64);
        repeats.came();
        assert!(repeats.are_likely());
    }
}
