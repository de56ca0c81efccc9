//! `[storage]`: where the bytes of files are kept.

use serde::Deserialize;

use super::{ConnectionUrl, Problem};

/// Where the bytes of files are kept.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StorageConfig {
    /// `file:` with a folder; by default `files` in the data folder. Several instances must see the same folder.
    pub url: Option<ConnectionUrl>,
}

impl StorageConfig {
    pub(super) fn validate(&self, problems: &mut Vec<Problem>) {
        let Some(url) = &self.url else { return };
        match url.scheme().as_str() {
            "file" if !url.path().is_empty() => {}
            "s3" => {
                let rule = "must be file:<folder>: object stores (s3:) are not supported by this version";
                problems.push(Problem::new("storage.url", rule));
            }
            _ => problems.push(Problem::new("storage.url", "must be file:<folder>")),
        }
    }
}
