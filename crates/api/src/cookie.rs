//! Cookies, as they are written and read (RFC 6265bis): in one place, so that none gets less care than the others.

use std::{fmt, time::Duration};

use poem::http::{HeaderMap, header};

/// A cookie of that name comes from this very host, over TLS (RFC 6265bis, section 4.1.3.2).
pub(crate) const HOST_PREFIX: &str = "__Host-";

/// With which requests a browser sends a cookie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SameSite {
    /// Those of this site's pages, and those that lead here from elsewhere.
    Lax,
    /// Those of this site's pages.
    Strict,
}

impl SameSite {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Lax => "Lax",
            Self::Strict => "Strict",
        }
    }
}

/// A cookie that a browser is given, as the value of `Set-Cookie`. It goes with every path of this host, and no script
/// reads it.
pub(crate) struct NewCookie<'a> {
    pub(crate) name: &'a str,
    /// Letters, digits, `-` and `_`.
    pub(crate) value: &'a str,
    /// How long it is kept; nothing takes it back.
    pub(crate) ttl: Duration,
    pub(crate) same_site: SameSite,
    /// Whether it is sent over TLS only.
    pub(crate) is_secure: bool,
}

impl fmt::Display for NewCookie<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, value, ttl, same_site, is_secure } = self;
        let secure = if *is_secure { "; Secure" } else { "" };
        let (same_site, ttl) = (same_site.as_str(), ttl.as_secs());
        write!(f, "{name}={value}; Path=/{secure}; HttpOnly; SameSite={same_site}; Max-Age={ttl}")
    }
}

/// What a browser brought under that name; what is empty is nothing.
pub(crate) fn find(headers: &HeaderMap, name: &str) -> Option<String> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs =
        cookies.flat_map(|cookies| cookies.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let (_, value) = pairs.find(|(found, _)| *found == name)?;
    (!value.is_empty()).then(|| value.to_owned())
}

#[cfg(test)]
mod tests {
    use poem::http::HeaderValue;

    use super::*;

    #[test]
    fn a_cookie_is_found_among_others_by_its_whole_name() {
        let mut headers = HeaderMap::new();
        headers.append(header::COOKIE, HeaderValue::from_static("a=1; __Host-b=2"));
        headers.append(header::COOKIE, HeaderValue::from_static("c==3=;d="));
        for (name, value) in
            [("a", Some("1")), ("__Host-b", Some("2")), ("b", None), ("c", Some("=3=")), ("d", None)]
        {
            assert_eq!(find(&headers, name).as_deref(), value, "{name}");
        }
    }
}
