//! What recurring jobs do: each calls a service, which says how much it removed.

use std::sync::Arc;

use async_trait::async_trait;
use futures::future::BoxFuture;
use plaza_application::Result;
use serde_json::json;

use crate::{Answer, Attempt, Effect, NoEffect, TaskError, TaskHandler};

/// Calls a service.
type Call<S> = for<'a> fn(&'a S) -> BoxFuture<'a, Result<u64>>;

/// The handler of a command that is done by one call.
pub(super) fn clean_up<S: Send + Sync + 'static>(service: &Arc<S>, call: Call<S>) -> Arc<dyn TaskHandler> {
    Arc::new(CleanUp { service: Arc::clone(service), call })
}

struct CleanUp<S> {
    service: Arc<S>,
    call: Call<S>,
}

#[async_trait]
impl<S: Send + Sync> TaskHandler for CleanUp<S> {
    async fn execute(&self, _attempt: &Attempt) -> std::result::Result<Box<dyn Effect>, TaskError> {
        let removed = (self.call)(&self.service).await.map_err(|error| TaskError::Retry(error.into()))?;
        Ok(Box::new(Answer(json!({ "removed": removed }))))
    }

    fn on_dead(&self) -> Box<dyn Effect> {
        Box::new(NoEffect)
    }
}
