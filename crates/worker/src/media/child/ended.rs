//! How a child has ended, in words.

use std::{os::unix::process::ExitStatusExt, process::ExitStatus};

/// What Rust says before it aborts because there is no memory.
const OUT_OF_MEMORY: &str = "memory allocation of";
/// What Rust's `main` ends with after a panic.
const PANICKED: i32 = 101;
const SIGXCPU: i32 = 24;

/// Why a child that did not end well has ended.
pub(super) fn reason(status: ExitStatus, complaints: &str) -> String {
    if complaints.contains(OUT_OF_MEMORY) {
        return "the media process ran out of memory".to_owned();
    }
    match (status.signal(), status.code()) {
        (Some(SIGXCPU), _) => "the media process took too much processor time".to_owned(),
        (Some(signal), _) => format!("the media process crashed with signal {signal}"),
        (None, Some(PANICKED)) => "the media process panicked".to_owned(),
        (None, Some(code)) => format!("the media process ended with code {code}"),
        (None, None) => "the media process ended for no reason that it gave".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_end_has_its_words() {
        // As `wait` reports it: a signal in the low bits, a code above them.
        for (status, complaints, words) in [
            (6, "memory allocation of 128000000 bytes failed", "the media process ran out of memory"),
            (6, "", "the media process crashed with signal 6"),
            (24, "", "the media process took too much processor time"),
            (101 << 8, "thread 'main' panicked", "the media process panicked"),
            (3 << 8, "", "the media process ended with code 3"),
        ] {
            assert_eq!(reason(ExitStatus::from_raw(status), complaints), words);
        }
    }
}
