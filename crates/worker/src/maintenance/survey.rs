//! Looks now and then how the queues are doing, for metrics.

use std::time::Duration;

use chrono::TimeDelta;
use plaza_domain::{QueueSurvey, RepositoryError};
use tokio::time::Instant;

use crate::{metrics, runner::Context};

/// How often at most: counting costs more than what it tells is worth, were it done all the time.
const INTERVAL: Duration = Duration::from_secs(15);
/// How many tasks of a state are counted; where there are more, the metric says as many.
const LIMIT: u64 = 10_000;

/// When the queues were looked at last.
#[derive(Default)]
pub(super) struct Survey {
    taken_at: Option<Instant>,
}

impl Survey {
    /// Looks at the queues, where somebody reads the metrics and it is time.
    pub(super) async fn take(&mut self, context: &Context) {
        if !context.settings.surveys_queues || self.taken_at.is_some_and(|at| at.elapsed() < INTERVAL) {
            return;
        }
        self.taken_at = Some(Instant::now());
        match look(context).await {
            Ok(survey) => metrics::queues(context.queues.names(), survey, context.ports.clock.now()),
            Err(error) => tracing::warn!(error = ?error, "the queues could not be measured"),
        }
    }
}

/// What ended of late is counted by the metrics themselves.
async fn look(context: &Context) -> Result<QueueSurvey, RepositoryError> {
    context.ports.store.read().await?.tasks().queue_stats(TimeDelta::zero(), LIMIT).await
}
