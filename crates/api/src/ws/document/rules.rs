//! Rules that the documentation of every frame obeys, and that tie it to the parser: a frame that does not fails here.

use std::{collections::BTreeSet, error::Error, fs, path::Path};

use serde_json::{Value, json};

use super::{DocumentedFrame, Side, document, documented_frames, examples::examples};
use crate::ws::frames::{BadFrame, Envelope, KINDS};

/// Breaches of rules: an empty list when all is well.
type Breaches = Vec<String>;

fn frames_of(side: Side) -> Vec<DocumentedFrame> {
    documented_frames().0.into_iter().filter(|frame| frame.side == side).collect()
}

fn properties(schema: &Value) -> impl Iterator<Item = (&String, &Value)> {
    schema["properties"].as_object().into_iter().flatten()
}

fn is_required(schema: &Value, name: &str) -> bool {
    schema["required"].as_array().is_some_and(|names| names.iter().any(|known| known == name))
}

fn says_something(value: &Value) -> bool {
    // Links between Rust types lead nowhere in the document.
    value.as_str().is_some_and(|text| !text.trim().is_empty() && !text.contains("[`"))
}

#[test]
fn every_frame_and_every_field_is_described() {
    let (frames, definitions) = documented_frames();
    let mut found = Breaches::new();
    for frame in &frames {
        if frame.kind.is_empty() || frame.summary.is_empty() {
            found.push(format!("{} has no summary", frame.key()));
        }
    }
    let of_frames = frames.iter().map(|frame| (frame.schema_name(), &frame.schema));
    for (name, schema) in of_frames.chain(definitions.iter().map(|(name, schema)| (name.clone(), schema))) {
        let silent = properties(schema).filter(|(field, property)| {
            field.as_str() != "type" && !says_something(&property["description"])
        });
        found.extend(silent.map(|(field, _)| format!("{name}.{field} is not described")));
    }
    assert_eq!(found, Breaches::new());
}

#[test]
fn no_two_frames_have_the_same_name() {
    let (frames, definitions) = documented_frames();
    let names = frames.iter().map(DocumentedFrame::schema_name).chain(definitions.keys().cloned());
    let mut seen = BTreeSet::new();
    let repeated: Breaches = names.filter(|name| !seen.insert(name.clone())).collect();
    assert_eq!(repeated, Breaches::new());
}

#[test]
fn every_frame_has_an_example() {
    let without =
        documented_frames().0.into_iter().filter(|frame| examples(frame.side, &frame.kind).is_empty());
    assert_eq!(without.map(|frame| frame.key()).collect::<Breaches>(), Breaches::new());
}

#[test]
fn the_parser_knows_the_documented_kinds_and_no_others() {
    let documented: BTreeSet<String> = frames_of(Side::Client).into_iter().map(|frame| frame.kind).collect();
    let known: BTreeSet<String> = KINDS.map(str::to_owned).into();
    assert_eq!(documented, known);
}

#[test]
fn the_parser_takes_every_example() {
    for frame in frames_of(Side::Client) {
        for example in examples(Side::Client, &frame.kind) {
            let parsed = Envelope::parse(&example.to_string());
            assert!(parsed.is_ok(), "{example}: {parsed:?}");
        }
    }
}

/// Takes each field out of an example, sets it to null, and to something of a wrong type: the parser refuses exactly
/// what the schema forbids.
#[test]
fn the_parser_and_the_schemas_agree_about_every_field() {
    let refuses =
        |example: &Value| matches!(Envelope::parse(&example.to_string()), Err(BadFrame::Invalid { .. }));
    let mut found = Breaches::new();
    for frame in frames_of(Side::Client) {
        let examples = examples(Side::Client, &frame.kind);
        for (field, property) in properties(&frame.schema).filter(|(field, _)| field.as_str() != "type") {
            let name = format!("{}.{field}", frame.kind);
            let Some(example) = examples.iter().find(|example| example.get(field).is_some()) else {
                found.push(format!("{name} is in no example"));
                continue;
            };
            let required = is_required(&frame.schema, field);
            let mut without = example.clone();
            without.as_object_mut().and_then(|object| object.remove(field));
            if refuses(&without) != required {
                found.push(format!("{name} may be left out, or may not, unlike the schema says"));
            }
            let mut null = example.clone();
            null[field] = Value::Null;
            if refuses(&null) != required {
                found.push(format!("{name} may be null, or may not, unlike the schema says"));
            }
            let mut wrong = example.clone();
            wrong[field] = json!([[]]);
            let takes_anything = property.get("type").is_none() && property.get("anyOf").is_none();
            if refuses(&wrong) == takes_anything {
                found.push(format!("{name} has another type than the schema says"));
            }
        }
    }
    assert_eq!(found, Breaches::new());
}

#[test]
fn every_reference_leads_somewhere() -> Result<(), Box<dyn Error>> {
    let document: Value = serde_json::from_str(&document())?;
    let mut dangling = Breaches::new();
    let mut open = vec![&document];
    while let Some(value) = open.pop() {
        match value {
            Value::Object(object) => {
                if let Some(path) = object.get("$ref").and_then(Value::as_str) {
                    let target = path.strip_prefix('#').and_then(|pointer| document.pointer(pointer));
                    if target.is_none() {
                        dangling.push(path.to_owned());
                    }
                }
                open.extend(object.values());
            }
            Value::Array(items) => open.extend(items),
            _ => {}
        }
    }
    assert_eq!(dangling, Breaches::new());
    Ok(())
}

#[test]
fn the_committed_document_is_fresh() -> Result<(), Box<dyn Error>> {
    let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/asyncapi.json");
    let is_fresh = fs::read_to_string(committed)? == document();
    assert!(is_fresh, "docs/asyncapi.json is stale: run `make asyncapi`");
    Ok(())
}
