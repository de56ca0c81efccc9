//! What a store may be able to do in one round trip, by the repositories of one transaction.

use super::{Result, Store, Success};
use crate::TaskId;

/// [`Store::finish_many`].
///
/// # Errors
/// As there.
pub async fn finish_many<S: Store + ?Sized>(store: &S, done: &[Success]) -> Result<Vec<(TaskId, i64)>> {
    let mut work = store.begin().await?;
    let finished = work.tasks().finish_many(done).await?;
    work.commit().await?;
    Ok(finished)
}
