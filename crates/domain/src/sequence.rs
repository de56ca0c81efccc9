//! The two counters of a room.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! counter {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(i64);

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
