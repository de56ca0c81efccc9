//! Where what is measured is gathered: in this process, to be read by a Prometheus server.

use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};

/// In seconds: a probe takes milliseconds, and no attempt more than five minutes.
const DURATIONS: [f64; 12] = [0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0, 300.0];

/// Begins to gather. Once in a process; before that, measuring costs next to nothing and is forgotten.
///
/// # Errors
/// When something gathers already.
pub fn gather() -> Result<PrometheusHandle, BuildError> {
    let handle = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_duration_seconds".to_owned()), &DURATIONS)?
        .install_recorder()?;
    describe();
    Ok(handle)
}

fn describe() {
    ::metrics::describe_counter!(
        "plaza_tasks_total",
        "Attempts at tasks, by the kind of their command and how they ended."
    );
    ::metrics::describe_histogram!("plaza_task_duration_seconds", "How long attempts at tasks took.");
    ::metrics::describe_gauge!("plaza_tasks_running", "How many tasks this worker runs.");
    ::metrics::describe_gauge!("plaza_queue_tasks", "How many tasks a queue has in a state.");
    ::metrics::describe_gauge!(
        "plaza_queue_oldest_age_seconds",
        "How long the oldest task of a queue has waited for a worker."
    );
    ::metrics::describe_gauge!("plaza_worker_loop_age_seconds", "How long ago this worker last got around.");
}
