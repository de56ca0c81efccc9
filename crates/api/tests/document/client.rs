//! A client that holds every answer against the document.

use std::{collections::BTreeSet, error::Error};

use reqwest::{Client, Method, RequestBuilder, Response, header, redirect::Policy};
use serde_json::Value;

use super::schema::faults;

pub(super) type TestResult<T = ()> = Result<T, Box<dyn Error>>;

/// An answer that was as documented.
pub(super) struct Checked {
    pub(super) headers: header::HeaderMap,
    /// Null when the body is not JSON.
    pub(super) body: Value,
}

impl Checked {
    /// The text of a field.
    pub(super) fn text(&self, field: &str) -> TestResult<String> {
        let text = self.body[field].as_str().ok_or_else(|| format!("no {field} in {}", self.body))?;
        Ok(text.to_owned())
    }

    pub(super) fn header(&self, name: header::HeaderName) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

/// Makes requests, and knows which operations answered with success.
pub(super) struct CheckingClient {
    http: Client,
    base: String,
    document: Value,
    pub(super) token: Option<String>,
    succeeded: BTreeSet<String>,
}

impl CheckingClient {
    /// Of the server at `base`, by the document that it publishes itself.
    pub(super) async fn new(base: String) -> TestResult<Self> {
        // The object store's client has reqwest built with TLS but without its cryptography.
        rustls::crypto::ring::default_provider().install_default().ok();
        let http = Client::builder().no_proxy().redirect(Policy::none()).build()?;
        let text = http.get(format!("{base}/api/v1/openapi.json")).send().await?.text().await?;
        let document = serde_json::from_str(&text)?;
        Ok(Self { http, base, document, token: None, succeeded: BTreeSet::new() })
    }

    /// Makes a request to an operation, such as `GET /rooms/{room_id}`, at `path`, and checks that it answers with
    /// `status`, and as the document says.
    pub(super) async fn call(
        &mut self,
        operation: &str,
        path: &str,
        status: u16,
        prepare: impl FnOnce(RequestBuilder) -> RequestBuilder,
    ) -> TestResult<Checked> {
        let (method, template) = operation.split_once(' ').ok_or("an operation is a method and a path")?;
        let method: Method = method.parse()?;
        let mut request = self.http.request(method.clone(), format!("{}/api/v1{path}", self.base));
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        let response = prepare(request).send().await?;
        let found = response.status().as_u16();
        let documented = &self.document["paths"][template][method.as_str().to_lowercase()]["responses"];
        let documented = documented
            .get(found.to_string())
            .ok_or_else(|| format!("{operation} answered with {found}, which is not documented"))?;
        let checked = check(&self.document, documented, response)
            .await
            .map_err(|fault| format!("{operation}, {found}: {fault}"))?;
        if found != status {
            return Err(format!("{operation} answered with {found}, not {status}: {}", checked.body).into());
        }
        if found < 400 {
            self.succeeded.insert(operation.to_owned());
        }
        Ok(checked)
    }

    /// The same with a JSON body.
    pub(super) async fn send(
        &mut self,
        operation: &str,
        path: &str,
        body: Value,
        status: u16,
    ) -> TestResult<Checked> {
        self.call(operation, path, status, |request| request.json(&body)).await
    }

    /// The same with nothing.
    pub(super) async fn get(&mut self, operation: &str, path: &str, status: u16) -> TestResult<Checked> {
        self.call(operation, path, status, |request| request).await
    }

    /// Types that show no example of themselves, or one that does not fit.
    pub(super) fn bad_examples(&self) -> Vec<String> {
        let schemas = self.document["components"]["schemas"].as_object().into_iter().flatten();
        let objects = schemas.filter(|(_, schema)| schema["type"] == "object");
        let bad = objects.filter_map(|(name, schema)| {
            let faults = match schema.get("example") {
                Some(example) => faults(&self.document, schema, example),
                None => vec!["has no example".to_owned()],
            };
            (!faults.is_empty()).then(|| format!("{name}: {}", faults.join("; ")))
        });
        bad.collect()
    }

    /// Documented operations that never succeeded.
    pub(super) fn never_called(&self) -> Vec<String> {
        let paths = self.document["paths"].as_object().into_iter().flatten();
        let operations = paths.flat_map(|(path, operations)| {
            let methods = operations.as_object().into_iter().flatten();
            methods.map(move |(method, _)| format!("{} {path}", method.to_uppercase()))
        });
        operations.filter(|operation| !self.succeeded.contains(operation)).collect()
    }
}

async fn check(document: &Value, documented: &Value, response: Response) -> TestResult<Checked> {
    let headers = response.headers().clone();
    for (name, header) in documented["headers"].as_object().into_iter().flatten() {
        if header["required"] == true && !headers.contains_key(name.to_lowercase()) {
            return Err(format!("the header {name} is missing").into());
        }
    }
    let media_type =
        headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = media_type.split(';').next().unwrap_or_default().trim().to_owned();
    let bytes = response.bytes().await?;
    let content = documented["content"].as_object();
    let Some(content) = content else {
        let fault = format!("a body that is not documented: {} bytes", bytes.len());
        return if bytes.is_empty() { Ok(Checked { headers, body: Value::Null }) } else { Err(fault.into()) };
    };
    let entry = content.iter().find(|(name, _)| {
        let name = name.split(';').next().unwrap_or_default();
        name == essence || name == "*/*"
    });
    let (_, media) = entry.ok_or_else(|| format!("the media type {essence:?} is not documented"))?;
    if !essence.ends_with("json") {
        return Ok(Checked { headers, body: Value::Null });
    }
    let body: Value = serde_json::from_slice(&bytes)?;
    let faults = faults(document, &media["schema"], &body);
    if faults.is_empty() { Ok(Checked { headers, body }) } else { Err(faults.join("; ").into()) }
}
