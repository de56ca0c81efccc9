//! How JSON Schemas look in the document: as JSON Schema draft 7, which AsyncAPI 3.0 is built on, and as generators of
//! clients understand them best.

use schemars::{
    Schema, SchemaGenerator,
    generate::SchemaSettings,
    transform::{RecursiveTransform, RemoveRefSiblings},
};
use serde_json::{Value, json};

/// Where the document keeps schemas.
pub(super) const SCHEMAS: &str = "/components/schemas";

/// Makes schemas of what the server sends.
pub(super) fn of_sent() -> SchemaGenerator {
    common(SchemaSettings::draft07().for_serialize())
        .with_transform(RecursiveTransform(never_null_when_optional))
        .with_transform(RemoveRefSiblings::default())
        .into_generator()
}

/// Makes schemas of what the server reads. In draft 7 nothing may stand beside a `$ref`.
pub(super) fn of_received() -> SchemaGenerator {
    common(SchemaSettings::draft07().for_deserialize())
        .with_transform(RemoveRefSiblings::default())
        .into_generator()
}

fn common(settings: SchemaSettings) -> SchemaSettings {
    settings
        .with(|settings| {
            settings.definitions_path = SCHEMAS.into();
            settings.meta_schema = None;
            settings.transforms.clear();
        })
        .with_transform(RecursiveTransform(one_line_a_paragraph))
        .with_transform(RecursiveTransform(list_words))
}

/// Doc comments are wrapped; descriptions are not.
fn one_line_a_paragraph(schema: &mut Schema) {
    if let Some(Value::String(text)) = schema.get_mut("description") {
        *text =
            text.split("\n\n").map(|paragraph| paragraph.replace('\n', " ")).collect::<Vec<_>>().join("\n\n");
    }
}

/// A choice of words is an `enum`, and its description says what each word means.
fn list_words(schema: &mut Schema) {
    let Some(choices) = schema.get("oneOf").and_then(Value::as_array) else { return };
    let words: Vec<Value> = choices.iter().filter_map(|choice| choice.get("const").cloned()).collect();
    if words.len() != choices.len() {
        return;
    }
    let meanings = choices.iter().filter_map(|choice| {
        Some(format!("- `{}`: {}", choice["const"].as_str()?, choice["description"].as_str()?))
    });
    let said = schema.get("description").and_then(Value::as_str);
    let description: Vec<String> = said.map(|said| format!("{said}\n")).into_iter().chain(meanings).collect();
    schema.remove("oneOf");
    schema.insert("type".to_owned(), "string".into());
    schema.insert("enum".to_owned(), words.into());
    schema.insert("description".to_owned(), description.join("\n").into());
}

/// What is skipped when there is none is not there, rather than null.
fn never_null_when_optional(schema: &mut Schema) {
    let required = schema.get("required").cloned().unwrap_or_else(|| json!([]));
    let Some(Value::Object(properties)) = schema.get_mut("properties") else { return };
    for (name, property) in properties {
        let is_required =
            required.as_array().is_some_and(|names| names.iter().any(|known| known == name.as_str()));
        if !is_required {
            forbid_null(property);
        }
    }
}

fn forbid_null(property: &mut Value) {
    if let Some(Value::Array(types)) = property.get_mut("type") {
        types.retain(|kind| kind != "null");
        if let [kind] = types.as_slice() {
            property["type"] = kind.clone();
        }
    }
    if let Some(Value::Array(words)) = property.get_mut("enum") {
        words.retain(|word| !word.is_null());
    }
    let Some(object) = property.as_object_mut() else { return };
    if let Some(Value::Array(choices)) = object.remove("anyOf") {
        let mut choices: Vec<Value> = choices.into_iter().filter(|choice| choice["type"] != "null").collect();
        match (choices.pop(), choices.is_empty()) {
            (Some(Value::Object(only)), true) => object.extend(only),
            (last, _) => {
                choices.extend(last);
                object.insert("anyOf".to_owned(), choices.into());
            }
        }
    }
}
