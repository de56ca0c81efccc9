//! To whom bytes are given, and how long they may keep them.

use std::time::Duration;

/// Who may see a file can change; how it looks cannot.
const LONGEST: Duration = Duration::from_secs(60 * 60);
/// How long the URLs work that the object store gives out.
const LONGEST_DIRECT: Duration = Duration::from_secs(5 * 60);

/// To whom bytes are given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exposure {
    /// To a user who may see them.
    User,
    /// To whoever has a link that ends in so long.
    Link {
        /// How long.
        ends_in: Duration,
    },
}

impl Exposure {
    /// `Cache-Control`, for the client alone: no longer than a link lives. Nothing of it ever changes (RFC 8246).
    pub(super) fn caching(self) -> String {
        format!("private, max-age={}, immutable", self.at_most(LONGEST).as_secs())
    }

    /// How long a URL to the object store may work.
    pub(super) fn direct_ttl(self) -> Duration {
        self.at_most(LONGEST_DIRECT)
    }

    /// `Cache-Control` of the answer that tells such a URL, which is still good when the client follows it.
    pub(super) fn direct_caching(self) -> String {
        format!("private, max-age={}", self.direct_ttl().as_secs() / 2)
    }

    /// `Cross-Origin-Resource-Policy`: a link is for an `<img>` wherever it stands; the rest comes with a header that only
    /// scripts send, which listed origins may read.
    pub(super) fn resource_policy(self) -> &'static str {
        match self {
            Self::User => "same-origin",
            Self::Link { .. } => "cross-origin",
        }
    }

    fn at_most(self, longest: Duration) -> Duration {
        match self {
            Self::User => longest,
            Self::Link { ends_in } => ends_in.min(longest),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_kept_longer_than_its_link_lives() {
        let link = |seconds| Exposure::Link { ends_in: Duration::from_secs(seconds) };
        assert_eq!(Exposure::User.caching(), "private, max-age=3600, immutable");
        assert_eq!(link(299).caching(), "private, max-age=299, immutable");
        assert_eq!(link(9_999).caching(), "private, max-age=3600, immutable");
        assert_eq!(link(100).direct_ttl(), Duration::from_secs(100));
        assert_eq!(link(100).direct_caching(), "private, max-age=50");
        assert_eq!(Exposure::User.direct_ttl(), Duration::from_secs(300));
    }
}
