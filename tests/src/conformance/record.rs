//! What a client has noticed.

use super::Irregular;

/// How many findings of one client are told in words.
const TOLD: usize = 3;

/// What went wrong, and how often.
#[derive(Clone, Debug, Default)]
pub(super) struct Record {
    pub(super) duplicated: usize,
    pub(super) reordered: usize,
    pub(super) refused: usize,
    pub(super) reconnects: usize,
    pub(super) resets: usize,
    /// The first of them in words.
    pub(super) told: Vec<String>,
}

impl Record {
    /// Counts an event that should not have come.
    pub(super) fn note(&mut self, username: &str, irregular: Irregular) {
        let what = match irregular {
            Irregular::Duplicated(what) => {
                self.duplicated += 1;
                format!("duplicated: {what}")
            }
            Irregular::Reordered(what) => {
                self.reordered += 1;
                format!("reordered: {what}")
            }
        };
        self.tell(username, &what);
    }

    /// Keeps it in words, unless there are enough.
    pub(super) fn tell(&mut self, username: &str, what: &str) {
        if self.told.len() < TOLD {
            self.told.push(format!("{username}: {what}"));
        }
    }
}
