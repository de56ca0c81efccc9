//! Does nothing but succeed.

use async_trait::async_trait;
use plaza_application::commands::ProbeCommand;
use serde_json::json;

use crate::{Answer, Attempt, Effect, NoEffect, TaskError, TaskHandler};

pub(super) struct Probe(pub(super) ProbeCommand);

#[async_trait]
impl TaskHandler for Probe {
    async fn execute(&self, _attempt: &Attempt) -> Result<Box<dyn Effect>, TaskError> {
        Ok(Box::new(Answer(json!({ "note": self.0.note }))))
    }

    fn on_dead(&self) -> Box<dyn Effect> {
        Box::new(NoEffect)
    }
}
