//! Following the chain from entry to entry, to find out whether anybody changed it.

use plaza_domain::{AuditEntry, AuditHead, Repositories, RepositoryError, Sha256};

use super::AuditService;
use crate::{Operator, Result, policy::authorize_operation};

/// How many entries are read at a time.
const BATCH: u64 = 500;

/// What was noted of the chain before, somewhere else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotedEntry {
    /// The number of an entry, from 1 on.
    pub number: i64,
    /// Its hash, if that was noted, too.
    pub hash: Option<Sha256>,
}

/// What following the chain has shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuditVerdict {
    /// How many entries are as they were written.
    pub entries: u64,
    /// Where the chain ends, as far as it is whole.
    pub head: AuditHead,
    /// The number of the first entry that is missing, was changed or does not follow; `None` for a whole chain.
    pub broken: Option<i64>,
}

impl AuditService {
    /// Follows the chain to its end: from its beginning, or from an entry that was noted.
    ///
    /// # Errors
    /// `Forbidden`; `Unavailable`.
    pub async fn verify(&self, by: Operator<'_>, from: Option<NotedEntry>) -> Result<AuditVerdict> {
        authorize_operation(by)?;
        let mut read = self.store.read().await?;
        let (mut entries, mut head) = (0, AuditHead::START);
        if let Some(noted) = from {
            let before = AuditHead { number: noted.number - 1, ..head };
            let first = follow(&mut *read, before.number, 1).await?.pop();
            let Some(first) = first.filter(|first| is_noted(first, noted)) else {
                return Ok(AuditVerdict { entries, head: before, broken: Some(noted.number) });
            };
            (entries, head) = (1, first.head());
        }
        loop {
            // Read first: whatever it tells of can be read afterwards.
            let end = end(&mut *read).await?;
            let more = follow(&mut *read, head.number, BATCH).await?;
            if more.is_empty() {
                return Ok(AuditVerdict { entries, head, broken: misfit(head, end) });
            }
            for entry in more {
                if !head.is_followed_by(&entry) {
                    return Ok(AuditVerdict { entries, head, broken: Some(head.number + 1) });
                }
                entries += 1;
                head = entry.head();
            }
        }
    }
}

/// The next entries; none from one on that holds what was never written.
async fn follow(read: &mut dyn Repositories, after: i64, limit: u64) -> Result<Vec<AuditEntry>> {
    match read.audit().follow(after, limit).await {
        Err(RepositoryError::Corrupt { .. }) if limit > 1 => match read.audit().follow(after, 1).await {
            Err(RepositoryError::Corrupt { .. }) => Ok(Vec::new()),
            one => Ok(one?),
        },
        Err(RepositoryError::Corrupt { .. }) => Ok(Vec::new()),
        entries => Ok(entries?),
    }
}

fn is_noted(entry: &AuditEntry, noted: NotedEntry) -> bool {
    let before = AuditHead { number: noted.number - 1, hash: entry.previous_hash };
    let is_first_of_all = entry.previous_hash == AuditHead::START.hash;
    before.is_followed_by(entry)
        && is_first_of_all == (noted.number == 1)
        && noted.hash.is_none_or(|hash| hash == entry.hash)
}

/// Where the chain is said to end; `None` when nothing says so any more.
async fn end(read: &mut dyn Repositories) -> Result<Option<AuditHead>> {
    match read.audit().head().await {
        Err(RepositoryError::Corrupt { .. }) => Ok(None),
        head => Ok(Some(head?)),
    }
}

/// Where the entries end in another place than the row says that tells of their end. Without the row nobody knows
/// whether there were more of them.
fn misfit(last: AuditHead, end: Option<AuditHead>) -> Option<i64> {
    let Some(end) = end else { return Some(last.number + 1) };
    if last == end {
        return None;
    }
    Some(if last.number == end.number { last.number } else { last.number.min(end.number) + 1 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_in_another_place_is_told_by_the_first_entry_that_is_missing() {
        let head = |number| AuditHead { number, hash: Sha256([1; 32]) };
        assert_eq!(misfit(head(3), Some(head(3))), None);
        assert_eq!(misfit(head(3), Some(head(5))), Some(4));
        assert_eq!(misfit(head(5), Some(head(3))), Some(4));
        assert_eq!(misfit(head(3), Some(AuditHead { hash: Sha256([2; 32]), ..head(3) })), Some(3));
        assert_eq!(misfit(head(3), None), Some(4));
    }
}
