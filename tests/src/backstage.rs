//! Behind the stage of a Plaza under test: tasks that are stored by hand, and what became of them.

use std::time::Duration;

use plaza_application::commands::{Command, DEFAULT_QUEUE, ProbeCommand};
use plaza_domain::{NewTask, TaskId, Timestamp};
use plaza_infrastructure::{
    config::{Config, Overrides, Sources},
    wiring::{Plaza as Wired, Role},
};
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend, DbErr, Statement};

use crate::{Plaza, servers::until};

/// The note of a probe that ends its worker's process at once.
pub const ABORT: &str = "abort";
/// How the note of a probe begins that takes so many milliseconds.
pub const SLEEP: &str = "sleep:";
/// How many milliseconds a `faulty-worker` lets its tasks go on after SIGTERM.
pub const DRAIN_VARIABLE: &str = "FAULTY_WORKER_DRAIN_MS";

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// A year.
const LONG: Duration = Duration::from_secs(365 * 24 * 60 * 60);
const STOP: Duration = Duration::from_secs(10);
/// How many tasks are stored in one transaction.
const BATCH: usize = 200;

/// The same database and queue as those of a running Plaza.
pub struct Backstage {
    wired: Wired,
    database: DatabaseConnection,
}

/// What became of all probes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    /// How many there are.
    pub tasks: i64,
    /// How many are done.
    pub succeeded: i64,
    /// How many were given up.
    pub dead: i64,
    /// How many attempts ended in success.
    pub effects: i64,
    /// How many attempts ended because their worker vanished.
    pub crashes: i64,
    /// The most attempts that any of them has counted.
    pub most_attempts: i64,
}

impl Ledger {
    /// How many did not come to their end.
    pub fn lost(&self) -> i64 {
        self.tasks - self.succeeded - self.dead
    }

    /// How many effects there are beyond one for each task.
    pub fn duplicated(&self) -> i64 {
        self.effects - self.succeeded
    }
}

impl Backstage {
    /// Opens the database and the queue of that Plaza.
    pub async fn open(plaza: &Plaza) -> Self {
        let sources =
            Sources { file: None, environment: plaza.environment(), overrides: Overrides::default() };
        let config = Config::from_sources(&sources).expect("the configuration that the Plaza runs with");
        let wired = Box::pin(Wired::connect(&config, Role::Server)).await.expect("its database answers");
        let mut options = ConnectOptions::new(config.database_url().expose());
        options.max_connections(1).sqlx_logging(false);
        let database = Database::connect(options).await.expect("its database answers");
        Self { wired, database }
    }

    /// Closes both.
    pub async fn close(self) {
        self.wired.stop(STOP).await;
        self.database.close().await.expect("a connection is closed");
    }

    /// Stores one probe for each note and wakes nobody: as a process leaves it that is killed after the commit.
    pub async fn store(&self, notes: impl IntoIterator<Item = String>) -> Vec<TaskId> {
        let tasks: Vec<NewTask> = notes.into_iter().map(|note| self.probe(note)).collect();
        for batch in tasks.chunks(BATCH) {
            self.insert(batch).await;
        }
        tasks.into_iter().map(|task| task.id).collect()
    }

    /// Stores tasks as they are.
    pub async fn insert(&self, tasks: &[NewTask]) {
        let mut work = self.wired.ports.store.begin().await.expect("a transaction");
        for task in tasks {
            work.tasks().insert(task).await.expect("a task is stored");
        }
        work.commit().await.expect("a commit");
    }

    /// A task for a probe with that note.
    pub fn probe(&self, note: String) -> NewTask {
        let id = TaskId::new(self.wired.ports.ids.next());
        Command::Probe(ProbeCommand { note }).into_task(id, None).expect("a probe has a JSON form")
    }

    /// This time tomorrow.
    pub fn tomorrow(&self) -> Timestamp {
        self.wired.ports.clock.now() + DAY
    }

    /// Makes a recurring job due now.
    pub async fn make_due(&self, job: &str) {
        let now = self.wired.ports.clock.now();
        let mut work = self.wired.ports.store.begin().await.expect("a transaction");
        work.jobs().ensure(job, now).await.expect("a job is due earlier");
        work.commit().await.expect("a commit");
    }

    /// Makes every file older than anything that is kept without being shown.
    pub async fn age_files(&self) {
        let long_ago = self.wired.ports.clock.now() - LONG;
        let backend = self.database.get_database_backend();
        let sql = "UPDATE files SET created_at = $1";
        let update = Statement::from_sql_and_values(backend, sql, [long_ago.into()]);
        self.database.execute_raw(update).await.expect("the database answers");
    }

