//! Everything about a user, read in parts: JSON for each kind of thing, and the files they uploaded.

mod account;
mod files;
mod lists;
mod rooms;

use std::sync::Arc;

use plaza_application::{
    Ports,
    ports::{BlobStore, BoxError},
};
use plaza_domain::{Clock, Store, UserId};
use tokio::sync::mpsc::Sender;

use self::lists::Lists;
use super::archive::Part;
use crate::{Attempt, TaskError};

/// How many rows are read at a time.
const PAGE: u64 = 200;

/// Reads everything about a user.
pub(super) struct Collector<'a> {
    store: Arc<dyn Store>,
    blobs: Arc<dyn BlobStore>,
    clock: Arc<dyn Clock>,
    attempt: &'a Attempt,
    lists: Lists,
    user_id: UserId,
}

type Outcome = Result<(), TaskError>;

impl<'a> Collector<'a> {
    pub(super) fn new(ports: &Ports, attempt: &'a Attempt, parts: Sender<Part>, user_id: UserId) -> Self {
        Self {
            store: Arc::clone(&ports.store),
            blobs: Arc::clone(&ports.blobs),
            clock: Arc::clone(&ports.clock),
            attempt,
            lists: Lists::new(parts),
            user_id,
        }
    }

    /// Sends all of it, and then the end.
    pub(super) async fn collect(mut self) -> Outcome {
        self.account().await?;
        self.identities().await?;
        self.sessions().await?;
        self.friends().await?;
        self.audit().await?;
        self.attempt.progress(5).await;
        let rooms = self.rooms().await?;
        self.messages(&rooms).await?;
        self.reactions(&rooms).await?;
        self.threads().await?;
        self.mentions().await?;
        self.attempt.progress(80).await;
        self.files().await?;
        self.lists.send(Part::End).await
    }
}

fn retry(error: impl Into<BoxError>) -> TaskError {
    TaskError::Retry(error.into())
}

/// How much is done, in percent, when so many of all are between those two.
fn share(from: u8, to: u8, done: usize, all: usize) -> u8 {
    let part = usize::from(to - from) * done / all.max(1);
    from + u8::try_from(part).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_goes_from_one_mark_to_the_next() {
        assert_eq!([share(5, 60, 0, 10), share(5, 60, 5, 10), share(5, 60, 10, 10)], [5, 32, 60]);
        assert_eq!(share(5, 60, 0, 0), 5);
    }
}
