//! Looks now and then how the queues are doing, for metrics.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use chrono::TimeDelta;
use plaza_domain::{QueueFigures, QueueSurvey, RepositoryError};
use tokio::time::Instant;

use crate::{metrics, runner::Context};

/// How often at most: counting costs more than what it tells is worth, were it done all the time.
const INTERVAL: Duration = Duration::from_secs(15);
/// How many tasks of a state are counted; where there are more, the metric says as many.
const LIMIT: u64 = 10_000;

/// When the queues were looked at last, and which there were.
#[derive(Default)]
pub(super) struct Survey {
    taken_at: Option<Instant>,
    /// A gauge keeps its value until another one is told: a queue that has nothing to do any more is still told of.
    seen: BTreeSet<String>,
}

impl Survey {
    /// Looks at the queues, where somebody reads the metrics and it is time.
    pub(super) async fn take(&mut self, context: &Context) {
        if !context.settings.surveys_queues || self.taken_at.is_some_and(|at| at.elapsed() < INTERVAL) {
            return;
        }
        self.taken_at = Some(Instant::now());
        match look(context).await {
            Ok(survey) => {
                let figures = self.complete(context.queues.names(), survey);
                metrics::queues(figures, context.ports.clock.now());
            }
            Err(error) => tracing::warn!(error = ?error, "the queues could not be measured"),
        }
    }

    /// The figures of all queues that are known, or ever had tasks: also of those that have nothing to do.
    fn complete(&mut self, known: Vec<String>, survey: QueueSurvey) -> Vec<QueueFigures> {
        self.seen.extend(known);
        self.seen.extend(survey.queues.iter().map(|figures| figures.queue.clone()));
        let mut figures: BTreeMap<String, QueueFigures> =
            self.seen.iter().map(|queue| (queue.clone(), QueueFigures::idle(queue.clone()))).collect();
        figures.extend(survey.queues.into_iter().map(|figures| (figures.queue.clone(), figures)));
        figures.into_values().collect()
    }
}

/// What ended of late is counted by the metrics themselves.
async fn look(context: &Context) -> Result<QueueSurvey, RepositoryError> {
    context.ports.store.read().await?.tasks().queue_stats(TimeDelta::zero(), LIMIT).await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn busy(queue: &str) -> QueueSurvey {
        let figures = QueueFigures { ready: 3, ..QueueFigures::idle(queue.to_owned()) };
        QueueSurvey { queues: vec![figures], is_complete: true }
    }

    #[test]
    fn a_queue_that_has_nothing_to_do_any_more_is_told_of_as_idle() {
        let mut survey = Survey::default();
        let known = || vec!["default".to_owned()];
        let ready = |figures: Vec<QueueFigures>| -> Vec<(String, u64)> {
            figures.into_iter().map(|figures| (figures.queue, figures.ready)).collect()
        };
        let of = |default, media| vec![("default".to_owned(), default), ("media".to_owned(), media)];
        assert_eq!(ready(survey.complete(known(), busy("media"))), of(0, 3));
        assert_eq!(ready(survey.complete(known(), busy("default"))), of(3, 0));
    }
}
