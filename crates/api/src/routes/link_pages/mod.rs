//! Where links in mails lead: small pages that do what the link is for when somebody says so. Looking at one uses nothing
//! up, since programs that check mails follow links too. What proves it stands behind the `#`, which browsers keep to
//! themselves.

use poem::{Endpoint, IntoResponse, Route, endpoint::make_sync, get, http::header};

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; form-action 'none'; \
                      base-uri 'none'; frame-ancestors 'none'";
/// Short: a page and its script must fit after an upgrade.
const CACHE: &str = "public, max-age=300";

/// The pages, by the last part of their address.
pub(super) const PAGES: [(&str, &str); 3] = [
    ("/verify-email", include_str!("verify-email.html")),
    ("/reset-password", include_str!("reset-password.html")),
    ("/change-email", include_str!("change-email.html")),
];

/// Adds the pages, their script and their style.
pub(super) fn with_link_pages(routes: Route) -> Route {
    let routes = PAGES
        .into_iter()
        .fold(routes, |routes, (path, page)| routes.at(path, content("text/html; charset=utf-8", page)));
    routes
        .at("/links.js", content("text/javascript; charset=utf-8", include_str!("links.js")))
        .at("/links.css", content("text/css; charset=utf-8", include_str!("links.css")))
}

fn content(content_type: &'static str, text: &'static str) -> impl Endpoint {
    get(make_sync(move |_| {
        text.with_content_type(content_type)
            .with_header(header::CACHE_CONTROL, CACHE)
            .with_header(header::CONTENT_SECURITY_POLICY, POLICY)
            .into_response()
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_newer_link_in_the_same_page_is_read() {
        let script = include_str!("links.js");
        assert!(script.contains("addEventListener(\"hashchange\", () => location.reload());"));
    }

    #[test]
    fn a_page_holds_no_script_and_loads_nothing_from_elsewhere() {
        for (path, page) in PAGES {
            for forbidden in ["<script>", "<style", "style=", "onclick", "http:", "https:", "<form action"] {
                assert!(!page.contains(forbidden), "{path}: {forbidden}");
            }
            assert!(page.contains("src=\"/links.js\"") && page.contains("<noscript>"), "{path}");
        }
    }
}
