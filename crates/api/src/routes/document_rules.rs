//! Rules that the documentation of every operation obeys: a new operation that does not fails here.

use std::{collections::HashSet, error::Error, fs, path::Path};

use serde_json::Value;

use super::document;

/// Breaches of rules, by operation: an empty list when all is well.
type Breaches = Vec<String>;

fn parsed() -> Result<Value, serde_json::Error> {
    serde_json::from_str(&document())
}

/// `POST /rooms` and what is said about it.
fn operations(document: &Value) -> Vec<(String, &Value)> {
    let paths = document["paths"].as_object().into_iter().flatten();
    let operations = paths.flat_map(|(path, methods)| {
        let methods = methods.as_object().into_iter().flatten();
        methods.map(move |(method, operation)| (format!("{} {path}", method.to_uppercase()), operation))
    });
    operations.collect()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn entries(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

fn says_something(value: &Value) -> bool {
    value.as_str().is_some_and(|text| !text.trim().is_empty())
}

fn schema<'a>(document: &'a Value, reference: &Value) -> &'a Value {
    let name = reference["$ref"].as_str().and_then(|path| path.rsplit('/').next()).unwrap_or_default();
    &document["components"]["schemas"][name]
}

fn breaches(breaks: impl Fn(&Value, &Value) -> Vec<String>) -> Result<Breaches, serde_json::Error> {
    let document = parsed()?;
    let all = operations(&document);
    assert!(all.len() > 30, "there are {} operations", all.len());
    let found = all.into_iter().flat_map(|(name, operation)| {
        breaks(&document, operation).into_iter().map(move |breach| format!("{name}: {breach}"))
    });
    Ok(found.collect())
}

#[test]
fn every_operation_says_what_it_does() -> Result<(), Box<dyn Error>> {
    let found = breaches(|document, operation| {
        let mut missing: Vec<_> = ["summary", "description", "operationId"]
            .into_iter()
            .filter(|key| !says_something(&operation[*key]))
            .map(|key| format!("has no {key}"))
            .collect();
        let tags = list(&operation["tags"]);
        let is_known = |tag: &Value| list(&document["tags"]).iter().any(|known| known["name"] == *tag);
        if tags.len() != 1 || !tags.iter().all(is_known) {
            missing.push("has not one tag".to_owned());
        }
        missing
    })?;
    assert_eq!(found, Breaches::new());
    Ok(())
}

#[test]
fn every_parameter_is_described() -> Result<(), Box<dyn Error>> {
    let found = breaches(|_, operation| {
        let parameters = list(&operation["parameters"]).iter();
        let silent = parameters.filter(|parameter| !says_something(&parameter["description"]));
        silent.map(|parameter| format!("does not describe {}", parameter["name"])).collect()
    })?;
    assert_eq!(found, Breaches::new());
    Ok(())
}

#[test]
fn every_json_body_has_an_example_that_names_only_what_is_known() -> Result<(), Box<dyn Error>> {
    let found = breaches(|document, operation| {
        let Some(body) = operation["requestBody"]["content"].get("application/json") else {
            return Vec::new();
        };
        let schema = schema(document, &body["schema"]);
        let example = &schema["example"];
        if !example.is_object() {
            return vec!["has no example of its body".to_owned()];
        }
        let unknown = entries(example).filter(|(name, _)| schema["properties"].get(name.as_str()).is_none());
        let missing = list(&schema["required"])
            .iter()
            .filter(|name| example.get(name.as_str().unwrap_or_default()).is_none());
        let unknown = unknown.map(|(name, _)| format!("has {name} in its example only"));
        unknown.chain(missing.map(|name| format!("has no {name} in its example"))).collect()
    })?;
    assert_eq!(found, Breaches::new());
    Ok(())
}

#[test]
fn every_answer_is_described_and_every_error_is_a_problem() -> Result<(), Box<dyn Error>> {
    let found = breaches(|_, operation| {
        let wrong = entries(&operation["responses"]).filter_map(|(status, response)| {
            if !says_something(&response["description"]) {
                return Some(format!("does not describe {status}"));
            }
            let is_error = status.as_str() >= "400";
            let is_problem = response["content"].get("application/problem+json").is_some();
            (is_error != is_problem).then(|| format!("is wrong about the content of {status}"))
        });
        wrong.collect()
    })?;
    assert_eq!(found, Breaches::new());
    Ok(())
}

#[test]
fn every_operation_documents_how_it_can_fail() -> Result<(), Box<dyn Error>> {
    let found = breaches(|_, operation| {
        let has_session = !list(&operation["security"]).is_empty();
        let has_body = operation.get("requestBody").is_some();
        let is_about_something =
            list(&operation["parameters"]).iter().any(|parameter| parameter["in"] == "path");
        let is_limited =
            !["get_liveness", "get_readiness"].map(Into::into).contains(&operation["operationId"]);
        let expected = [
            ("400", true),
            ("401", has_session),
            ("403", has_session),
            ("404", is_about_something),
            ("413", true),
            ("415", has_body),
            ("422", has_body),
            ("429", is_limited),
            ("500", true),
            ("503", true),
        ];
        let missing = expected
            .into_iter()
            .filter(|(status, is_expected)| *is_expected && operation["responses"].get(status).is_none());
        missing.map(|(status, _)| format!("does not document {status}")).collect()
    })?;
    assert_eq!(found, Breaches::new());
    Ok(())
}

#[test]
fn every_success_that_is_limited_tells_what_is_left() -> Result<(), Box<dyn Error>> {
    let found = breaches(|_, operation| {
        let is_limited = operation["responses"].get("429").is_some();
        let wrong = entries(&operation["responses"]).filter_map(|(status, response)| {
            let tells = ["RateLimit", "RateLimit-Policy"].map(|name| response["headers"].get(name).is_some());
            (status.as_str() < "400" && tells != [is_limited; 2]).then(|| format!("is wrong about {status}"))
        });
        wrong.collect()
    })?;
    assert_eq!(found, Breaches::new());
    Ok(())
}

#[test]
fn operations_have_names_of_their_own() -> Result<(), Box<dyn Error>> {
    let document = parsed()?;
    let mut names = HashSet::new();
    for (operation, said) in operations(&document) {
        assert!(names.insert(said["operationId"].as_str()), "{operation} has the name of another");
    }
    Ok(())
}

#[test]
fn every_field_is_described_and_text_in_requests_has_a_length() -> Result<(), Box<dyn Error>> {
    let document = parsed()?;
    let mut found = Breaches::new();
    for (name, schema) in entries(&document["components"]["schemas"]) {
        for (field, property) in entries(&schema["properties"]) {
            if !says_something(&property["description"]) {
                found.push(format!("{name}.{field} is not described"));
            }
            let is_free_text = property["type"] == "string" && property.get("format").is_none();
            if name.ends_with("Request") && is_free_text && property.get("maxLength").is_none() {
                found.push(format!("{name}.{field} has no length"));
            }
            // Generators of clients know one type with a description beside it, and fail at sums of types.
            if list(&property["allOf"]).len() > 1 {
                found.push(format!("{name}.{field} is a sum of types"));
            }
        }
    }
    assert_eq!(found, Breaches::new());
    Ok(())
}

#[test]
fn the_committed_document_is_fresh() -> Result<(), Box<dyn Error>> {
    let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/openapi.json");
    let is_fresh = fs::read_to_string(committed)? == document();
    assert!(is_fresh, "docs/openapi.json is stale: run `make openapi`");
    Ok(())
}
