//! Where the actor is mentioned.

use std::sync::Arc;

use plaza_domain::{MessageId, SentMessage, Store};

use crate::{Actor, Page, PageRequest, Ports, Result};

/// Mentions of users.
pub struct MentionService {
    store: Arc<dyn Store>,
}

impl MentionService {
    pub(crate) fn new(ports: &Ports) -> Self {
        Self { store: Arc::clone(&ports.store) }
    }

    /// The messages that mention the actor by name, in the rooms that they are in, the newest first.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn list(
        &self,
        actor: &Actor,
        page: PageRequest<MessageId>,
    ) -> Result<Page<SentMessage, MessageId>> {
        let mut read = self.store.read().await?;
        let messages = read.mentions().list(actor.id(), page.cursor, page.fetch()).await?;
        Ok(page.cut(messages, |view| view.message.id))
    }
}
