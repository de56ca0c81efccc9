//! How providers are spoken to: over TLS, to where they say and no further, for a limited time and with limited answers.

use std::{net::IpAddr, time::Duration};

use futures::future::BoxFuture;
use openidconnect::{AsyncHttpClient, HttpRequest, HttpResponse, http};
use reqwest::{Client, redirect::Policy};
use thiserror::Error;
use tokio::time::timeout;
use url::Url;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(4);
/// How long one question may take, with its answer.
const DEADLINE: Duration = Duration::from_secs(8);
/// The largest answer, in bytes. Keys and tokens take some thousands.
const MAX_ANSWER: usize = 512 * 1024;

/// That there is no client for HTTP on this machine.
#[derive(Debug, Error)]
#[error("no client for HTTP can be had")]
pub struct HttpClientError(#[source] reqwest::Error);

/// Why there is no answer.
#[derive(Debug, Error)]
pub(super) enum NoAnswer {
    #[error("{0} is not asked: it is neither https nor on this machine")]
    Unprotected(String),
    #[error("no answer")]
    Failed(#[from] reqwest::Error),
    #[error("no whole answer within {} seconds", DEADLINE.as_secs())]
    Late,
    #[error("the answer is larger than {MAX_ANSWER} bytes")]
    TooLarge,
    #[error("the answer is none of HTTP")]
    Odd(#[from] http::Error),
}

/// A client that follows no redirects: who controls an answer does not choose whom Plaza asks next.
#[derive(Clone, Debug)]
pub(super) struct ProviderHttp {
    client: Client,
}

impl ProviderHttp {
    pub(super) fn new() -> Result<Self, HttpClientError> {
        // Without one, the client would not know which cryptography to speak TLS with; that there is one already is fine.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            .redirect(Policy::none())
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(DEADLINE)
            .user_agent("Plaza")
            .build()
            .map_err(HttpClientError)?;
        Ok(Self { client })
    }

    async fn ask(&self, request: HttpRequest) -> Result<HttpResponse, NoAnswer> {
        let request = reqwest::Request::try_from(request)?;
        if !is_protected(request.url()) {
            return Err(NoAnswer::Unprotected(request.url().origin().ascii_serialization()));
        }
        let mut response = self.client.execute(request).await.map_err(reqwest::Error::without_url)?;
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(reqwest::Error::without_url)? {
            if body.len() + chunk.len() > MAX_ANSWER {
                return Err(NoAnswer::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        let mut answer = http::Response::builder().status(response.status());
        for (name, value) in response.headers() {
            answer = answer.header(name, value);
        }
        Ok(answer.body(body)?)
    }
}

impl<'c> AsyncHttpClient<'c> for ProviderHttp {
    type Error = NoAnswer;
    type Future = BoxFuture<'c, Result<HttpResponse, NoAnswer>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(async move { timeout(DEADLINE, self.ask(request)).await.unwrap_or(Err(NoAnswer::Late)) })
    }
}

/// Whether nobody on the way reads or changes what is said: over TLS, or on this machine.
pub(crate) fn is_protected(url: &Url) -> bool {
    let is_local = || {
        let host = url.host_str().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
        host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    };
    url.has_host() && (url.scheme() == "https" || (url.scheme() == "http" && is_local()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_asked_without_tls() -> Result<(), url::ParseError> {
        for (url, protected) in [
            ("https://id.example.org/", true),
            ("http://localhost:3000", true),
            ("http://127.0.0.1", true),
            ("http://[::1]:8080/", true),
            ("http://id.example.org/", false),
            ("http://localhost.example.org/", false),
            ("http://169.254.169.254/latest", false),
            ("file:///etc/passwd", false),
            ("ftp://localhost/", false),
        ] {
            assert_eq!(is_protected(&Url::parse(url)?), protected, "{url}");
        }
        Ok(())
    }
}
