//! A task queue within this process.

use std::{
    collections::{HashMap, VecDeque},
    pin::pin,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use plaza_domain::TaskId;
use thiserror::Error;
use tokio::{
    sync::Notify,
    time::{Instant, timeout_at},
};

use crate::ports::{QueueError, TaskQueue, WakeUp};

/// How many ids one queue holds.
const CAPACITY: usize = 10_000;

/// A queue took some of the ids, or none: the rest is left to the relay.
#[derive(Debug, Error)]
#[error("the queue {0:?} is full")]
struct Full(String);

/// Queues of task ids, each bounded.
#[derive(Debug, Default)]
pub struct LocalQueue {
    queues: Mutex<HashMap<String, VecDeque<TaskId>>>,
    pushed: Notify,
}

impl LocalQueue {
    /// Empty queues.
    pub fn new() -> Self {
        Self::default()
    }

    fn queues(&self) -> MutexGuard<'_, HashMap<String, VecDeque<TaskId>>> {
        // No operation under the lock leaves the map half changed.
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn try_pop(&self, names: &[String], limit: usize) -> Option<WakeUp> {
        let mut queues = self.queues();
        names.iter().find_map(|name| {
            let waiting = queues.get_mut(name).filter(|waiting| !waiting.is_empty())?;
            let task_ids = waiting.drain(..limit.clamp(1, waiting.len())).collect();
            Some(WakeUp { queue: name.clone(), task_ids })
        })
    }
}

#[async_trait]
impl TaskQueue for LocalQueue {
    async fn push(&self, queue: &str, ids: &[TaskId]) -> Result<(), QueueError> {
        let taken = {
            let mut queues = self.queues();
            let waiting = queues.entry(queue.to_owned()).or_default();
            let taken = ids.len().min(CAPACITY - waiting.len());
            waiting.extend(&ids[..taken]);
            taken
        };
        self.pushed.notify_waiters();
        if taken == ids.len() { Ok(()) } else { Err(QueueError(Full(queue.to_owned()).into())) }
    }

    async fn pop(
        &self,
        queues: &[String],
        limit: usize,
        wait: Duration,
    ) -> Result<Option<WakeUp>, QueueError> {
        let deadline = Instant::now() + wait;
        loop {
            let mut pushed = pin!(self.pushed.notified());
            // Registered before looking, so that a push in between is not missed.
            pushed.as_mut().enable();
            if let Some(wake_up) = self.try_pop(queues, limit) {
                return Ok(Some(wake_up));
            }
            if timeout_at(deadline, pushed).await.is_err() {
                return Ok(self.try_pop(queues, limit));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[tokio::test]
    async fn a_full_queue_says_so_and_keeps_what_it_has() -> Result<(), QueueError> {
        let queue = LocalQueue::new();
        let ids: Vec<TaskId> = (0..CAPACITY as u128 + 1).map(|n| TaskId::new(Uuid::from_u128(n))).collect();
        assert!(queue.push("media", &ids).await.is_err());
        assert!(queue.push("media", &ids[..1]).await.is_err());
        let names = ["media".to_owned()];
        for id in &ids[..CAPACITY] {
            let popped = queue.pop(&names, 1, Duration::ZERO).await?;
            assert_eq!(popped.map(|wake_up| wake_up.task_ids), Some(vec![*id]));
        }
        assert_eq!(queue.pop(&names, 1, Duration::ZERO).await?, None);
        queue.push("media", &ids[..1]).await
    }
}
