//! Presence that several instances share. Each user has a hash with one entry for each instance; all entries expire
//! when their instance does not repeat them, and whoever finds an expired instance takes its users over.

mod rank;

use std::{
    sync::{
        LazyLock,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use async_trait::async_trait;
use deadpool_redis::redis::Script;
use plaza_application::ports::{
    Departure, MAX_CONNECTIONS, PresenceStore, PresenceStoreError, Report, Standing,
};
use plaza_domain::{Availability, UserId};
use tokio::{sync::Semaphore, time::timeout};
use uuid::Uuid;

use self::rank::{availability, departures, rank};
use super::{RedisError, RedisPool};

/// How many users one call of a script is about: bounds how long Redis does nothing else.
const BATCH: usize = 200;
/// How long a user who was sent away is shown as they were; clients come back within half of that.
const LINGER: Duration = Duration::from_secs(10);
/// How many questions are asked at the same time. When thousands come at once, the others wait here, where it is not
/// taken for Redis being slow.
const QUERIES_AT_ONCE: usize = 4;
/// How long a Redis that did not answer is not asked.
const PAUSE: Duration = Duration::from_secs(1);

static REPORT: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("report.lua")));
static QUERY: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("query.lua")));
static REAP: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("reap.lua")));

/// What one script answers for a user whose instance died: id, rank, and when the instance last told of them.
type Reaped = (String, u8, i64);

/// Adds up what instances have of users, in Redis.
pub struct RedisPresence {
    pool: RedisPool,
    instance: Uuid,
    ttl: Duration,
    patience: Duration,
    turns: Semaphore,
    started: Instant,
    /// In milliseconds since `started`.
    paused_until: AtomicU64,
}

impl RedisPresence {
    /// A store on the server of this pool. What `instance` tells is forgotten after `ttl`; an answer that takes longer
    /// than `patience` is none.
    pub fn new(pool: RedisPool, instance: Uuid, ttl: Duration, patience: Duration) -> Self {
        Self {
            pool,
            instance,
            ttl,
            patience,
            turns: Semaphore::new(QUERIES_AT_ONCE),
            started: Instant::now(),
            paused_until: AtomicU64::new(0),
        }
    }

    /// Asks Redis, unless it has just failed.
    async fn ask<T>(
        &self,
        work: impl Future<Output = Result<T, RedisError>>,
    ) -> Result<T, PresenceStoreError> {
        if self.started.elapsed() < Duration::from_millis(self.paused_until.load(Ordering::Relaxed)) {
            return Err(PresenceStoreError("Redis has just failed".into()));
        }
        let outcome = match timeout(self.patience, work).await {
            Ok(outcome) => outcome,
            Err(elapsed) => Err(elapsed.into()),
        };
        outcome.map_err(|error| {
            self.paused_until.store(millis(self.started.elapsed() + PAUSE), Ordering::Relaxed);
            PresenceStoreError(error.into())
        })
    }

    fn user_key(&self, user_id: UserId) -> String {
        self.pool.key("presence", &user_id.to_string())
    }

    fn instances_key(&self) -> String {
        self.pool.key("presence-instances", "")
    }

    async fn try_report(&self, reports: &[Report]) -> Result<Vec<Standing>, RedisError> {
        let mut script = REPORT.prepare_invoke();
        let instance = self.instance.to_string();
        script.key(self.instances_key()).key(self.pool.key("presence-users", &instance));
        script.arg(instance).arg(millis(self.ttl)).arg(millis(LINGER)).arg(MAX_CONNECTIONS);
        for report in reports {
            script.key(self.user_key(report.user_id)).arg(report.user_id.to_string());
            for share in [report.settled, report.wanted] {
                script.arg(share.map_or(0, |share| share.connections));
                script.arg(rank(share.map(|share| share.availability)));
            }
        }
        let mut connection = self.pool.get().await?;
        let answers: Vec<u32> = script.invoke_async(&mut connection).await?;
        let standing = |answer: &[u32; 3]| Standing {
            granted: answer[0],
            before: availability(answer[1]),
            after: availability(answer[2]),
        };
        Ok(answers.as_chunks().0.iter().map(standing).collect())
    }

    async fn try_query(&self, user_ids: &[UserId]) -> Result<Vec<Option<Availability>>, RedisError> {
        let mut script = QUERY.prepare_invoke();
        for user_id in user_ids {
            script.key(self.user_key(*user_id));
        }
        let mut connection = self.pool.get().await?;
        let ranks: Vec<u32> = script.invoke_async(&mut connection).await?;
        Ok(ranks.into_iter().map(availability).collect())
    }

    async fn try_reap(&self) -> Result<Option<Vec<Departure>>, RedisError> {
        let mut script = REAP.prepare_invoke();
        script
            .key(self.instances_key())
            .arg(self.pool.key("presence-users", ""))
            .arg(self.pool.key("presence", ""))
            .arg(BATCH);
        let mut connection = self.pool.get().await?;
        let reaped: Option<Vec<Reaped>> = script.invoke_async(&mut connection).await?;
        Ok(reaped.map(departures))
    }
}

#[async_trait]
impl PresenceStore for RedisPresence {
    async fn report(&self, reports: &[Report]) -> Result<Vec<Standing>, PresenceStoreError> {
        let mut standings = Vec::with_capacity(reports.len());
        for reports in reports.chunks(BATCH) {
            standings.extend(self.ask(self.try_report(reports)).await?);
        }
        Ok(standings)
    }

    async fn query(&self, user_ids: &[UserId]) -> Result<Vec<Option<Availability>>, PresenceStoreError> {
        let mut found = Vec::with_capacity(user_ids.len());
        for user_ids in user_ids.chunks(BATCH) {
            let turn = self.turns.acquire().await;
            let _turn = turn.map_err(|closed| PresenceStoreError(closed.into()))?;
            found.extend(self.ask(self.try_query(user_ids)).await?);
        }
        Ok(found)
    }

    async fn reap(&self) -> Result<Option<Vec<Departure>>, PresenceStoreError> {
        self.ask(self.try_reap()).await
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
