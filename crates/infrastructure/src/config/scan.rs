//! `[scan]`: who looks through uploads for malicious software.

use std::time::Duration;

use serde::Deserialize;

use super::{ConnectionUrl, Problem};
use crate::scan::{ClamdAddress, ClamdSettings};

/// Who looks through uploads for malicious software.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ScanConfig {
    /// `clamd://host:port`, or `clamd:` with the path of a socket; nobody when it is left out.
    pub url: Option<ConnectionUrl>,
    /// How long it may take to look through a file, in seconds: 1 to 240.
    pub timeout_seconds: u64,
    /// The largest file that is sent to it, in bytes: no more than clamd's own `StreamMaxLength`, and no less than
    /// `uploads.max_bytes`.
    pub max_bytes: u64,
}

impl Default for ScanConfig {
    fn default() -> Self {
        Self { url: None, timeout_seconds: 60, max_bytes: 25 * 1024 * 1024 }
    }
}

impl ScanConfig {
    /// The scanner and how to use it, when there is one.
    pub fn clamd(&self) -> Option<ClamdSettings> {
        Some(ClamdSettings {
            address: ClamdAddress::parse(self.url.as_ref()?.expose())?,
            timeout: Duration::from_secs(self.timeout_seconds),
            max_bytes: self.max_bytes,
        })
    }

    pub(super) fn validate(&self, largest_upload: u64, problems: &mut Vec<Problem>) {
        if self.url.is_none() {
            return;
        }
        if self.clamd().is_none() {
            problems
                .push(Problem::new("scan.url", "must be clamd://<host>:<port> or clamd:<path of a socket>"));
        }
        if !(1..=240).contains(&self.timeout_seconds) {
            problems.push(Problem::new("scan.timeout_seconds", "must be 1 to 240"));
        }
        if self.max_bytes < largest_upload {
            let rule = "must not be less than uploads.max_bytes: what is not scanned is not served";
            problems.push(Problem::new("scan.max_bytes", rule));
        }
    }
}
