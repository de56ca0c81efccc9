//! What a finished attempt changes, written together with the end of the attempt: both happen, once, or neither.

use async_trait::async_trait;
use plaza_application::events::Event;
use plaza_domain::{RepositoryError, UnitOfWork};
use serde_json::Value;

/// What is left to do once an effect is committed.
#[derive(Debug, Default)]
pub struct Applied {
    /// What happened, to be published.
    pub events: Vec<Event>,
    /// Keys of objects that turned out not to be needed, to be removed.
    pub unneeded: Vec<String>,
}

/// A change of the database that an attempt has prepared.
#[async_trait]
pub trait Effect: Send {
    /// Keys of objects that were stored for this effect, and are of no use when it is not applied.
    fn objects(&self) -> Vec<String> {
        Vec::new()
    }

    /// Whether there is nothing to write, and so nothing to do after that: then the attempt is ended together with others.
    fn is_empty(&self) -> bool {
        false
    }

    /// What the task tells of its success: kept with it, and shown to its owner. At most 64 KiB as JSON, or the task is
    /// given up.
    fn result(&self) -> Option<Value> {
        None
    }

    /// Writes the change; whoever calls commits.
    ///
    /// # Errors
    /// When the database refuses; the attempt then counts as failed.
    async fn apply(self: Box<Self>, work: &mut dyn UnitOfWork) -> Result<Applied, RepositoryError>;
}

/// Changes nothing: there was nothing to do, or no longer.
#[derive(Clone, Copy, Debug)]
pub struct NoEffect;

#[async_trait]
impl Effect for NoEffect {
    fn is_empty(&self) -> bool {
        true
    }

    async fn apply(self: Box<Self>, _work: &mut dyn UnitOfWork) -> Result<Applied, RepositoryError> {
        Ok(Applied::default())
    }
}

/// Changes nothing, and tells something.
#[derive(Clone, Debug)]
pub struct Answer(pub Value);

#[async_trait]
impl Effect for Answer {
    fn is_empty(&self) -> bool {
        true
    }

    fn result(&self) -> Option<Value> {
        Some(self.0.clone())
    }

    async fn apply(self: Box<Self>, _work: &mut dyn UnitOfWork) -> Result<Applied, RepositoryError> {
        Ok(Applied::default())
    }
}
