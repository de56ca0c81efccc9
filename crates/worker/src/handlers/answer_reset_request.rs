//! Answers who has forgotten a password.

use std::sync::Arc;

use async_trait::async_trait;
use plaza_application::PasswordResetService;
use plaza_domain::Email;

use crate::{Attempt, Effect, NoEffect, TaskError, TaskHandler};

/// Has a link sent to an account, if there is one with that address. A second attempt sends none where the first has.
pub(super) struct AnswerResetRequest {
    pub(super) service: Arc<PasswordResetService>,
    pub(super) email: Email,
}

#[async_trait]
impl TaskHandler for AnswerResetRequest {
    async fn execute(&self, _attempt: &Attempt) -> Result<Box<dyn Effect>, TaskError> {
        self.service.answer(&self.email).await.map_err(|error| TaskError::Retry(error.into()))?;
        Ok(Box::new(NoEffect))
    }

    fn on_dead(&self) -> Box<dyn Effect> {
        Box::new(NoEffect)
    }
}
