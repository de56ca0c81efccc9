//! Mail: ordered in the transaction of what it is about, as a task, and sent by a worker.

mod delivery;
mod links;
mod order;
mod postbox;

pub use delivery::{Delivered, MailService, NotSent};
pub(crate) use links::{Links, useless};
pub use order::{MailMessage, MailOrder};
pub(crate) use postbox::{Postbox, Posted};
