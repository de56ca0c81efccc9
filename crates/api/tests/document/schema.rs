//! Checks a JSON value against a schema of the document (OpenAPI 3.0): the part of the language that the document uses,
//! and stricter in one point: what a schema does not name must not be there.

use serde_json::Value;

/// What is wrong with `value`, each with where.
pub(super) fn faults(document: &Value, schema: &Value, value: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    check(document, schema, value, "$", &mut faults);
    faults
}

fn check(document: &Value, schema: &Value, value: &Value, at: &str, faults: &mut Vec<String>) {
    if let Some(name) = schema["$ref"].as_str() {
        let target = name.strip_prefix('#').and_then(|pointer| document.pointer(pointer));
        match target {
            Some(target) => check(document, target, value, at, faults),
            None => faults.push(format!("{at}: the document has no {name}")),
        }
        return;
    }
    if value.is_null() && schema["nullable"] == true {
        return;
    }
    for part in schema["allOf"].as_array().into_iter().flatten() {
        check(document, part, value, at, faults);
    }
    if let Some(choices) = schema["oneOf"].as_array().or(schema["anyOf"].as_array()) {
        let fits = |choice| self::faults(document, choice, value).is_empty();
        if !choices.iter().any(fits) {
            faults.push(format!("{at}: fits none of the choices"));
        }
    }
    if let Some(words) = schema["enum"].as_array().filter(|words| !words.contains(value)) {
        faults.push(format!("{at}: {value} is none of {words:?}"));
    }
    if let Some(kind) = schema["type"].as_str() {
        check_type(document, schema, kind, value, at, faults);
    }
}

fn check_type(
    document: &Value,
    schema: &Value,
    kind: &str,
    value: &Value,
    at: &str,
    faults: &mut Vec<String>,
) {
    match (kind, value) {
        ("object", Value::Object(object)) => {
            for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
                if !object.contains_key(name) {
                    faults.push(format!("{at}.{name}: is missing"));
                }
            }
            for (name, value) in object {
                match schema["properties"].get(name) {
                    Some(property) => check(document, property, value, &format!("{at}.{name}"), faults),
                    None => faults.push(format!("{at}.{name}: is not documented")),
                }
            }
        }
        ("array", Value::Array(items)) => {
            for (index, item) in items.iter().enumerate() {
                check(document, &schema["items"], item, &format!("{at}[{index}]"), faults);
            }
        }
        ("string", Value::String(text)) => {
            if !fits_format(schema["format"].as_str(), text) {
                faults.push(format!("{at}: {text:?} is no {}", schema["format"]));
            }
        }
        ("integer", Value::Number(number)) if number.is_i64() || number.is_u64() => {}
        ("number", Value::Number(_)) | ("boolean", Value::Bool(_)) => {}
        _ => faults.push(format!("{at}: {value} is no {kind}")),
    }
}

fn fits_format(format: Option<&str>, text: &str) -> bool {
    match format {
        Some("uuid") => text.parse::<uuid::Uuid>().is_ok(),
        // Always UTC, always microseconds: 2026-11-21T01:02:03.123456Z
        Some("date-time") => {
            text.len() == 27 && text.ends_with('Z') && text.parse::<chrono::DateTime<chrono::Utc>>().is_ok()
        }
        _ => true,
    }
}

#[test]
fn what_does_not_fit_is_found() {
    let document =
        serde_json::json!({"components": {"schemas": {"Name": {"type": "string", "nullable": true}}}});
    let schema = serde_json::json!({
        "type": "object",
        "required": ["name", "at"],
        "properties": {
            "name": {"$ref": "#/components/schemas/Name"},
            "at": {"type": "string", "format": "date-time"},
            "tags": {"type": "array", "items": {"type": "string", "enum": ["a", "b"]}}
        }
    });
    let good = serde_json::json!({"name": null, "at": "2026-11-21T01:02:03.123456Z", "tags": ["a"]});
    assert_eq!(faults(&document, &schema, &good), Vec::<String>::new());
    let bad = serde_json::json!({"name": 1, "at": "2026-11-21T01:02:03Z", "tags": ["c"], "more": true});
    assert_eq!(faults(&document, &schema, &bad).len(), 4);
    assert_eq!(faults(&document, &schema, &serde_json::json!({})).len(), 2);
}
