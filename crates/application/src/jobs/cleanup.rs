//! Removing what nobody needs any more and no other service looks after.

use std::sync::Arc;

use chrono::TimeDelta;
use plaza_domain::{Clock, Store};

use crate::{Ports, Result};

/// How long logins are kept after their end, so that what happened of late can be looked at.
const LOGINS_KEPT: TimeDelta = TimeDelta::days(7);
/// How long workers are listed that vanished.
const WORKERS_KEPT: TimeDelta = TimeDelta::hours(1);
/// How many rows of a table one transaction removes.
const BATCH: u64 = 500;
/// How many transactions one call makes; the rest is left to the next.
const MAX_BATCHES: usize = 200;

/// Removes what nobody needs any more.
pub struct CleanupService {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
}

impl CleanupService {
    pub(crate) fn new(ports: &Ports) -> Self {
        Self { store: Arc::clone(&ports.store), clock: Arc::clone(&ports.clock) }
    }

    /// Removes logins that have been over for 7 days, refresh tokens that have been useless for as long, and links in
    /// mails that have expired. Returns how many there were.
    ///
    /// # Errors
    /// `Unavailable`; what was removed until then stays removed.
    pub async fn purge_tokens(&self) -> Result<u64> {
        let now = self.clock.now();
        let before = now - LOGINS_KEPT;
        let mut removed = 0;
        for _ in 0..MAX_BATCHES {
            let mut work = self.store.begin().await?;
            let batch =
                work.sessions().purge(before, BATCH).await? + work.mail_tokens().purge(now, BATCH).await?;
            work.commit().await?;
            removed += batch;
            if batch == 0 {
                break;
            }
        }
        Ok(removed)
    }

    /// Removes workers that were not seen for an hour. What instances leave behind of users' presence needs no job: it
    /// expires, and every process takes over what others left. Returns how many there were.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn purge_presence(&self) -> Result<u64> {
        let mut work = self.store.begin().await?;
        let removed = work.workers().purge(WORKERS_KEPT).await?;
        work.commit().await?;
        Ok(removed)
    }
}
