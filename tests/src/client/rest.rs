//! Requests to one instance, with or without a token.

use std::time::Duration;

use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};

use super::{Answer, http_client};

const PATIENCE: Duration = Duration::from_secs(60);

/// One instance, as seen by somebody.
#[derive(Clone, Debug)]
pub struct Api {
    http: Client,
    base: String,
    token: Option<String>,
}

impl Api {
    /// Nobody's view of the instance at `base`.
    pub fn anonymous(base: &str) -> Self {
        let http = http_client().timeout(PATIENCE).build().expect("an HTTP client");
        Self { http, base: base.to_owned(), token: None }
    }

    /// The view of who bears the token.
    #[must_use]
    pub fn with_token(&self, token: &str) -> Self {
        Self { token: Some(token.to_owned()), ..self.clone() }
    }

    /// The same view of another instance.
    #[must_use]
    pub fn at(&self, base: &str) -> Self {
        Self { base: base.to_owned(), ..self.clone() }
    }

    /// Where the instance is.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// The access token; empty without one.
    pub fn token(&self) -> &str {
        self.token.as_deref().unwrap_or_default()
    }

    /// A request to a path of the REST API, such as `/rooms`, or of the server, such as `//healthz`.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let url = match path.strip_prefix("//") {
            Some(outside) => format!("{}/{outside}", self.base),
            None => format!("{}/api/v1{path}", self.base),
        };
        let request = self.http.request(method, url);
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    /// Sends a request.
    pub async fn send(&self, request: RequestBuilder) -> Answer {
        self.try_send(request).await.unwrap_or_else(|error| panic!("{error:?}"))
    }

    /// Sends a request to a server that may not be there.
    ///
    /// # Errors
    /// When there is no answer.
    pub async fn try_send(&self, request: RequestBuilder) -> reqwest::Result<Answer> {
        let request = request.build()?;
        let line = format!("{} {}", request.method(), request.url());
        Answer::read(line, self.http.execute(request).await?).await
    }

    /// `GET`.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    /// `POST` with a JSON body.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(self.request(Method::POST, path).json(body)).await
    }

    /// `PUT` with a JSON body.
    pub async fn put(&self, path: &str, body: &Value) -> Answer {
        self.send(self.request(Method::PUT, path).json(body)).await
    }

    /// `PATCH` with a JSON body.
    pub async fn patch(&self, path: &str, body: &Value) -> Answer {
        self.send(self.request(Method::PATCH, path).json(body)).await
    }

    /// `DELETE`.
    pub async fn delete(&self, path: &str) -> Answer {
        self.send(self.request(Method::DELETE, path)).await
    }

    /// `POST` without a body.
    pub async fn post_empty(&self, path: &str) -> Answer {
        self.send(self.request(Method::POST, path)).await
    }

    /// `PUT` without a body.
    pub async fn put_empty(&self, path: &str) -> Answer {
        self.send(self.request(Method::PUT, path)).await
    }

    /// Logs in by email address or username.
    pub async fn log_in(&self, login: &str, password: &str) -> Answer {
        self.post("/auth/login", &json!({ "login": login, "password": password })).await
    }
}
