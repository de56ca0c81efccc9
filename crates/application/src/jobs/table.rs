//! What is done again and again, and when. A new job is a line here, a command without data, and its handler.

use crate::commands::Command;

/// A recurring job.
#[derive(Debug)]
pub struct Job {
    /// Its name, for people and in the database; never changed.
    pub name: &'static str,
    /// When it is due, as a cron expression in UTC.
    pub schedule: &'static str,
    /// What is done then.
    pub command: Command,
}

impl Job {
    /// Of its tasks, only one waits or runs at any time.
    pub(super) fn unique_key(&self) -> String {
        format!("job:{}", self.name)
    }
}

/// Every recurring job, by name.
pub static JOBS: [Job; 7] = [
    Job { name: "erase_accounts", schedule: "47 * * * *", command: Command::EraseAccounts },
    Job { name: "lift_bans", schedule: "*/10 * * * *", command: Command::LiftBans },
    Job { name: "purge_presence", schedule: "*/10 * * * *", command: Command::PurgePresence },
    Job { name: "purge_tasks", schedule: "37 * * * *", command: Command::PurgeTasks },
    Job { name: "purge_tokens", schedule: "17 3 * * *", command: Command::PurgeTokens },
    Job { name: "sweep_blobs", schedule: "7 * * * *", command: Command::SweepBlobs },
    Job { name: "sweep_uploads", schedule: "22 * * * *", command: Command::SweepUploads },
];
