//! What is done at the command line beside a server whose bus does not reach that far: it is read of in the audit log.

use std::{collections::HashSet, sync::Arc, time::Duration};

use plaza_domain::{AuditActor, AuditEntry, AuditTarget, RepositoryError, UserId};
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::UserAdminService;
use crate::{Result, events::UserEvent};

/// How often it is looked into.
const EVERY: Duration = Duration::from_millis(500);
/// How many entries are read at a time.
const BATCH: u64 = 500;

impl UserAdminService {
    /// Has the connections of a user look whether they may go on when something is done to their account at the command
    /// line. In a task that belongs to `tracker` and ends on `shutdown`.
    pub fn watch_command_line(self: &Arc<Self>, tracker: &TaskTracker, shutdown: CancellationToken) {
        let users = Arc::clone(self);
        let mut ticks = interval(EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        tracker.spawn(async move {
            let (mut seen, mut is_blind) = (None, false);
            while shutdown.run_until_cancelled(ticks.tick()).await.is_some() {
                match users.look(seen).await {
                    Ok(last) => (seen, is_blind) = (Some(last), false),
                    Err(error) if !is_blind => {
                        is_blind = true;
                        tracing::warn!(error = ?error, "what is done at the command line is not seen");
                    }
                    Err(_) => {}
                }
            }
        });
    }

    /// Tells of what came after the entry of that number, and returns the number of the last one that is known.
    async fn look(&self, after: Option<i64>) -> Result<i64> {
        let mut read = self.store.read().await?;
        let Some(mut last) = after else { return Ok(read.audit().head().await?.number) };
        loop {
            let entries = match read.audit().follow(last, BATCH).await {
                // Somebody has changed the log. That is not for here to tell, and no reason to look at nothing more.
                Err(RepositoryError::Corrupt { .. }) => return Ok(read.audit().head().await?.number),
                entries => entries?,
            };
            let Some(newest) = entries.last() else { return Ok(last) };
            last = newest.number;
            for user_id in entries.iter().filter_map(ordered_about).collect::<HashSet<_>>() {
                self.announce_end(user_id, UserEvent::Doubted { user_id });
            }
        }
    }
}

/// Whose account it was done to, when that was at the command line.
fn ordered_about(entry: &AuditEntry) -> Option<UserId> {
    let is_order = entry.actor_kind == AuditActor::CommandLine.kind();
    let id = entry.target_id.map(UserId::new)?;
    (is_order && entry.target_kind.as_deref() == Some(AuditTarget::User(id).kind())).then_some(id)
}
