//! Ids that a test can foresee.

use std::sync::atomic::{AtomicU64, Ordering};

use plaza_domain::IdGenerator;
use uuid::Uuid;

/// Version 7, variant RFC 9562, 2023-10-31: what the number is added to.
const FIRST: u128 = 0x018b_8400_0000_7000_8000_0000_0000_0000;

/// Ids in rising order, the same in every run.
#[derive(Debug, Default)]
pub struct SequentialIds(AtomicU64);

impl IdGenerator for SequentialIds {
    fn next(&self) -> Uuid {
        let number = self.0.fetch_add(1, Ordering::Relaxed);
        Uuid::from_u128(FIRST + u128::from(number))
    }
}
