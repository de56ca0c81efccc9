//! Does nothing but succeed.

use async_trait::async_trait;
use plaza_application::commands::ProbeCommand;

use crate::{Attempt, Effect, NoEffect, TaskError, TaskHandler};

pub(super) struct Probe(pub(super) ProbeCommand);

#[async_trait]
impl TaskHandler for Probe {
    async fn execute(&self, _attempt: &Attempt) -> Result<Box<dyn Effect>, TaskError> {
        tracing::debug!(note = self.0.note, "a probe was answered");
        Ok(Box::new(NoEffect))
    }

    fn on_dead(&self) -> Box<dyn Effect> {
        Box::new(NoEffect)
    }
}
