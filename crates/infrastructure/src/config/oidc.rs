//! `[oidc]`: who else knows who somebody is.

use std::collections::BTreeMap;

use openidconnect::{IssuerUrl, RedirectUrl};
use plaza_application::{OidcSettings, ports::ProviderInfo};
use plaza_domain::{Issuer, SystemRole};
use serde::Deserialize;
use url::Url;

use super::{Problem, SecretText, list::list};
use crate::oidc::{OpenIdSettings, is_protected};

/// Schemes by which a browser runs or reads what it is given.
const DANGEROUS: [&str; 4] = ["javascript", "data", "vbscript", "file"];

/// Who else knows who somebody is.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OidcConfig {
    /// Where browsers may be sent after a login, besides addresses of this server: letter by letter.
    #[serde(deserialize_with = "list")]
    pub allowed_return_urls: Vec<String>,
    /// OpenID providers, by what addresses call them: 1 to 32 of `a-z`, `0-9` and `_`.
    pub providers: BTreeMap<String, OidcProviderConfig>,
}

/// An OpenID provider.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OidcProviderConfig {
    /// What people call it; by default what addresses call it.
    pub name: Option<String>,
    /// What it calls itself, letter by letter: an `https` URL.
    pub issuer: String,
    /// What it calls this server.
    pub client_id: String,
    /// What this server proves itself with to it; none for a public client.
    pub client_secret: Option<SecretText>,
    /// What it is asked to tell.
    #[serde(deserialize_with = "list")]
    pub scopes: Vec<String>,
    /// Whether those it knows and who have no account here get one, whatever `auth.registration` says.
    pub allow_registration: bool,
    /// What those may do on the server: `member` or `guest`; by default `auth.default_role`.
    pub default_role: Option<SystemRole>,
    /// Whether an address that it has confirmed counts as confirmed here.
    pub trust_email: bool,
}

impl Default for OidcProviderConfig {
    fn default() -> Self {
        Self {
            name: None,
            issuer: String::new(),
            client_id: String::new(),
            client_secret: None,
            scopes: vec!["profile".to_owned(), "email".to_owned()],
            allow_registration: false,
            default_role: None,
            trust_email: false,
        }
    }
}

impl OidcConfig {
    /// The part that the services need.
    pub(crate) fn settings(&self, public_url: &str) -> OidcSettings {
        OidcSettings {
            public_url: public_url.to_owned(),
            allowed_return_urls: self.allowed_return_urls.clone(),
        }
    }

    /// How each provider knows this server, which users find at `public_url`.
    pub(crate) fn providers(&self, public_url: &str) -> Vec<OpenIdSettings> {
        let providers = self.providers.iter();
        providers.filter_map(|(id, provider)| provider.settings(id, public_url)).collect()
    }

    pub(super) fn validate(&self, problems: &mut Vec<Problem>) {
        for (id, provider) in &self.providers {
            let key = |name: &str| format!("oidc.providers.{id}.{name}");
            let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
            if !(1..=32).contains(&id.len()) || !id.chars().all(allowed) {
                let rule = "must be named by 1 to 32 of a-z, 0-9 and _";
                problems.push(Problem::new(format!("oidc.providers.{id}"), rule));
            }
            if !is_issuer(&provider.issuer) {
                let rule =
                    "must be a URL such as https://id.example.org, and https unless it is on this machine";
                problems.push(Problem::new(key("issuer"), rule));
            }
            let same = |other: &&OidcProviderConfig| other.issuer == provider.issuer;
            if self.providers.values().filter(same).count() > 1 {
                problems.push(Problem::new(key("issuer"), "must be of one provider only"));
            }
            if provider.client_id.is_empty() {
                problems.push(Problem::new(key("client_id"), "must be what the provider calls this server"));
            }
            if provider.default_role == Some(SystemRole::Admin) {
                problems.push(Problem::new(key("default_role"), "must be member or guest"));
            }
            if provider.name.as_ref().is_some_and(|name| !(1..=64).contains(&name.chars().count())) {
                problems.push(Problem::new(key("name"), "must be 1 to 64 characters long"));
            }
        }
        for url in self.allowed_return_urls.iter().filter(|url| !is_return_url(url)) {
            let rule = format!("must list whole addresses without a fragment, not {url:?}");
            problems.push(Problem::new("oidc.allowed_return_urls", rule));
        }
    }
}

