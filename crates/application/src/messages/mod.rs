//! Messages: the hot path, and what can be done to a message later.

mod batch;
mod committer;
mod editing;
mod knowledge;
mod mentions;
mod recent_senders;
mod repeats;
mod replies;
mod service;
mod storing;
mod transaction;
mod verdicts;

pub use committer::{Acknowledged, Completion};
pub(crate) use recent_senders::RecentSenders;
pub use service::{MessageInput, MessageService, Posted};
pub(crate) use transaction::{MessageTransaction, MessageTransactions};
