//! That accounts may not be used, and why.

use crate::{Timestamp, Violation, validation::short_text};

/// That an account may not be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suspension {
    /// Of what kind.
    pub kind: SuspensionKind,
    /// Since when.
    pub since: Timestamp,
    /// Until when; `None` for good.
    pub until: Option<Timestamp>,
    /// Why, as its user is told; may be empty.
    pub reason: String,
}

/// Why an account may not be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SuspensionKind {
    /// Its user has broken the rules.
    Banned,
    /// Nobody uses it any more.
    Deactivated,
}

impl SuspensionKind {
    /// The word for it in the API and the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Banned => "banned",
            Self::Deactivated => "deactivated",
        }
    }

    /// The kind that a word means.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Banned, Self::Deactivated].into_iter().find(|kind| kind.as_str() == word)
    }
}

impl Suspension {
    /// A ban for good, without a reason.
    pub const fn ban(since: Timestamp) -> Self {
        Self { kind: SuspensionKind::Banned, since, until: None, reason: String::new() }
    }

    /// Whether its time is over.
    pub fn is_over(&self, now: Timestamp) -> bool {
        self.until.is_some_and(|until| until <= now)
    }

    /// Parses a reason; may be empty.
    ///
    /// # Errors
    /// When it is longer than 500 characters.
    pub fn parse_reason(text: &str) -> Result<String, Violation> {
        short_text("reason", text, 0..=500)
    }
}