    /// Wakes workers up for these.
    pub async fn announce(&self, ids: &[TaskId]) {
        self.wired.ports.queue.push(DEFAULT_QUEUE, ids).await.expect("the queue takes ids");
    }

    /// What became of all probes so far.
    pub async fn ledger(&self) -> Ledger {
        self.try_ledger().await.expect("the database answers")
    }

    /// What became of all probes so far, when the database answers.
    pub async fn try_ledger(&self) -> Result<Ledger, DbErr> {
        let tasks = async |rule: &str| {
            self.try_number(&format!("SELECT count(*) FROM tasks WHERE kind = 'probe' {rule}")).await
        };
        let attempts = async |outcome: &str| {
            let joined = "task_attempts JOIN tasks ON tasks.id = task_id";
            let sql = format!("SELECT count(*) FROM {joined} WHERE kind = 'probe' AND outcome = '{outcome}'");
            self.try_number(&sql).await
        };
        let most = "SELECT CAST(coalesce(max(attempt), 0) AS BIGINT) FROM tasks WHERE kind = 'probe'";
        Ok(Ledger {
            tasks: tasks("").await?,
            succeeded: tasks("AND state = 'succeeded'").await?,
            dead: tasks("AND state = 'dead'").await?,
            effects: attempts("succeeded").await?,
            crashes: attempts("crashed").await?,
            most_attempts: self.try_number(most).await?,
        })
    }

    /// Waits until every probe has come to its end, and returns what became of them.
    pub async fn until_done(&self, patience: Duration) -> Ledger {
        self.until(patience, |ledger| ledger.lost() == 0).await
    }

    /// Waits until what became of the probes is as wanted.
    pub async fn until(&self, patience: Duration, wanted: impl Fn(&Ledger) -> bool) -> Ledger {
        let found = until(patience, || async {
            let ledger = self.ledger().await;
            if wanted(&ledger) { Ok(ledger) } else { Err(ledger) }
        });
        found
            .await
            .unwrap_or_else(|ledger| panic!("the probes did not get there in {patience:?}: {ledger:?}"))
    }

    /// Changes one entry of the audit log as only the owner of the database can, by what stands after `SET`; removes it
    /// when that is nothing.
    pub async fn tamper_with_audit(&self, number: i64, change: Option<&str>) {
        let doors = if self.database.get_database_backend() == DbBackend::Postgres {
            ["DROP TRIGGER IF EXISTS audit_entries_stay ON audit_entries"].as_slice()
        } else {
            &[
                "DROP TRIGGER IF EXISTS audit_entries_no_update",
                "DROP TRIGGER IF EXISTS audit_entries_no_delete",
            ]
        };
        let entry = match change {
            Some(change) => format!("UPDATE audit_entries SET {change} WHERE number = {number}"),
            None => format!("DELETE FROM audit_entries WHERE number = {number}"),
        };
        for statement in doors.iter().copied().chain([entry.as_str()]) {
            self.database.execute_unprepared(statement).await.expect("the database obeys its owner");
        }
    }

    /// Removes the row that says where the audit log ends, as only the owner of the database can.
    pub async fn lose_end_of_audit(&self) {
        self.database
            .execute_unprepared("DELETE FROM audit_head")
            .await
            .expect("the database obeys its owner");
    }

    /// What is stored of the one second factor that there is: its sealed secret, and the digests of recovery codes.
    pub async fn second_factor(&self) -> (Vec<u8>, Vec<Vec<u8>>) {
        let sealed = self.bytes("SELECT sealed_secret FROM totp_secrets").await;
        let digests = self.bytes("SELECT digest FROM recovery_codes").await;
        let [secret] = sealed.try_into().expect("one second factor");
        (secret, digests)
    }

    async fn bytes(&self, sql: &str) -> Vec<Vec<u8>> {
        let statement = Statement::from_string(self.database.get_database_backend(), sql);
        let rows = self.database.query_all_raw(statement).await.expect("the database answers");
        rows.iter().map(|row| row.try_get_by_index(0).expect("bytes")).collect()
    }

    /// The one number that a statement selects.
    pub async fn number(&self, sql: &str) -> i64 {
        self.try_number(sql).await.expect("the database answers")
    }

    async fn try_number(&self, sql: &str) -> Result<i64, DbErr> {
        let statement = Statement::from_string(self.database.get_database_backend(), sql);
        let row = self.database.query_one_raw(statement).await?;
        row.ok_or_else(|| DbErr::RecordNotFound(sql.to_owned()))?.try_get_by_index(0)
    }
}
