//! `[uploads]`: what files are taken.

use std::time::Duration;

use plaza_application::{LimitSettings, UploadSettings, ports::Quota};
use serde::Deserialize;

use super::Problem;

const HOUR: Duration = Duration::from_secs(60 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Uploads.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct UploadsConfig {
    /// The largest file, in bytes.
    pub max_bytes: u64,
    /// How many bytes a user's files may take up together; 0 for any number.
    pub max_user_bytes: u64,
    /// How many uploads of a user may be under way at a time; 0 for any number.
    pub max_parallel: u64,
    /// How many files a user may upload in a day. A rate limit: off with `limits.enabled`.
    pub max_files_per_day: u32,
    /// How long a content is kept that nothing refers to any more, in hours.
    pub grace_hours: u32,
    /// How long a file is kept that nothing shows, in days; 0 for ever.
    pub unused_days: u32,
}

impl Default for UploadsConfig {
    fn default() -> Self {
        let settings = UploadSettings::default();
        Self {
            max_bytes: settings.max_bytes,
            max_user_bytes: settings.max_user_bytes.unwrap_or_default(),
            max_parallel: settings.max_parallel.unwrap_or_default(),
            max_files_per_day: LimitSettings::default().daily_uploads_per_user.burst,
            grace_hours: 24,
            unused_days: 30,
        }
    }
}

impl UploadsConfig {
    /// The part that the services need.
    pub(crate) fn settings(&self) -> UploadSettings {
        let limit = |value: u64| (value > 0).then_some(value);
        UploadSettings {
            max_bytes: self.max_bytes,
            max_user_bytes: limit(self.max_user_bytes),
            max_parallel: limit(self.max_parallel),
            grace: HOUR * self.grace_hours,
            unused_after: (self.unused_days > 0).then(|| DAY * self.unused_days),
            ..UploadSettings::default()
        }
    }

    /// How many files a user may upload in a day.
    pub(crate) fn daily(&self) -> Quota {
        Quota::per_day(self.max_files_per_day)
    }

    pub(super) fn validate(&self, problems: &mut Vec<Problem>) {
        // A length must fit the databases' signed 64 bits with room to spare.
        if !(1..=1 << 40).contains(&self.max_bytes) {
            problems.push(Problem::new("uploads.max_bytes", "must be 1 to 1099511627776"));
        }
        if self.max_user_bytes > 1 << 60 {
            let rule = "must be 0, for any number, or at most 1152921504606846976";
            problems.push(Problem::new("uploads.max_user_bytes", rule));
        }
        if self.max_parallel > 1_000 {
            problems.push(Problem::new("uploads.max_parallel", "must be 0, for any number, or at most 1000"));
        }
        if self.grace_hours > 10_000 {
            problems.push(Problem::new("uploads.grace_hours", "must be at most 10000"));
        }
        if self.unused_days > 10_000 {
            problems.push(Problem::new("uploads.unused_days", "must be 0, for ever, or at most 10000"));
        }
        if !(1..=1_000_000).contains(&self.max_files_per_day) {
            problems.push(Problem::new("uploads.max_files_per_day", "must be 1 to 1000000"));
        }
    }
}
