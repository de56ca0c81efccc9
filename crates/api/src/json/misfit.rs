//! What is wrong with a JSON value, by the same schema that the documentation shows.

use plaza_domain::Timestamp;
use poem_openapi::{
    registry::{MetaSchema, MetaSchemaRef, Registry},
    types::ParseFromJSON,
};
use serde_json::Value;
use uuid::Uuid;

use crate::problem::FieldErrorView;

/// What is wrong with a value that did not fit, field by field.
pub(super) fn misfits<T: ParseFromJSON>(value: &Value) -> Vec<FieldErrorView> {
    let mut registry = Registry::new();
    T::register(&mut registry);
    let Some(object) = value.as_object() else {
        return vec![FieldErrorView::new("body", "must be a JSON object")];
    };
    let schema = registry.schemas.get(T::name().as_ref());
    let Some(schema) = schema else { return vec![FieldErrorView::new("body", "does not fit")] };
    let is_missing = |name: &str| schema.required.contains(&name);
    let errors = schema.properties.iter().filter_map(|(name, property)| {
        let message = match object.get(*name) {
            None | Some(Value::Null) if is_missing(name) => Some("is required".to_owned()),
            None | Some(Value::Null) => None,
            Some(value) => resolve(property, &registry).and_then(|schema| misfit(schema, value)),
        };
        message.map(|message| FieldErrorView::new(*name, message))
    });
    let errors: Vec<_> = errors.collect();
    if errors.is_empty() { vec![FieldErrorView::new("body", "does not fit")] } else { errors }
}

fn resolve<'a>(schema: &'a MetaSchemaRef, registry: &'a Registry) -> Option<&'a MetaSchema> {
    match schema {
        MetaSchemaRef::Reference(name) => registry.schemas.get(name),
        MetaSchemaRef::Inline(inline) => match inline.all_of.first() {
            Some(first) => resolve(first, registry),
            None => Some(inline),
        },
    }
}

fn misfit(schema: &MetaSchema, value: &Value) -> Option<String> {
    let is_time = |value: &Value| value.as_str().is_some_and(|text| text.parse::<Timestamp>().is_ok());
    let is_uuid = |value: &Value| value.as_str().is_some_and(|text| text.parse::<Uuid>().is_ok());
    let (fits, message) = match schema.ty {
        "string" if !schema.enum_items.is_empty() => {
            let words: Vec<_> = schema.enum_items.iter().filter_map(Value::as_str).collect();
            (schema.enum_items.contains(value), format!("must be one of {}", words.join(", ")))
        }
        "string" if schema.format == Some("uuid") => (is_uuid(value), "must be a UUID".to_owned()),
        "string" if schema.format == Some("date-time") => {
            (is_time(value), "must be a time as RFC 3339 writes it".to_owned())
        }
        "string" => (value.is_string(), "must be a string".to_owned()),
        "boolean" => (value.is_boolean(), "must be true or false".to_owned()),
        "integer" => (value.is_i64() || value.is_u64(), "must be a whole number".to_owned()),
        "array" => {
            let length = value.as_array().map(Vec::len);
            let most = schema.max_items.unwrap_or(usize::MAX);
            match length {
                None => (false, "must be a list".to_owned()),
                Some(length) if length > most => (false, format!("must have at most {most} entries")),
                Some(_) => (false, "must have entries that fit".to_owned()),
            }
        }
        _ => return None,
    };
    (!fits).then_some(message)
}
