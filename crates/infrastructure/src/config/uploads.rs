//! `[uploads]`: what files are taken.

use plaza_application::UploadSettings;
use serde::Deserialize;

use super::Problem;

/// Uploads.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct UploadsConfig {
    /// The largest file, in bytes.
    pub max_bytes: u64,
}

impl Default for UploadsConfig {
    fn default() -> Self {
        Self { max_bytes: UploadSettings::default().max_bytes }
    }
}

impl UploadsConfig {
    /// The part that the services need.
    pub(crate) fn settings(&self) -> UploadSettings {
        UploadSettings { max_bytes: self.max_bytes }
    }

    pub(super) fn validate(&self, problems: &mut Vec<Problem>) {
        // A length must fit the databases' signed 64 bits with room to spare.
        if !(1..=1 << 40).contains(&self.max_bytes) {
            problems.push(Problem::new("uploads.max_bytes", "must be 1 to 1099511627776"));
        }
    }
}
