//! What recurring jobs do: each calls a service, which says what it did.

use std::sync::Arc;

use async_trait::async_trait;
use futures::future::BoxFuture;
use plaza_application::Result;
use serde::Serialize;
use serde_json::{Value, json};

use crate::{Answer, Attempt, Effect, NoEffect, TaskError, TaskHandler};

/// Calls a service.
type Call<S, T> = for<'a> fn(&'a S) -> BoxFuture<'a, Result<T>>;

/// The handler of a command that is done by one call; what that says is the task's result.
pub(super) fn clean_up<S, T>(service: &Arc<S>, call: Call<S, T>) -> Arc<dyn TaskHandler>
where
    S: Send + Sync + 'static,
    T: Serialize + Send + 'static,
{
    Arc::new(CleanUp { service: Arc::clone(service), call })
}

/// What a call says that only counts.
pub(super) fn removed(count: u64) -> Value {
    json!({ "removed": count })
}

/// The same for what is taken away from users.
pub(super) fn lifted(count: u64) -> Value {
    json!({ "lifted": count })
}

struct CleanUp<S, T> {
    service: Arc<S>,
    call: Call<S, T>,
}

#[async_trait]
impl<S: Send + Sync, T: Serialize + Send> TaskHandler for CleanUp<S, T> {
    async fn execute(&self, _attempt: &Attempt) -> std::result::Result<Box<dyn Effect>, TaskError> {
        let done = (self.call)(&self.service).await.map_err(|error| TaskError::Retry(error.into()))?;
        let result = serde_json::to_value(done).map_err(|error| TaskError::Retry(error.into()))?;
        Ok(Box::new(Answer(result)))
    }

    fn on_dead(&self) -> Box<dyn Effect> {
        Box::new(NoEffect)
    }
}
