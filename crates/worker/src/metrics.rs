//! What a worker measures; `docs/metrics.md` explains it to operators.

use std::time::Duration;

use ::metrics::{Gauge, counter, gauge, histogram};
use plaza_domain::{AttemptOutcome, QueueFigures, Timestamp};

/// What a task is called whose kind this program does not know: what the database says is no limit for labels.
pub(crate) const UNKNOWN_KIND: &str = "unknown";

/// An attempt has ended; without an outcome, the task was another worker's by then, or it could not be written down.
pub(crate) fn attempt_ended(kind: &'static str, outcome: Option<&AttemptOutcome>, took: Duration) {
    let outcome = match outcome {
        Some(AttemptOutcome::Succeeded { .. }) => "succeeded",
        Some(AttemptOutcome::Retry { .. }) => "retry",
        Some(AttemptOutcome::Snooze { .. }) => "snooze",
        Some(AttemptOutcome::Dead { .. }) => "dead",
        Some(AttemptOutcome::Cancelled) => "cancelled",
        None => "lost",
    };
    counter!("plaza_tasks_total", "kind" => kind, "outcome" => outcome).increment(1);
    histogram!("plaza_task_duration_seconds", "kind" => kind).record(took);
}

/// How many tasks of a queue this worker runs.
pub(crate) fn running(queue: &str) -> Gauge {
    gauge!("plaza_tasks_running", "queue" => queue.to_owned())
}

/// How the queues are doing.
pub(crate) fn queues(figures: impl IntoIterator<Item = QueueFigures>, now: Timestamp) {
    for figures in figures {
        let queue = figures.queue;
        let depth = [
            ("scheduled", figures.scheduled),
            ("ready", figures.ready),
            ("running", figures.running),
            ("dead", figures.dead),
        ];
        for (state, count) in depth {
            // Counts are bounded far below what a float holds exactly.
            gauge!("plaza_queue_tasks", "queue" => queue.clone(), "state" => state).set(count as f64);
        }
        let age = figures.oldest_ready_at.map(|at| (now - at).to_std().unwrap_or_default());
        gauge!("plaza_queue_oldest_age_seconds", "queue" => queue).set(age.unwrap_or_default());
    }
}

/// How long ago a loop of this worker last succeeded.
pub(crate) fn loop_age(age: Duration) {
    gauge!("plaza_worker_loop_age_seconds").set(age);
}
