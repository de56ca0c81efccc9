//! Why something could not be done, for the log: told once, where the problem is answered.

use super::{ApiError, ProblemKind};

/// Logs the cause of a problem, if it has one: loudly when the fault is the server's own.
pub(crate) fn log_cause(problem: &ApiError) {
    let Some(cause) = problem.cause() else { return };
    let kind = problem.kind();
    match kind {
        ProblemKind::Internal => tracing::error!(problem.kind = ?kind, error = ?cause, "a request failed"),
        ProblemKind::Unavailable => tracing::warn!(problem.kind = ?kind, error = ?cause, "a request failed"),
        _ => tracing::debug!(problem.kind = ?kind, error = ?cause, "a request was refused"),
    }
}
