//! Second factors: the secrets of authenticators, and the codes that stand in for a lost one.

use async_trait::async_trait;

use super::Result;
use crate::{Timestamp, TokenDigest, TotpSecret, UserId};

/// Stores what users share with their authenticators: one secret each.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait TotpRepository: Send {
    /// A user's secret.
    async fn find(&mut self, user_id: UserId) -> Result<Option<TotpSecret>>;

    /// Stores a secret that is not confirmed, in the place of another such; `false` when the user has one that is.
    ///
    /// # Errors
    /// `Conflict` when there is no such user.
    async fn begin(&mut self, secret: &TotpSecret) -> Result<bool>;

    /// Confirms a user's secret by the code of `step`; `false` when there is none, or it is confirmed.
    async fn confirm(&mut self, user_id: UserId, step: i64, at: Timestamp) -> Result<bool>;

    /// Takes the code of `step`, of a confirmed secret; `false` when a code of that step or of a later one was taken.
    /// Of several at the same time, one is told `true`.
    async fn use_step(&mut self, user_id: UserId, step: i64) -> Result<bool>;

    /// Forgets a user's secret; whether there was one that is confirmed.
    async fn delete(&mut self, user_id: UserId) -> Result<bool>;
}

/// Stores the digests of codes that work once each.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait RecoveryCodeRepository: Send {
    /// Gives a user these codes and no others.
    ///
    /// # Errors
    /// `Conflict` when there is no such user.
    async fn replace(&mut self, user_id: UserId, digests: &[TokenDigest]) -> Result<()>;

    /// Takes a code; `false` when the user has none like it, or it was taken before. Of several at the same time, one is
    /// told `true`.
    async fn take(&mut self, user_id: UserId, digest: TokenDigest, at: Timestamp) -> Result<bool>;

    /// How many codes a user has that were not taken.
    async fn count_left(&mut self, user_id: UserId) -> Result<u64>;
}
