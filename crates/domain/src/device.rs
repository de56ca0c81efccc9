//! What a login comes from: a program, a system, and an address.

use std::{
    fmt,
    net::{IpAddr, Ipv6Addr},
};

use serde::{Deserialize, Serialize};

use crate::user::text;

/// Programs by what their user agents contain. Most name several others, to be taken for them: the first one counts.
const PROGRAMS: [(&str, &str); 11] = [
    ("Edg/", "Edge"),
    ("EdgA/", "Edge"),
    ("EdgiOS/", "Edge"),
    ("OPR/", "Opera"),
    ("Vivaldi/", "Vivaldi"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
];
/// Systems in the same way.
const SYSTEMS: [(&str, &str); 8] = [
    ("Windows", "Windows"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("CrOS", "ChromeOS"),
    ("Mac OS X", "macOS"),
    ("Macintosh", "macOS"),
    ("Linux", "Linux"),
];
/// What browsers call themselves before they say who they are.
const EVERY_BROWSER: &str = "Mozilla";
/// The most characters of a program that is not known.
const MAX_PRODUCT: usize = 32;

text!(
    /// What a client says it is (RFC 9110, section 10.1.5): at most 200 characters, none of which controls anything.
    UserAgent
);

impl UserAgent {
    /// Takes what a client says, cut to 200 characters; nothing when it says nothing.
    pub fn read(text: &str) -> Option<Self> {
        let seen: String = text.trim().chars().filter(|c| !c.is_control()).take(200).collect();
        (!seen.is_empty()).then_some(Self(seen))
    }

    /// A name for people, such as `Firefox on Linux`: the first known browser that is named, else the first product, cut
    /// to what can be a name; and the first known system. Nothing when it has neither.
    pub fn label(&self) -> Option<String> {
        let known = |list: &[(&str, &'static str)]| {
            list.iter().find(|(part, _)| self.0.contains(part)).map(|(_, name)| *name)
        };
        let program = known(&PROGRAMS).map(str::to_owned).or_else(|| self.first_product());
        match (program, known(&SYSTEMS)) {
            (Some(program), Some(system)) => Some(format!("{program} on {system}")),
            (program, None) => program,
            (None, Some(system)) => Some(system.to_owned()),
        }
    }

    fn first_product(&self) -> Option<String> {
        let product = self.0.split(['/', ' ', '(']).next()?;
        let is_of_names = |c: &char| c.is_alphanumeric() || ['-', '_', '.'].contains(c);
        let name: String = product.chars().filter(is_of_names).take(MAX_PRODUCT).collect();
        (!name.is_empty() && name != EVERY_BROWSER).then_some(name)
    }
}

/// What a login comes from, as far as it is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Device {
    /// What the client says it is; anybody can say anything.
    pub user_agent: Option<UserAgent>,
    /// Its address, as the server or a proxy that is trusted saw it.
    pub address: Option<IpAddr>,
}

impl Device {
    /// What its address is counted by.
    pub fn network(&self) -> String {
        network_of(self.address)
    }
}

/// What an address is counted by: of IPv6 the /64, as one customer has at least that.
pub fn network_of(address: Option<IpAddr>) -> String {
    match address {
        Some(IpAddr::V4(address)) => address.to_string(),
        Some(IpAddr::V6(address)) => {
            let network = address.to_bits() & !u128::from(u64::MAX);
            format!("{}/64", Ipv6Addr::from_bits(network))
        }
        None => "unknown".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ipv6_customer_is_counted_by_network() {
        let address = "2001:db8:1:2:3::4".parse().ok();
        assert_eq!(network_of(address), "2001:db8:1:2::/64");
        assert_eq!(network_of("203.0.113.7".parse().ok()), "203.0.113.7");
    }

    fn label(text: &str) -> Option<String> {
        UserAgent::read(text).and_then(|agent| agent.label())
    }

    #[test]
    fn browsers_apps_and_tools_have_names_for_people() {
        let webkit = "AppleWebKit/537.36 (KHTML, like Gecko)";
        let safari = "AppleWebKit/605.1.15 (KHTML, like Gecko)";
        for (text, expected) in [
            (
                "Mozilla/5.0 (X11; Linux x86_64; rv:142.0) Gecko/20100101 Firefox/142.0".to_owned(),
                "Firefox on Linux",
            ),
            (
                format!("Mozilla/5.0 (Windows NT 10.0; Win64; x64) {webkit} Chrome/140.0 Safari/537.36"),
                "Chrome on Windows",
            ),
            (
                format!("Mozilla/5.0 (Windows NT 10.0) {webkit} Chrome/140.0 Safari/537.36 Edg/140.0"),
                "Edge on Windows",
            ),
            (
                format!(
                    "Mozilla/5.0 (Linux; Android 15; Pixel 9) {webkit} Chrome/140.0 Mobile Safari/537.36"
                ),
                "Chrome on Android",
            ),
            (
                format!(
                    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) {safari} Version/18.0 Safari/604.1"
                ),
                "Safari on iPhone",
            ),
            (
                format!(
                    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {safari} Version/18.0 Safari/605.1.15"
                ),
                "Safari on macOS",
            ),
            ("curl/8.9.1".to_owned(), "curl"),
            ("plaza-desktop/1.2 (Linux)".to_owned(), "plaza-desktop on Linux"),
            ("(Linux)".to_owned(), "Linux"),
            ("<b>\u{202e}evil".to_owned(), "bevil"),
            ("x".repeat(150), "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"),
        ] {
            assert_eq!(label(&text).as_deref(), Some(expected), "{text}");
        }
        for text in ["Mozilla/5.0", "/", "<!>/1", "(x11)"] {
            assert_eq!(label(text), None, "{text}");
        }
    }

    #[test]
    fn what_a_client_says_is_cut_and_controls_nothing() {
        assert_eq!(UserAgent::read(" \u{7}\n "), None);
        assert_eq!(UserAgent::read("a\u{1b}[31mb").map(UserAgent::into_string).as_deref(), Some("a[31mb"));
        let cut = UserAgent::read(&"ü".repeat(1_000)).map(|agent| agent.as_str().chars().count());
        assert_eq!(cut, Some(200));
    }
}
