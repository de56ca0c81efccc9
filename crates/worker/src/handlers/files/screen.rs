//! Before anything of a file is decoded: a scanner looks through it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use plaza_application::{
    Ports,
    ports::{BlobError, BlobStore, ScanError, Scanner, Verdict},
};
use plaza_domain::{Clock, File, FileFailure, FileStatus, ScanState, Timestamp};

use crate::{TaskError, runner::spread};

/// Between two tries, while the scanner is away.
const SHORTEST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(5 * 60);

/// What came of looking through a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Screened {
    Clean,
    Failed(FileFailure),
}

impl Screened {
    /// Notes it down in the file's row.
    pub(super) fn mark(self, file: &mut File, at: Timestamp) {
        match self {
            Self::Clean => file.scan = ScanState::Clean,
            Self::Failed(failure) => {
                if failure == FileFailure::Infected {
                    file.scan = ScanState::Infected;
                }
                file.status = FileStatus::Failed;
                file.failure = Some(failure);
                file.updated_at = at;
            }
        }
    }
}

/// Has files looked through. Without an answer they wait, however long it takes: nobody is given what nobody has seen.
pub(super) struct Screening {
    scanner: Option<Arc<dyn Scanner>>,
    blobs: Arc<dyn BlobStore>,
    clock: Arc<dyn Clock>,
    /// Whether the last answer did not come; said once, and not for each file that waits.
    is_away: AtomicBool,
}

impl Screening {
    pub(super) fn new(ports: &Ports) -> Self {
        Self {
            scanner: ports.scanner.clone(),
            blobs: Arc::clone(&ports.blobs),
            clock: Arc::clone(&ports.clock),
            is_away: AtomicBool::new(false),
        }
    }

    /// Looks through a file that waits for it, whose bytes have that key.
    ///
    /// # Errors
    /// `Snooze` while there is no scanner, or no answer; `Retry` when the file cannot be read.
    pub(super) async fn screen(&self, file: &File, key: &str) -> Result<Screened, TaskError> {
        let Some(scanner) = &self.scanner else {
            let reason =
                "no scanner is configured for this worker, but the file was uploaded when there was one";
            return Err(self.put_off(file, reason.to_owned()));
        };
        let scanned = match self.blobs.open(key, None).await {
            Ok(bytes) => scanner.scan(file.size, bytes).await,
            Err(error) => Err(ScanError::Source(error)),
        };
        match scanned {
            Ok(verdict) => Ok(self.judge(file, verdict)),
            Err(ScanError::Source(BlobError::NotFound { .. })) => Ok(Screened::Failed(FileFailure::Missing)),
            Err(ScanError::Source(error)) => Err(TaskError::Retry(error.into())),
            Err(ScanError::TooLarge { size }) => {
                let reason = format!("the scanner takes no file of {size} bytes: raise its StreamMaxLength");
                Err(self.put_off(file, reason))
            }
            Err(ScanError::Unavailable(cause)) => {
                Err(self.put_off(file, format!("the scanner does not answer: {cause}")))
            }
        }
    }

    fn judge(&self, file: &File, verdict: Verdict) -> Screened {
        if self.is_away.swap(false, Ordering::Relaxed) {
            tracing::info!("the scanner answers again");
        }
        match verdict {
            Verdict::Clean => Screened::Clean,
            Verdict::Infected { signature } => {
                tracing::warn!(file.id = %file.id, scan.signature = signature, "a file is infected");
                Screened::Failed(FileFailure::Infected)
            }
        }
    }

    fn put_off(&self, file: &File, reason: String) -> TaskError {
        if !self.is_away.swap(true, Ordering::Relaxed) {
            tracing::warn!(reason, "files wait for the scanner");
        }
        let age = (self.clock.now() - file.created_at).to_std().unwrap_or_default();
        TaskError::Snooze { delay: pause(age), reason }
    }
}

/// About half of a file's age: the longer the scanner is away, the less often it is asked.
fn pause(age: Duration) -> Duration {
    spread((age / 2).clamp(SHORTEST_PAUSE, LONGEST_PAUSE))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_with_the_age_of_a_file() {
        let seconds = Duration::from_secs;
        for (age, longest) in [(0, 1), (10, 5), (60, 30), (600, 300), (86_400, 300)] {
            let pause = pause(seconds(age));
            assert!(pause <= seconds(longest) && pause >= seconds(longest) / 2, "{age}: {pause:?}");
        }
    }
}
