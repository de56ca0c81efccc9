//! `[storage]`: where the bytes of files are kept.

use std::time::Duration;

use serde::Deserialize;
use url::Url;

use super::{ConnectionUrl, Problem, SecretText};
use crate::s3::S3Settings;

/// Where the bytes of files are kept.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StorageConfig {
    /// `file:` with a folder, by default `files` in the data folder, which several instances must share; or
    /// `s3://bucket/prefix`.
    pub url: Option<ConnectionUrl>,
    /// The S3 server, such as `https://s3.example.org`; Amazon's when it is left out.
    pub endpoint: Option<String>,
    /// The S3 region.
    pub region: String,
    /// The id of the S3 access key. Without one, keys come from `AWS_ACCESS_KEY_ID` and its like, or the machine's role.
    pub access_key_id: Option<String>,
    /// The secret of the S3 access key.
    pub secret_access_key: Option<SecretText>,
    /// How long S3 may take to answer a request, with all its repetitions, in seconds: 1 to 300.
    pub timeout_seconds: u64,
    /// Whether clients are sent to S3 for the bytes of files, with URLs that work for some minutes, instead of getting them
    /// through Plaza.
    pub redirect: bool,
}

impl Default for StorageConfig {
    fn default() -> Self {
        Self {
            url: None,
            endpoint: None,
            region: "us-east-1".to_owned(),
            access_key_id: None,
            secret_access_key: None,
            timeout_seconds: 30,
            redirect: false,
        }
    }
}

impl StorageConfig {
    /// The bucket and how to reach it, when files are kept in one.
    pub fn s3(&self) -> Option<S3Settings> {
        let url = self.url.as_ref().filter(|url| url.scheme() == "s3")?;
        let url = Url::parse(url.expose()).ok()?;
        let keys = self.access_key_id.clone().zip(self.secret_access_key.as_ref());
        Some(S3Settings {
            bucket: url.host_str().filter(|bucket| !bucket.is_empty())?.to_owned(),
            prefix: url.path().trim_matches('/').to_owned(),
            endpoint: self.endpoint.clone(),
            region: self.region.clone(),
            keys: keys.map(|(id, secret)| (id, secret.clone())),
            patience: Duration::from_secs(self.timeout_seconds),
            gives_links: self.redirect,
        })
    }

    pub(super) fn validate(&self, problems: &mut Vec<Problem>) {
        let rule = "must be file:<folder> or s3://<bucket>/<prefix>";
        match &self.url {
            Some(url) if url.scheme() == "file" && !url.path().is_empty() => {}
            Some(url) if url.scheme() == "s3" => {
                if self.s3().is_none() {
                    problems.push(Problem::new("storage.url", rule));
                }
                self.validate_s3(problems);
                return;
            }
            Some(_) => problems.push(Problem::new("storage.url", rule)),
            None => {}
        }
        let keys = [
            ("storage.endpoint", self.endpoint.is_some()),
            ("storage.access_key_id", self.access_key_id.is_some()),
            ("storage.secret_access_key", self.secret_access_key.is_some()),
            ("storage.redirect", self.redirect),
        ];
        for (key, _) in keys.into_iter().filter(|(_, is_set)| *is_set) {
            problems.push(Problem::new(key, "is for storage.url = s3://<bucket>/<prefix> only"));
        }
    }

    fn validate_s3(&self, problems: &mut Vec<Problem>) {
        let is_server = |endpoint: &String| {
            Url::parse(endpoint)
                .is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.host_str().is_some())
        };
        if self.endpoint.as_ref().is_some_and(|endpoint| !is_server(endpoint)) {
            problems.push(Problem::new("storage.endpoint", "must be http://host:port or https://host"));
        }
        if self.region.trim().is_empty() {
            problems.push(Problem::new("storage.region", "must name a region, such as us-east-1"));
        }
        if !(1..=300).contains(&self.timeout_seconds) {
            problems.push(Problem::new("storage.timeout_seconds", "must be 1 to 300"));
        }
        if self.access_key_id.is_some() != self.secret_access_key.is_some() {
            let rule = "and storage.secret_access_key must be set both or neither";
            problems.push(Problem::new("storage.access_key_id", rule));
        }
    }
}
