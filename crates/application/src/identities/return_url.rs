//! Where a browser is sent when its login is over: only to where the operator wants it (RFC 9700, section 4.11).

use plaza_domain::Violation;
use url::Url;

use crate::OidcSettings;

const FIELD: &str = "return_to";
const MAX_LENGTH: usize = 2_048;

/// The addresses that a browser may be sent to.
pub(super) struct ReturnUrls {
    own: Option<Url>,
    listed: Vec<String>,
}

impl ReturnUrls {
    pub(super) fn new(settings: &OidcSettings) -> Self {
        Self { own: Url::parse(&settings.public_url).ok(), listed: settings.allowed_return_urls.clone() }
    }

    /// The address that is meant: one of those that are listed, letter by letter, or any of this server.
    pub(super) fn check(&self, text: &str) -> Result<String, Violation> {
        self.check_listed(text).or_else(|_| {
            self.on_this_server(text).map(String::from).ok_or_else(|| {
                Violation::new(
                    FIELD,
                    "must be an address of this server, or one that its operator has listed",
                )
            })
        })
    }

    /// One of those that are listed, letter by letter: what is brought there is seen by the app that it belongs to, and
    /// goes no further (RFC 9700, section 4.1).
    pub(super) fn check_listed(&self, text: &str) -> Result<String, Violation> {
        let is_listed = self.listed.iter().any(|listed| listed == text);
        is_listed.then(|| text.to_owned()).ok_or_else(|| {
            Violation::new(
                FIELD,
                "must be one that the server's operator has listed, as there is a code_challenge",
            )
        })
    }

    /// What browsers would make of it decides, and not what it looks like: they forgive much.
    fn on_this_server(&self, text: &str) -> Option<Url> {
        if text.len() > MAX_LENGTH {
            return None;
        }
        let own = self.own.as_ref()?;
        let meant = own.join(text).ok()?;
        let is_plain =
            meant.username().is_empty() && meant.password().is_none() && meant.fragment().is_none();
        (is_plain && meant.origin().is_tuple() && meant.origin() == own.origin()).then_some(meant)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn urls() -> ReturnUrls {
        ReturnUrls::new(&OidcSettings {
            public_url: "https://chat.example.org".to_owned(),
            allowed_return_urls: vec![
                "org.example.plaza:/done".to_owned(),
                "https://app.example.org/".to_owned(),
            ],
        })
    }

    #[test]
    fn addresses_of_this_server_and_listed_ones_are_taken() {
        for (text, meant) in [
            ("/", "https://chat.example.org/"),
            ("/app?room=1", "https://chat.example.org/app?room=1"),
            ("https://chat.example.org/app", "https://chat.example.org/app"),
            ("https://chat.example.org:443/app", "https://chat.example.org/app"),
            ("org.example.plaza:/done", "org.example.plaza:/done"),
            ("https://app.example.org/", "https://app.example.org/"),
        ] {
            assert_eq!(urls().check(text).as_deref(), Ok(meant), "{text}");
        }
    }

    #[test]
    fn an_app_is_where_the_operator_says_and_nowhere_on_this_server() {
        for (text, is_listed) in [
            ("org.example.plaza:/done", true),
            ("https://app.example.org/", true),
            ("https://app.example.org/more", false),
            ("/app", false),
            ("https://chat.example.org/app", false),
        ] {
            assert_eq!(urls().check_listed(text).is_ok(), is_listed, "{text}");
        }
    }

    #[test]
    fn nobody_is_sent_anywhere_else() {
        let long = format!("/{}", "a".repeat(MAX_LENGTH));
        for text in [
            "https://evil.example",
            "//evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "/\t/evil.example",
            "\t//evil.example",
            "https:///evil.example",
            "http://chat.example.org/app",
            "https://chat.example.org:8443/",
            "https://chat.example.org.evil.example/",
            "https://chat.example.org@evil.example/",
            "https://user@chat.example.org/",
            "/app#login_code=mine",
            "javascript:alert(1)",
            "data:text/html,x",
            "https://app.example.org",
            "https://app.example.org/more",
            "org.example.plaza:/done/more",
            long.as_str(),
        ] {
            assert!(urls().check(text).is_err(), "{text} was accepted");
        }
    }
}
