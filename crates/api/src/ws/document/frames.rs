//! Every kind of frame with its schema, taken apart from the types that hold them all.

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Map, Value};

use super::schemas::{SCHEMAS, of_received, of_sent};
use crate::ws::frames::{ClientFrame, Envelope, EventFrame, ServerFrame};

/// Who sends a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Client,
    Server,
}

impl Side {
    const fn word(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Server => "server",
        }
    }
}

/// A kind of frame.
pub(super) struct DocumentedFrame {
    pub(super) side: Side,
    /// Its `type`.
    pub(super) kind: String,
    /// The first paragraph of its doc comment.
    pub(super) summary: String,
    /// The other paragraphs; may be empty.
    pub(super) description: String,
    pub(super) schema: Value,
}

impl DocumentedFrame {
    fn new(side: Side, mut schema: Value) -> Self {
        let said = schema["description"].take();
        if let Some(object) = schema.as_object_mut() {
            object.remove("description");
        }
        let (summary, description) = {
            let said = said.as_str().unwrap_or_default();
            said.split_once("\n\n").unwrap_or((said, ""))
        };
        Self {
            side,
            kind: schema["properties"]["type"]["const"].as_str().unwrap_or_default().to_owned(),
            summary: summary.to_owned(),
            description: description.to_owned(),
            schema,
        }
    }

    /// What the document calls it: both sides may send frames of the same `type`.
    pub(super) fn key(&self) -> String {
        format!("{}_{}", self.side.word(), self.kind)
    }

    /// What the document calls its schema: `ServerMessageUpdated`.
    pub(super) fn schema_name(&self) -> String {
        self.key().split('_').map(capitalised).collect()
    }

    /// `Message updated`.
    pub(super) fn title(&self) -> String {
        capitalised(&self.kind.replace('_', " "))
    }
}

fn capitalised(word: &str) -> String {
    let (first, rest) = word.split_at(word.len().min(1));
    first.to_ascii_uppercase() + rest
}

/// All kinds of frames, and the types that they are made of, by name.
pub(super) fn documented_frames() -> (Vec<DocumentedFrame>, Map<String, Value>) {
    let mut sent = of_sent();
    let mut variants = variants::<ServerFrame<'static>>(&mut sent);
    variants.extend(self::variants::<EventFrame>(&mut sent));
    let mut frames: Vec<_> =
        variants.into_iter().map(|schema| DocumentedFrame::new(Side::Server, schema)).collect();

    let mut received = of_received();
    let mut common = Envelope::json_schema(&mut received);
    transform(&mut received, &mut common);
    for mut schema in self::variants::<ClientFrame>(&mut received) {
        add_properties(&mut schema, common.get("properties"));
        frames.push(DocumentedFrame::new(Side::Client, schema));
    }

    let mut definitions = received.take_definitions(true);
    definitions.append(&mut sent.take_definitions(true));
    let referenced = referenced(&frames, &definitions);
    definitions.retain(|name, _| referenced.contains(&format!("#{SCHEMAS}/{name}")));
    (frames, definitions)
}

/// The variants of an enum, each as an object of its own.
fn variants<T: JsonSchema>(generator: &mut SchemaGenerator) -> Vec<Value> {
    let mut choices = T::json_schema(generator);
    let variants = match choices.remove("oneOf") {
        Some(Value::Array(variants)) => variants,
        _ => Vec::new(),
    };
    let whole = variants.into_iter().filter_map(|mut variant| {
        absorb(&mut variant, generator.definitions());
        let mut schema = Schema::try_from(variant).ok()?;
        transform(generator, &mut schema);
        Some(schema.to_value())
    });
    whole.collect()
}

/// A variant that holds a struct refers to it; frames that are whole are easier to read.
fn absorb(variant: &mut Value, definitions: &Map<String, Value>) {
    let reference = variant.as_object_mut().and_then(|object| object.remove("$ref"));
    let name = reference.as_ref().and_then(Value::as_str).and_then(|path| path.rsplit('/').next());
    let Some(inner) = name.and_then(|name| definitions.get(name)) else { return };
    add_properties(variant, inner.get("properties"));
    let required = inner["required"].as_array().into_iter().flatten().cloned();
    if let Some(Value::Array(names)) = variant.get_mut("required") {
        names.extend(required);
    }
}

fn add_properties(schema: &mut Value, more: Option<&Value>) {
    let more = more.and_then(Value::as_object).into_iter().flatten();
    if let Some(properties) = schema["properties"].as_object_mut() {
        properties.extend(more.map(|(name, property)| (name.clone(), property.clone())));
    }
}

fn transform(generator: &mut SchemaGenerator, schema: &mut Schema) {
    for transform in generator.transforms_mut() {
        transform.transform(schema);
    }
}

/// The addresses of all types that are used by others than themselves: those that variants absorbed are not.
fn referenced(frames: &[DocumentedFrame], definitions: &Map<String, Value>) -> Vec<String> {
    let mut found = Vec::new();
    for schema in frames.iter().map(|frame| &frame.schema).chain(definitions.values()) {
        collect_references(schema, &mut found);
    }
    found
}

fn collect_references(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(object) => {
            found.extend(object.get("$ref").and_then(Value::as_str).map(str::to_owned));
            object.values().for_each(|value| collect_references(value, found));
        }
        Value::Array(items) => items.iter().for_each(|value| collect_references(value, found)),
        _ => {}
    }
}
