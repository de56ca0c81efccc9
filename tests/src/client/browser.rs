//! What a browser does while somebody logs in by an OpenID provider: it goes where it is led, one step at a time, and
//! keeps cookies.

use std::{collections::BTreeMap, time::Duration};

use reqwest::{
    Client, RequestBuilder, Url,
    header::{COOKIE, ORIGIN, SET_COOKIE},
    redirect::Policy,
};

use super::{Answer, http_client};

const PATIENCE: Duration = Duration::from_secs(60);
/// No login leads through more pages.
const MAX_STEPS: usize = 12;

/// A browser with cookies of its own, which follows nothing by itself.
#[derive(Clone, Debug)]
pub struct Browser {
    http: Client,
    cookies: BTreeMap<String, String>,
    /// Whose page its scripts are of.
    origin: Option<String>,
}

impl Browser {
    /// One without cookies, which does not say whose pages it shows.
    pub fn new() -> Self {
        let http = http_client().timeout(PATIENCE).redirect(Policy::none()).build().expect("an HTTP client");
        Self { http, cookies: BTreeMap::new(), origin: None }
    }

    /// The same browser, with the same cookies, on a page of an origin.
    #[must_use]
    pub fn on_page_of(&self, origin: &str) -> Self {
        Self { origin: Some(origin.to_owned()), ..self.clone() }
    }

    /// Goes to an address.
    pub async fn visit(&mut self, url: &str) -> Answer {
        self.send(self.http.get(url)).await
    }

    /// Sends a JSON body, as a script of a page does; a token goes along when there is one.
    pub async fn post(&mut self, url: &str, token: Option<&str>, body: &serde_json::Value) -> Answer {
        self.send_from_page(self.http.post(url).json(body), token).await
    }

    /// The same without a body.
    pub async fn post_empty(&mut self, url: &str, token: Option<&str>) -> Answer {
        self.send_from_page(self.http.post(url), token).await
    }

    async fn send_from_page(&mut self, request: RequestBuilder, token: Option<&str>) -> Answer {
        let request = match &self.origin {
            Some(origin) => request.header(ORIGIN, origin),
            None => request,
        };
        self.send(match token {
            Some(token) => request.bearer_auth(token),
            None => request,
        })
        .await
    }

    /// A cookie's value; empty when there is none.
    pub fn cookie(&self, name: &str) -> &str {
        self.cookies.get(name).map(String::as_str).unwrap_or_default()
    }

    /// Has it keep a cookie, whoever set it.
    pub fn set_cookie(&mut self, name: &str, value: &str) {
        self.keep(&format!("{name}={value}"));
    }

    async fn send(&mut self, request: RequestBuilder) -> Answer {
        let cookies: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = if cookies.is_empty() { request } else { request.header(COOKIE, cookies.join("; ")) };
        let request = request.build().expect("a request");
        let line = format!("{} {}", request.method(), request.url());
        let response = self.http.execute(request).await.unwrap_or_else(|error| panic!("{line}: {error:?}"));
        for cookie in response.headers().get_all(SET_COOKIE) {
            self.keep(cookie.to_str().unwrap_or_default());
        }
        Answer::read(line, response).await.expect("a whole answer")
    }

    /// Paths and hosts are not told apart: the servers of a test use different names.
    fn keep(&mut self, cookie: &str) {
        let pair = cookie.split(';').next().unwrap_or_default();
        let Some((name, value)) = pair.split_once('=') else { return };
        if value.is_empty() {
            self.cookies.remove(name);
        } else {
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
    }

    /// Goes through a provider's pages as somebody of that name, until they lead elsewhere; there, where they lead.
    pub async fn prove(&mut self, authorization_url: &str, name: &str) -> String {
        self.answer_pages(authorization_url, Some(name)).await
    }

    /// Goes to a provider's first page and changes one's mind; where that leads.
    pub async fn cancel(&mut self, authorization_url: &str) -> String {
        self.answer_pages(authorization_url, None).await
    }

    async fn answer_pages(&mut self, authorization_url: &str, name: Option<&str>) -> String {
        let mut at = Url::parse(authorization_url).expect("an address");
        let home = at.origin();
        for _ in 0..MAX_STEPS {
            if at.origin() != home {
                return at.into();
            }
            let page = self.visit(at.as_str()).await;
            let answer = match (page.status.is_redirection(), name) {
                (true, _) => page,
                (false, None) => self.visit(&format!("{at}/abort")).await,
                (false, Some(name)) => {
                    let prompt = if page.text().contains("value=\"login\"") { "login" } else { "consent" };
                    let form = [("prompt", prompt), ("login", name), ("password", "any")];
                    let body: Vec<_> = form.iter().map(|(key, value)| format!("{key}={value}")).collect();
                    let request = self.http.post(at.clone()).body(body.join("&"));
                    self.send(request.header("content-type", "application/x-www-form-urlencoded")).await
                }
            };
            assert!(answer.status.is_redirection(), "{}: {}", answer.request, answer.text());
            at = at.join(answer.header("location")).expect("an address");
        }
        panic!("the provider leads in circles: {at}")
    }
}

impl Default for Browser {
    fn default() -> Self {
        Self::new()
    }
}
