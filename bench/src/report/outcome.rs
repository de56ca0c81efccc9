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
    /// How long the run has taken, with all that goes before and after.
    #[serde(default)]
    pub(crate) seconds: f64,
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

    /// A figure, or the `server_cores`.
    pub(crate) fn value(&self, name: &str) -> Option<f64> {
        if name == "server_cores" { Some(self.cores.server) } else { self.figure(name) }
    }
}

/// Everything that was measured in one go.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(crate) struct Results {
    pub(crate) facts: Facts,
    /// How the load was set, for the page: by name.
    pub(crate) settings: BTreeMap<String, String>,
    /// How long it has taken.
    #[serde(default)]
    pub(crate) minutes: f64,
    pub(crate) outcomes: Vec<Outcome>,
}

impl Results {
    /// Everything that came out of a scenario.
    pub(crate) fn of(&self, scenario: &str) -> impl Iterator<Item = &Outcome> {
        self.outcomes.iter().filter(move |outcome| outcome.scenario == scenario)
    }

    /// The middle one of the runs that count, by a figure; with an even number the lower one.
    pub(crate) fn median(&self, scenario: &str, peer: &str, by: &str) -> Option<&Outcome> {
        let runs = self.of(scenario).filter(|outcome| outcome.peer == peer && outcome.counts());
        middle(runs.collect(), by)
    }

    /// The same, or, when none counts, the middle one of those that came to their end.
    pub(crate) fn middle(&self, scenario: &str, peer: &str, by: &str) -> Option<&Outcome> {
        self.median(scenario, peer, by).or_else(|| {
            let runs = self.of(scenario).filter(|outcome| outcome.peer == peer && outcome.failure.is_none());
            middle(runs.collect(), by)
        })
    }

    /// Why no run of somebody's came to its end.
    pub(crate) fn failure(&self, scenario: &str, peer: &str) -> &str {
        let mut runs = self.of(scenario).filter(|outcome| outcome.peer == peer);
        let failure = runs.find_map(|outcome| outcome.failure.as_deref()).unwrap_or_default();
        failure.lines().next().unwrap_or_default()
    }
}

fn middle<'a>(mut runs: Vec<&'a Outcome>, by: &str) -> Option<&'a Outcome> {
    runs.sort_by(|a, b| a.figure(by).unwrap_or_default().total_cmp(&b.figure(by).unwrap_or_default()));
    runs.get(runs.len().saturating_sub(1) / 2).copied()
}