impl OidcProviderConfig {
    fn settings(&self, id: &str, public_url: &str) -> Option<OpenIdSettings> {
        Some(OpenIdSettings {
            info: ProviderInfo {
                id: id.to_owned(),
                name: self.name.clone().unwrap_or_else(|| id.to_owned()),
                issuer: Issuer::from_stored(self.issuer.clone()),
                allows_registration: self.allow_registration,
                default_role: self.default_role,
                trusts_email: self.trust_email,
            },
            issuer: IssuerUrl::new(self.issuer.clone()).ok()?,
            client_id: self.client_id.clone(),
            client_secret: self.client_secret.clone(),
            scopes: self.scopes.clone(),
            redirect_url: RedirectUrl::new(format!("{public_url}/api/v1/auth/oidc/{id}/callback")).ok()?,
        })
    }
}

fn is_issuer(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| is_protected(&url) && url.query().is_none() && url.fragment().is_none())
}

fn is_return_url(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| url.fragment().is_none() && !DANGEROUS.contains(&url.scheme()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(config: &OidcConfig) -> Vec<String> {
        let mut problems = Vec::new();
        config.validate(&mut problems);
        problems.into_iter().map(|problem| problem.key).collect()
    }

    fn provider(issuer: &str) -> OidcProviderConfig {
        OidcProviderConfig {
            issuer: issuer.to_owned(),
            client_id: "plaza".to_owned(),
            ..OidcProviderConfig::default()
        }
    }

    fn with(id: &str, provider: OidcProviderConfig) -> OidcConfig {
        OidcConfig { providers: BTreeMap::from([(id.to_owned(), provider)]), ..OidcConfig::default() }
    }

    #[test]
    fn a_provider_has_a_name_for_addresses_and_an_issuer_that_nobody_can_listen_to() {
        for issuer in
            ["https://id.example.org", "https://id.example.org/realms/plaza", "http://localhost:3000"]
        {
            assert_eq!(keys(&with("corp", provider(issuer))), Vec::<String>::new(), "{issuer}");
        }
        for issuer in ["", "id.example.org", "http://id.example.org", "https://id.example.org/?x=1"] {
            assert_eq!(keys(&with("corp", provider(issuer))), ["oidc.providers.corp.issuer"], "{issuer}");
        }
        assert_eq!(keys(&with("Corp/1", provider("https://id.example.org"))), ["oidc.providers.Corp/1"]);
        let nameless = OidcProviderConfig { client_id: String::new(), ..provider("https://id.example.org") };
        assert_eq!(keys(&with("corp", nameless)), ["oidc.providers.corp.client_id"]);
    }

    #[test]
    fn nobody_becomes_an_admin_by_a_provider() {
        for (role, problems) in [
            (SystemRole::Guest, Vec::new()),
            (SystemRole::Admin, vec!["oidc.providers.corp.default_role".to_owned()]),
        ] {
            let corp = OidcProviderConfig { default_role: Some(role), ..provider("https://id.example.org") };
            assert_eq!(keys(&with("corp", corp)), problems);
        }
    }

    #[test]
    fn an_issuer_is_of_one_provider_only() {
        let mut config = with("corp", provider("https://id.example.org"));
        config.providers.insert("club".to_owned(), provider("https://id.example.org"));
        assert_eq!(keys(&config), ["oidc.providers.club.issuer", "oidc.providers.corp.issuer"]);
    }

    #[test]
    fn browsers_are_not_sent_to_what_runs() {
        let config = OidcConfig {
            allowed_return_urls: [
                "org.example.plaza:/done",
                "https://app.example.org/",
                "javascript:alert(1)",
                "/x",
            ]
            .map(str::to_owned)
            .to_vec(),
            ..OidcConfig::default()
        };
        assert_eq!(keys(&config), ["oidc.allowed_return_urls", "oidc.allowed_return_urls"]);
    }

    #[test]
    fn a_provider_sends_browsers_back_to_an_address_of_its_own() {
        let settings = with("corp", provider("https://id.example.org")).providers("https://chat.example.org");
        let redirects: Vec<_> = settings.iter().map(|it| it.redirect_url.as_str()).collect();
        assert_eq!(redirects, ["https://chat.example.org/api/v1/auth/oidc/corp/callback"]);
    }
}
