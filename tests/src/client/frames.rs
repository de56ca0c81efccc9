//! Holds frames against the AsyncAPI document: what it does not describe is a fault.

use std::{collections::HashMap, fs, path::Path, sync::LazyLock};

use jsonschema::Validator;
use serde_json::{Map, Value, json};

/// The committed document. The servers print the same: `make check` and a test of theirs see to it.
static DOCUMENT: LazyLock<Value> = LazyLock::new(|| {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/asyncapi.json");
    let text = fs::read_to_string(path).expect("the document is committed");
    serde_json::from_str(&text).expect("the document is JSON")
});

static SENT: LazyLock<Frames> = LazyLock::new(|| Frames::of("server_"));
static RECEIVED: LazyLock<Frames> = LazyLock::new(|| Frames::of("client_"));

/// The frames of one side.
struct Frames {
    validators: HashMap<String, Validator>,
}

impl Frames {
    /// Compiles the schemas of the messages whose keys begin so. Clients are told to expect fields that they do not
    /// know; here such a field is a fault.
    fn of(prefix: &str) -> Self {
        let schemas = object(&DOCUMENT["components"]["schemas"]).clone();
        let closed: Map<_, _> = schemas.into_iter().map(|(name, schema)| (name, closed(schema))).collect();
        let components = json!({ "schemas": closed });
        let messages = object(&DOCUMENT["components"]["messages"]).iter();
        let compile = |message: &Value| {
            let schema = json!({"allOf": [message["payload"]], "components": components});
            let options =
                jsonschema::draft7::options().should_validate_formats(true).with_format("uuid", is_uuid);
            options.build(&schema).expect("a schema of the document is one")
        };
        let name = |message: &Value| message["name"].as_str().expect("a message has a name").to_owned();
        Self {
            validators: messages
                .filter(|(key, _)| key.starts_with(prefix))
                .map(|(_, message)| (name(message), compile(message)))
                .collect(),
        }
    }

    fn faults(&self, frame: &Value) -> Vec<String> {
        let validator = frame["type"].as_str().and_then(|kind| self.validators.get(kind));
        let Some(validator) = validator else {
            return vec![format!("the document has no frame of type {}", frame["type"])];
        };
        let describe = |error: jsonschema::ValidationError<'_>| format!("{}: {error}", error.instance_path());
        validator.iter_errors(frame).map(describe).collect()
    }
}

/// The document.
pub fn frame_document() -> &'static Value {
    &DOCUMENT
}

/// What is wrong with a frame of the server's; nothing when the document describes all of it.
pub fn faults_of_sent(frame: &Value) -> Vec<String> {
    SENT.faults(frame)
}

/// What is wrong with a frame of a client's; nothing when the document describes all of it.
pub fn faults_of_received(frame: &Value) -> Vec<String> {
    RECEIVED.faults(frame)
}

/// Every example of the document, with the key of its message: `server_hello`.
pub fn documented_examples() -> Vec<(String, Value)> {
    let messages = object(&DOCUMENT["components"]["messages"]).iter();
    let examples = messages.flat_map(|(key, message)| {
        let examples = message["examples"].as_array().into_iter().flatten();
        examples.map(|example| (key.clone(), example["payload"].clone()))
    });
    examples.collect()
}

fn object(value: &Value) -> &Map<String, Value> {
    value.as_object().expect("an object of the document")
}

/// Draft 7 of JSON Schema does not know the format yet.
fn is_uuid(text: &str) -> bool {
    let is_right = |(place, letter): (usize, char)| match place {
        8 | 13 | 18 | 23 => letter == '-',
        _ => letter.is_ascii_digit() || ('a'..='f').contains(&letter),
    };
    text.len() == 36 && text.chars().enumerate().all(is_right)
}

/// The schema without room for properties that it does not name.
fn closed(mut schema: Value) -> Value {
    match &mut schema {
        Value::Object(object) => {
            for (_, part) in object.iter_mut() {
                *part = closed(part.take());
            }
            // A property may be called `properties`; only a schema has them beside its type.
            if object.get("type").is_some_and(|kind| kind == "object") && object.contains_key("properties") {
                object.insert("additionalProperties".to_owned(), false.into());
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| *item = closed(item.take())),
        _ => {}
    }
    schema
}
