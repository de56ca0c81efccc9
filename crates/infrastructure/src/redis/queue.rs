//! A task queue as Redis lists: `LPUSH` at one end, `BLMPOP` at the other, which takes many at once.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use deadpool_redis::redis::{self, aio::MultiplexedConnection};
use plaza_application::ports::{QueueError, TaskQueue, WakeUp};
use plaza_domain::TaskId;
use tokio::time::timeout;

use super::{RedisError, RedisPool};

/// How many ids a list holds; the newest are dropped first, and the relay pushes them again.
const CAPACITY: isize = 100_000;
/// How many waiting connections are kept for the next who waits.
const MAX_IDLE: usize = 4;
/// How much longer than asked for an answer may take.
const GRACE: Duration = Duration::from_secs(2);
/// Zero means for ever to Redis.
const SHORTEST_WAIT: Duration = Duration::from_millis(10);

/// Queues of task ids, shared by all workers.
pub struct RedisQueue {
    pool: RedisPool,
    /// Who waits has a connection of its own: on a shared one all others would wait too.
    idle: Mutex<Vec<MultiplexedConnection>>,
}

impl RedisQueue {
    /// Queues on the server of this pool.
    pub fn new(pool: RedisPool) -> Self {
        Self { pool, idle: Mutex::default() }
    }

    fn idle(&self) -> MutexGuard<'_, Vec<MultiplexedConnection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn try_push(&self, queue: &str, ids: &[TaskId]) -> Result<(), RedisError> {
        let key = self.pool.key("queue", queue);
        let ids: Vec<String> = ids.iter().map(TaskId::to_string).collect();
        let mut connection = self.pool.get().await?;
        redis::pipe()
            .lpush(&key, ids)
            .ignore()
            .ltrim(&key, -CAPACITY, -1)
            .ignore()
            .exec_async(&mut connection)
            .await?;
        Ok(())
    }

    /// A connection that fails, or whose caller gave up while it waited, is not used again.
    async fn try_pop(
        &self,
        queues: &[String],
        limit: usize,
        wait: Duration,
    ) -> Result<Option<(String, Vec<String>)>, RedisError> {
        let keys: Vec<String> = queues.iter().map(|name| self.pool.key("queue", name)).collect();
        let kept = self.idle().pop();
        let mut connection = match kept {
            Some(connection) => connection,
            None => self.pool.dedicated().await?,
        };
        let wait = wait.max(SHORTEST_WAIT);
        let mut command = redis::cmd("BLMPOP");
        command.arg(wait.as_secs_f64()).arg(keys.len()).arg(&keys).arg("RIGHT");
        command.arg("COUNT").arg(limit.max(1));
        let popped: Option<(String, Vec<String>)> =
            timeout(wait + GRACE, command.query_async(&mut connection)).await??;
        let mut idle = self.idle();
        if idle.len() < MAX_IDLE {
            idle.push(connection);
        }
        Ok(popped.and_then(|(popped_key, ids)| {
            let place = keys.iter().position(|key| *key == popped_key)?;
            Some((queues[place].clone(), ids))
        }))
    }
}

#[async_trait]
impl TaskQueue for RedisQueue {
    async fn push(&self, queue: &str, ids: &[TaskId]) -> Result<(), QueueError> {
        if ids.is_empty() {
            return Ok(());
        }
        self.try_push(queue, ids).await.map_err(|error| QueueError(error.into()))
    }

    async fn pop(
        &self,
        queues: &[String],
        limit: usize,
        wait: Duration,
    ) -> Result<Option<WakeUp>, QueueError> {
        let popped = self.try_pop(queues, limit, wait).await.map_err(|error| QueueError(error.into()))?;
        let Some((queue, ids)) = popped else { return Ok(None) };
        let task_ids: Result<Vec<TaskId>, uuid::Error> = ids.iter().map(|id| id.parse()).collect();
        let task_ids = task_ids.map_err(|error| QueueError(error.into()))?;
        Ok(Some(WakeUp { queue, task_ids }))
    }
}
