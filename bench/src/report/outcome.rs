//! What one run of one scenario with one peer gave.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::machine::facts::Facts;

/// How many processors were kept busy, on average.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
pub(crate) struct Cores {
    pub(crate) server: f64,
    pub(crate) database: f64,
    pub(crate) redis: f64,
    pub(crate) generator: f64,
}

/// What clients found wrong with what they received.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub(crate) struct Faults {
    pub(crate) lost: u64,
    pub(crate) duplicated: u64,
    pub(crate) reordered: u64,
}

/// What one run of one scenario with one peer gave.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(crate) struct Outcome {
    pub(crate) scenario: String,
    pub(crate) peer: String,
    pub(crate) title: String,
    pub(crate) run: u32,
    /// By name; the name says the unit.
    pub(crate) figures: BTreeMap<String, f64>,
    pub(crate) faults: Faults,
    /// Whether all members of a room saw its messages in the same order.
    pub(crate) one_order: Option<bool>,
    pub(crate) cores: Cores,
    /// Why there are no figures, if there are none.
    pub(crate) failure: Option<String>,
}

impl Outcome {
    /// Whether its figures count: nothing was lost, sent twice, or out of order.
    pub(crate) fn counts(&self) -> bool {
        self.failure.is_none() && self.faults == Faults::default()
    }

    /// Adds a figure.
    #[must_use]
    pub(crate) fn with(mut self, name: &str, value: f64) -> Self {
        self.figures.insert(name.to_owned(), value);
        self
    }

    /// A figure, when there is one.
    pub(crate) fn figure(&self, name: &str) -> Option<f64> {
        self.figures.get(name).copied()
    }
}

/// Everything that was measured in one go.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(crate) struct Results {
    pub(crate) facts: Facts,
    /// How the load was set, for the page: by name.
    pub(crate) settings: BTreeMap<String, String>,
    pub(crate) outcomes: Vec<Outcome>,
}

impl Results {
    /// The middle one of the runs that count, by a figure; with an even number the lower one.
    pub(crate) fn median(&self, scenario: &str, peer: &str, by: &str) -> Option<&Outcome> {
        let fits =
            |outcome: &&Outcome| outcome.scenario == scenario && outcome.peer == peer && outcome.counts();
        let mut runs: Vec<&Outcome> = self.outcomes.iter().filter(fits).collect();
        runs.sort_by(|a, b| a.figure(by).unwrap_or_default().total_cmp(&b.figure(by).unwrap_or_default()));
        runs.get(runs.len().saturating_sub(1) / 2).copied()
    }
}
