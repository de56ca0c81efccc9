//! What is taken from buckets while a request is answered, for whoever tells its client.

use std::cell::RefCell;

use crate::ports::{Quota, RateDecision};

/// What was taken from a bucket, or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taken {
    /// What the quota is called.
    pub policy: &'static str,
    /// How often.
    pub quota: Quota,
    /// Whether there was one left.
    pub decision: RateDecision,
}

tokio::task_local! {
    static TAKEN: RefCell<Vec<Taken>>;
}

/// Does something, and tells what it has taken meanwhile, in that order.
pub async fn counted<T>(work: impl Future<Output = T>) -> (T, Vec<Taken>) {
    let work = async {
        let done = work.await;
        (done, TAKEN.with(|taken| taken.take()))
    };
    // All that answers a request is one large future, which would be moved from place to place on the stack.
    TAKEN.scope(RefCell::default(), Box::pin(work)).await
}

/// Notes what was taken. Where nobody asks, nobody is told.
pub(crate) fn note(taken: Taken) {
    let _ = TAKEN.try_with(|all| all.borrow_mut().push(taken));
}
