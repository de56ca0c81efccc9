//! Which methods work at an address: the router knows, but its refusal does not say (RFC 9110, section 15.5.6).

use poem::http::HeaderValue;
use serde_json::Value;

/// Methods by address, read from the OpenAPI document.
pub(crate) struct AllowedMethods {
    table: Vec<(Vec<String>, HeaderValue)>,
}

impl AllowedMethods {
    /// Of a document whose paths begin at `prefix`.
    pub(crate) fn of(document: &str, prefix: &str) -> Self {
        let document: Value = serde_json::from_str(document).unwrap_or_default();
        let paths = document["paths"].as_object().into_iter().flatten();
        let table = paths.filter_map(|(path, operations)| {
            let mut methods: Vec<_> =
                operations.as_object()?.keys().map(|method| method.to_uppercase()).collect();
            if methods.iter().any(|method| method == "GET") {
                methods.push("HEAD".to_owned());
            }
            let allow = HeaderValue::try_from(methods.join(", ")).ok()?;
            Some((segments(&format!("{prefix}{path}")), allow))
        });
        Self { table: table.collect() }
    }

    /// What works at an address; pages, which are in no document, can be read.
    pub(crate) fn at(&self, path: &str) -> HeaderValue {
        let asked = segments(path);
        let fits = |template: &[String]| {
            template.len() == asked.len()
                && template.iter().zip(&asked).all(|(part, asked)| part.starts_with('{') || part == asked)
        };
        // `/users/me` fits `/users/{user_id}`, too: the address with fewer variables is meant.
        let candidates = self.table.iter().filter(|(template, _)| fits(template));
        let best = candidates
            .min_by_key(|(template, _)| template.iter().filter(|part| part.starts_with('{')).count());
        best.map_or(HeaderValue::from_static("GET, HEAD"), |(_, allow)| allow.clone())
    }
}

fn segments(path: &str) -> Vec<String> {
    path.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_with_fewer_variables_is_meant() {
        let document = r#"{"paths": {"/users/{user_id}": {"get": {}}, "/users/me": {"get": {}, "put": {}}}}"#;
        let allowed = AllowedMethods::of(document, "/api/v1");
        assert_eq!(allowed.at("/api/v1/users/me"), "GET, PUT, HEAD");
        assert_eq!(allowed.at("/api/v1/users/1"), "GET, HEAD");
        assert_eq!(allowed.at("/docs"), "GET, HEAD");
    }
}
