//! Which operations ask for a login: they count their requests by whose login it is.

use std::collections::HashMap;

use poem::http::Method;
use serde_json::Value;

/// Operations that ask for a login, read from the OpenAPI document.
pub(crate) struct Secured {
    prefix: String,
    /// Methods and parts of paths, by the first part.
    table: HashMap<String, Vec<(Method, Vec<String>)>>,
}

impl Secured {
    /// Of a document whose paths begin at `prefix`.
    pub(crate) fn of(document: &str, prefix: &str) -> Self {
        let document: Value = serde_json::from_str(document).unwrap_or_default();
        let mut table: HashMap<_, Vec<_>> = HashMap::new();
        for (path, operations) in document["paths"].as_object().into_iter().flatten() {
            let parts: Vec<String> = path.trim_matches('/').split('/').map(str::to_owned).collect();
            for (method, operation) in operations.as_object().into_iter().flatten() {
                // A cookie does, or nothing at all, where an access token is one of several ways.
                let is_secured = operation["security"].as_array().is_some_and(|ways| {
                    !ways.is_empty() && ways.iter().all(|way| way.get("access_token").is_some())
                });
                let method = method.to_uppercase().parse().ok().filter(|_| is_secured);
                if let (Some(method), Some(first)) = (method, parts.first()) {
                    table.entry(first.clone()).or_default().push((method, parts.clone()));
                }
            }
        }
        Self { prefix: format!("{prefix}/"), table }
    }

    /// Whether a request goes to one of them. What is written in another way than in the document does not.
    pub(crate) fn asks_for_login(&self, method: &Method, path: &str) -> bool {
        // Whoever may read may ask for the head alone.
        let method = if *method == Method::HEAD { &Method::GET } else { method };
        let Some(asked) = path.strip_prefix(&self.prefix) else { return false };
        let candidates = self.table.get(asked.split('/').next().unwrap_or_default());
        candidates.into_iter().flatten().any(|(known, parts)| {
            let mut asked = asked.split('/');
            let mut fits = |part: &String| {
                asked
                    .next()
                    .is_some_and(|asked| part == asked || (part.starts_with('{') && !asked.is_empty()))
            };
            known == method && parts.iter().all(&mut fits) && asked.next().is_none()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_document_secures_asks_for_a_login() {
        let document = r#"{"paths": {
            "/auth/login": {"post": {}},
            "/auth/refresh": {"post": {"security": [{"refresh_cookie": []}, {}]}},
            "/auth/logout": {"post": {"security": [{"access_token": []}, {"refresh_cookie": []}]}},
            "/users/{user_id}": {"get": {"security": [{"access_token": []}]}},
            "/users/me": {"put": {"security": [{"access_token": []}]}, "delete": {"security": []}}
        }}"#;
        let secured = Secured::of(document, "/api/v1");
        for (method, path, expected) in [
            (Method::GET, "/api/v1/users/1", true),
            (Method::HEAD, "/api/v1/users/1", true),
            (Method::GET, "/api/v1/users/me", true),
            (Method::PUT, "/api/v1/users/me", true),
            (Method::DELETE, "/api/v1/users/me", false),
            (Method::POST, "/api/v1/users/1", false),
            (Method::POST, "/api/v1/auth/login", false),
            (Method::POST, "/api/v1/auth/refresh", false),
            (Method::POST, "/api/v1/auth/logout", false),
            (Method::GET, "/api/v1/users/", false),
            (Method::GET, "/api/v1/users/1/", false),
            (Method::GET, "/api/v1/users/1/2", false),
            (Method::GET, "/api/v1//users/1", false),
            (Method::GET, "/users/1", false),
            (Method::GET, "/api/v1/ws", false),
        ] {
            assert_eq!(secured.asks_for_login(&method, path), expected, "{method} {path}");
        }
    }
}
