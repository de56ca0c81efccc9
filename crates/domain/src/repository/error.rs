//! What a store can answer instead of what was asked for.

use thiserror::Error;

/// A rule of the schema that several users can run into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Constraint {
    /// One account an address.
    UserEmail,
    /// One account a handle.
    UserUsername,
    /// One user an account at a provider.
    IdentitySubject,
    /// One account at a provider a user.
    IdentityUser,
    /// One message a sender and client id.
    MessageClientId,
    /// One message a place in a room.
    MessageSeq,
    /// One direct room two users.
    DirectRoomUsers,
    /// One blob a content.
    BlobSha256,
    /// One waiting or running task a key.
    TaskUniqueKey,
    /// Something refers to what is not there.
    ForeignKey,
    /// Any other.
    Other,
}

/// Why a repository could not do what it was asked for.
#[derive(Debug, Error)]
pub enum RepositoryError {
    /// The write breaks a rule of the schema.
    #[error("the write conflicts with {constraint:?}")]
    Conflict {
        /// Which rule.
        constraint: Constraint,
    },
    /// What was to be changed is not there.
    #[error("no such {entity}")]
    NotFound {
        /// What was looked for: "room".
        entity: &'static str,
    },
    /// A stored value cannot be understood.
    #[error("the stored {entity} cannot be read: {reason}")]
    Corrupt {
        /// What it is of: "message".
        entity: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// The database did not answer, or not in time, or gave up a transaction that may be tried again.
    #[error("the database is unavailable")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
}
