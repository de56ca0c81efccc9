//! How many files and connections the process may have open.

use rlimit::increase_nofile_limit;

/// What is open besides connections of clients: the database, Redis, uploads, children.
const RESERVE: u64 = 512;

/// Raises the limit as far as the system allows: most systems start processes with 1,024, and let them ask for more.
/// Warns when `max_connections` cannot all be open at a time; those that are too many wait to be accepted.
pub(super) fn raise_limit(max_connections: usize) {
    let limit = match increase_nofile_limit(u64::MAX) {
        Ok(limit) => limit,
        Err(error) => {
            tracing::warn!(error = %error, "the limit of open files could not be raised");
            return;
        }
    };
    let connections = u64::try_from(max_connections).unwrap_or(u64::MAX);
    if limit < connections.saturating_add(RESERVE) {
        tracing::warn!(
            limit,
            server.max_connections = max_connections,
            "the limit of open files (ulimit -n) allows fewer connections than server.max_connections"
        );
    } else {
        tracing::info!(limit, "open files");
    }
}
