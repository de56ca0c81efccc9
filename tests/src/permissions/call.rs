//! Requests for the rows of the table: as the OpenAPI document describes them, about things that are there.

use std::collections::HashMap;

use reqwest::{
    Method,
    multipart::{Form, Part},
};
use serde_json::{Value, json};

use super::matrix::Row;
use crate::{
    client::{Answer, Api},
    pictures::png,
};

/// An id of nothing.
pub const NOTHING: &str = "01923e5a-7b1c-7d3e-8f10-2a3b4c5d6e7f";

/// What a request is about: the values of its parameters and of the fields of its body, by their names.
#[derive(Clone, Debug, Default)]
pub struct Subject {
    values: HashMap<String, Value>,
}

impl Subject {
    /// With a value for parameters and fields of that name.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.values.insert(name.to_owned(), value.into());
        self
    }

    /// Adds what another one has.
    pub fn extend(&mut self, other: Self) {
        self.values.extend(other.values);
    }

    /// The value of that name, as text.
    pub fn text(&self, name: &str) -> String {
        match self.values.get(name) {
            Some(Value::String(text)) => text.clone(),
            Some(value) => value.to_string(),
            None => panic!("the test knows no {name}: give one in tests/src/permissions/stage.rs"),
        }
    }
}

/// Makes the request of a row to `api`, as `document` describes it.
pub async fn call(document: &Value, row: &Row, api: &Api, subject: &Subject) -> Answer {
    let (method, template) = row.parts();
    let path = if template == "/files/{file_id}/signed/{part}" {
        subject.text("link")
    } else {
        fill(template, subject) + &query(document, row, subject)
    };
    let method: Method = method.parse().expect("a method");
    let request = api.request(method, &path);
    let operation = &document["paths"][template][row.parts().0.to_lowercase()];
    let content = &operation["requestBody"]["content"];
    let request = if let Some(media) = content.get("application/json") {
        request.json(&body(document, media, row, subject))
    } else if content.get("multipart/form-data").is_some() {
        let part = Part::bytes(png(8, 8)).file_name("dot.png");
        request.multipart(Form::new().part("file", part))
    } else {
        request
    };
    api.send(request).await
}

/// The parameters of a path, by name.
pub fn parameters(template: &str) -> Vec<&str> {
    template.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name).collect()
}

fn fill(template: &str, subject: &Subject) -> String {
    parameters(template)
        .into_iter()
        .fold(template.to_owned(), |path, name| path.replace(&format!("{{{name}}}"), &subject.text(name)))
}

fn query(document: &Value, row: &Row, subject: &Subject) -> String {
    if row.name == "GET /threads" && row.case == "of one room" {
        return format!("?room_id={}", subject.text("room_id"));
    }
    let (method, template) = row.parts();
    let parameters = document["paths"][template][method.to_lowercase()]["parameters"].as_array();
    let required = parameters
        .into_iter()
        .flatten()
        .filter(|parameter| parameter["in"] == "query" && parameter["required"] == true);
    let pairs: Vec<String> = required
        .filter_map(|parameter| parameter["name"].as_str())
        .map(|name| format!("{name}={}", subject.text(name)))
        .collect();
    if pairs.is_empty() { String::new() } else { format!("?{}", pairs.join("&")) }
}

/// The document's example, about the subject.
fn body(document: &Value, media: &Value, row: &Row, subject: &Subject) -> Value {
    match (row.name.as_str(), row.case.as_str()) {
        ("POST /rooms/{room_id}/messages", "with an upload") => {
            return json!({ "message_type": "file", "file_id": subject.text("file_id") });
        }
        ("POST /rooms/{room_id}/messages", _) => return json!({ "content": "hello" }),
        ("POST /rooms/{room_id}/members", "as an admin") => {
            return json!({ "user_id": subject.text("user_id"), "role": "admin" });
        }
        ("PUT /rooms/{room_id}/mute", _) => return json!({}),
        ("POST /files/{file_id}/signed-url", _) => return json!({ "part": "original" }),
        _ => {}
    }
    let reference = media["schema"]["$ref"].as_str().and_then(|path| path.strip_prefix('#'));
    let schema = reference.and_then(|pointer| document.pointer(pointer)).unwrap_or(&media["schema"]);
    let mut example = schema["example"].clone();
    for (name, value) in example.as_object_mut().expect("an example") {
        if let Some(known) = subject.values.get(name.as_str()) {
            *value = known.clone();
        }
    }
    example
}
