//! `[presence]`: how soon it is noticed that somebody is gone with the instance that had them.

use std::time::Duration;

use plaza_application::PresenceSettings;
use serde::Deserialize;

use super::Problem;

/// How soon it is noticed that somebody is gone with the instance that had them.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PresenceConfig {
    /// How often an instance tells the others whom it has, in seconds.
    pub refresh_seconds: u64,
    /// How long they believe it, in seconds.
    pub ttl_seconds: u64,
}

impl Default for PresenceConfig {
    fn default() -> Self {
        Self { refresh_seconds: PresenceSettings::default().refresh_every.as_secs(), ttl_seconds: 60 }
    }
}

impl PresenceConfig {
    /// How long instances believe what another has told them.
    pub fn ttl(&self) -> Duration {
        Duration::from_secs(self.ttl_seconds)
    }

    /// The part that the services need.
    pub(crate) fn settings(&self) -> PresenceSettings {
        PresenceSettings { refresh_every: Duration::from_secs(self.refresh_seconds) }
    }

    pub(super) fn validate(&self, problems: &mut Vec<Problem>) {
        if !(1..=300).contains(&self.refresh_seconds) {
            problems.push(Problem::new("presence.refresh_seconds", "must be 1 to 300"));
        }
        let least = self.refresh_seconds.saturating_mul(2);
        if !(least..=3600).contains(&self.ttl_seconds) {
            let rule = "must be at least twice presence.refresh_seconds and at most 3600";
            problems.push(Problem::new("presence.ttl_seconds", rule));
        }
    }
}
