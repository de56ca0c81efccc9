//! Who is connected to which instance, shared by all instances.

use async_trait::async_trait;
use plaza_domain::{Availability, Timestamp, UserId};
use thiserror::Error;

use super::BoxError;

/// The most connections of one user, over all instances.
pub const MAX_CONNECTIONS: u32 = 10;

/// The store of presence does not answer.
#[derive(Debug, Error)]
#[error("the store of presence is unavailable")]
pub struct PresenceStoreError(#[source] pub BoxError);

/// What an instance has of a user. Without connections the user lingers: they were sent away from here and are
/// expected back elsewhere, and until that has taken too long they are shown as they were.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// How many connections.
    pub connections: u32,
    /// What the user is because of them.
    pub availability: Availability,
}

/// What an instance tells of a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Report {
    /// The user.
    pub user_id: UserId,
    /// What the instance has whatever the others have; nothing when the user is gone from it.
    pub settled: Option<Share>,
    /// What it would have if everybody who waits there were let in.
    pub wanted: Option<Share>,
}

/// What the store answers to a [`Report`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// How many connections the instance may have: as many as were settled, or more.
    pub granted: u32,
    /// What the user was, before this report, to those who were told.
    pub before: Option<Availability>,
    /// What the user is now.
    pub after: Option<Availability>,
}

/// A user whom an instance had that has died.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Departure {
    /// The user.
    pub user_id: UserId,
    /// What the user is now, because of other instances.
    pub after: Option<Availability>,
    /// When the instance last told of them.
    pub seen_at: Timestamp,
}

/// Adds up what instances have of users. What an instance told is forgotten by itself when it does not repeat it.
/// Connections wait for the answers: a store that does not answer within a moment fails, and goes on failing at once
/// for a while.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait PresenceStore: Send + Sync {
    /// Replaces what this instance has of these users, and answers in the same order. Of the connections that wait, as
    /// many are granted as [`MAX_CONNECTIONS`] leaves room for.
    ///
    /// # Errors
    /// When the store does not answer; it may have done it.
    async fn report(&self, reports: &[Report]) -> Result<Vec<Standing>, PresenceStoreError>;

    /// What these users are now, in the same order.
    ///
    /// # Errors
    /// When the store does not answer.
    async fn query(&self, user_ids: &[UserId]) -> Result<Vec<Option<Availability>>, PresenceStoreError>;

    /// Takes over users of instances that have died, each by one caller; `None` when none are left. Those for whom it
    /// changes nothing are not among them.
    ///
    /// # Errors
    /// When the store does not answer.
    async fn reap(&self) -> Result<Option<Vec<Departure>>, PresenceStoreError>;
}
