//! The two counters of a room.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Counters begin at zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must not be negative")]
pub struct Negative;

macro_rules! counter {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "i64", into = "i64")]
        pub struct $name(i64);

        impl TryFrom<i64> for $name {
            type Error = Negative;

            fn try_from(value: i64) -> Result<Self, Negative> {
                if value < 0 { Err(Negative) } else { Ok(Self(value)) }
            }
        }

        impl From<$name> for i64 {
            fn from(counter: $name) -> Self {
                counter.0
            }
        }

        impl $name {
            /// Before the first.
            pub const ZERO: Self = Self(0);

            /// Wraps a number; negative ones become zero.
            pub const fn new(value: i64) -> Self {
                Self(if value < 0 { 0 } else { value })
            }

            /// The number inside; never negative.
            pub const fn get(self) -> i64 {
                self.0
            }

            /// The next one.
            #[must_use]
            pub const fn next(self) -> Self {
                Self(self.0.saturating_add(1))
            }

            /// The one `n` places before, at least zero.
            #[must_use]
            pub const fn back(self, n: i64) -> Self {
                Self::new(self.0.saturating_sub(n))
            }

            /// How far `self` is ahead of `other`; zero when it is not.
            pub const fn ahead_of(self, other: Self) -> i64 {
                let distance = self.0.saturating_sub(other.0);
                if distance < 0 { 0 } else { distance }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

counter!(
    /// A message's place in its room: 1, 2, 3, … without gaps.
    Seq
);
counter!(
    /// A point in a room's history of changes; everything that changes takes the next one.
    Version
);
