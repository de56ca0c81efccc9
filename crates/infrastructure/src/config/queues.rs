//! `[worker.queues.<name>]`: how a worker shares its slots among its queues.

use plaza_application::commands::{DEFAULT_QUEUE, EXPORT_QUEUE, MAIL_QUEUE, MEDIA_QUEUE};
use serde::Deserialize;

use super::Problem;

/// How a worker shares its slots among its queues.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct QueuesConfig {
    /// Whatever has no queue of its own.
    pub default: QueueConfig,
    /// Pictures and documents.
    pub media: QueueConfig,
    /// Mail.
    pub mail: QueueConfig,
    /// Archives of accounts.
    pub exports: QueueConfig,
}

/// How a worker treats one queue.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct QueueConfig {
    /// How many of its tasks at a time; 0 leaves it to other workers. By default as many as there are slots; for
    /// `media` one less where there are several, so that pictures, which take long, leave a slot to the others; for
    /// `exports` one.
    pub concurrency: Option<usize>,
    /// How often its turn comes, compared with other queues that have work; by default 4, and 1 for `media` and
    /// `exports`.
    pub weight: Option<u32>,
}

/// A queue as it is set, with defaults filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueShare {
    /// Its name.
    pub name: &'static str,
    /// How many of its tasks at a time.
    pub concurrency: usize,
    /// How often its turn comes, compared with the others.
    pub weight: u32,
}

impl QueuesConfig {
    /// Every queue, for a worker of so many slots.
    pub(super) fn shares(&self, slots: usize) -> [QueueShare; 4] {
        let share = |name, queue: &QueueConfig, concurrency, weight| QueueShare {
            name,
            concurrency: queue.concurrency.unwrap_or(concurrency),
            weight: queue.weight.unwrap_or(weight),
        };
        [
            share(DEFAULT_QUEUE, &self.default, slots, 4),
            share(MEDIA_QUEUE, &self.media, slots.saturating_sub(1).max(1), 1),
            share(MAIL_QUEUE, &self.mail, slots, 4),
            share(EXPORT_QUEUE, &self.exports, 1, 1),
        ]
    }

    pub(super) fn validate(&self, slots: usize, problems: &mut Vec<Problem>) {
        let shares = self.shares(slots);
        for share in &shares {
            let key = |name| format!("worker.queues.{}.{name}", share.name);
            if share.concurrency > slots {
                let rule = format!("must be 0 to {slots}, as many as worker.concurrency");
                problems.push(Problem::new(key("concurrency"), rule));
            }
            if !(1..=100).contains(&share.weight) {
                problems.push(Problem::new(key("weight"), "must be 1 to 100"));
            }
        }
        if shares.iter().all(|share| share.concurrency == 0) {
            let rule = "must leave the worker a queue: every concurrency is 0";
            problems.push(Problem::new("worker.queues", rule));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn media_leaves_a_slot_to_the_others_where_there_are_several() {
        let media = |slots| QueuesConfig::default().shares(slots)[1].concurrency;
        assert_eq!([1, 2, 3, 8].map(media), [1, 1, 2, 7]);
    }

    #[test]
    fn a_share_must_fit_into_the_whole_and_some_queue_must_be_left() {
        let keys = |config: &QueuesConfig| {
            let mut problems = Vec::new();
            config.validate(2, &mut problems);
            problems.into_iter().map(|problem| problem.key).collect::<Vec<_>>()
        };
        let queue =
            |concurrency, weight| QueueConfig { concurrency: Some(concurrency), weight: Some(weight) };
        assert_eq!(keys(&QueuesConfig::default()), Vec::<String>::new());
        let too_much = QueuesConfig { media: queue(3, 1), mail: queue(1, 0), ..QueuesConfig::default() };
        assert_eq!(keys(&too_much), ["worker.queues.media.concurrency", "worker.queues.mail.weight"]);
        let none = || queue(0, 1);
        let nothing = QueuesConfig { default: none(), media: none(), mail: none(), exports: none() };
        assert_eq!(keys(&nothing), ["worker.queues"]);
    }
}
