//! JSON bodies of requests: read whole, within the limit that the server sets, and refused field by field.

use poem::{FromRequest, Request, RequestBody};
use poem_openapi::{
    ApiExtractor, ApiExtractorType, ExtractParamOptions,
    error::ContentTypeError,
    payload::{Json, Payload},
    registry::{MetaMediaType, MetaRequest, MetaSchema, MetaSchemaRef, Registry},
    types::ParseFromJSON,
};
use serde_json::Value;
use uuid::Uuid;

use crate::problem::{ApiError, FieldErrorView, ProblemKind};

/// A body that fits `T`. poem-openapi's own extractor refuses others without telling broken JSON from a wrong type, and
/// in words that name internal types.
pub(crate) struct JsonBody<T>(pub(crate) T);

impl<T: ParseFromJSON> JsonBody<T> {
    fn parse(bytes: &[u8]) -> Result<Self, ApiError> {
        let value = from_bytes(bytes)?;
        match T::parse_from_json(Some(value)) {
            Ok(body) => Ok(Self(body)),
            // Parsed once more, so that bodies that fit need no copy.
            Err(_) => Err(ApiError::invalid(misfits::<T>(&from_bytes(bytes)?))),
        }
    }
}

impl<'a, T: ParseFromJSON> ApiExtractor<'a> for JsonBody<T> {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::RequestObject];

    type ParamType = ();
    type ParamRawType = ();

    fn register(registry: &mut Registry) {
        T::register(registry);
    }

    fn request_meta() -> Option<MetaRequest> {
        let content = vec![MetaMediaType { content_type: "application/json", schema: T::schema_ref() }];
        Some(MetaRequest { description: None, content, required: true })
    }

    async fn from_request(
        request: &'a Request,
        body: &mut RequestBody,
        _options: ExtractParamOptions<()>,
    ) -> poem::Result<Self> {
        let content_type = request.content_type().ok_or(ContentTypeError::ExpectContentType)?;
        if !<Json<T> as Payload>::check_content_type(content_type) {
            return Err(ContentTypeError::NotSupported { content_type: content_type.to_owned() }.into());
        }
        let bytes = <Vec<u8> as FromRequest>::from_request(request, body).await?;
        Ok(Self::parse(&bytes)?)
    }
}

fn from_bytes(bytes: &[u8]) -> Result<Value, ApiError> {
    serde_json::from_slice(bytes)
        .map_err(|error| ApiError::new(ProblemKind::BadRequest, format!("the body is not JSON: {error}")))
}

/// What is wrong with a value that did not fit, by the same schema that the documentation shows.
fn misfits<T: ParseFromJSON>(value: &Value) -> Vec<FieldErrorView> {
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
    let is_uuid = |value: &Value| value.as_str().is_some_and(|text| text.parse::<Uuid>().is_ok());
    let (fits, message) = match schema.ty {
        "string" if !schema.enum_items.is_empty() => {
            let words: Vec<_> = schema.enum_items.iter().filter_map(Value::as_str).collect();
            (schema.enum_items.contains(value), format!("must be one of {}", words.join(", ")))
        }
        "string" if schema.format == Some("uuid") => (is_uuid(value), "must be a UUID".to_owned()),
        "string" => (value.is_string(), "must be a string".to_owned()),
        "boolean" => (value.is_boolean(), "must be true or false".to_owned()),
        "integer" => (value.is_i64() || value.is_u64(), "must be a whole number".to_owned()),
        _ => return None,
    };
    (!fits).then_some(message)
}

#[cfg(test)]
mod tests {
    use poem_openapi::{Enum, Object};

    use super::*;

    #[derive(Enum)]
    #[oai(rename_all = "snake_case")]
    enum Role {
        Member,
        Owner,
    }

    #[derive(Object)]
    struct Invitation {
        name: String,
        user_id: Uuid,
        role: Option<Role>,
        #[oai(default)]
        is_quiet: bool,
    }

    fn refusal(body: &str) -> (ProblemKind, String) {
        match JsonBody::<Invitation>::parse(body.as_bytes()) {
            Ok(_) => (ProblemKind::Internal, "accepted".to_owned()),
            Err(problem) => (problem.kind(), problem.to_string()),
        }
    }

    #[test]
    fn every_field_that_does_not_fit_is_named() {
        let (kind, text) = refusal(r#"{"user_id": "ada", "role": "king", "is_quiet": 1}"#);
        assert_eq!(kind, ProblemKind::Invalid);
        let expected = "name is required; user_id must be a UUID; role must be one of member, owner; \
                        is_quiet must be true or false";
        assert!(text.ends_with(expected), "{text}");
    }

    #[test]
    fn broken_json_is_another_problem_than_a_wrong_type() {
        assert_eq!(refusal("{").0, ProblemKind::BadRequest);
        assert_eq!(refusal("").0, ProblemKind::BadRequest);
        assert_eq!(refusal("[]").0, ProblemKind::Invalid);
    }

    #[test]
    fn what_is_not_known_is_ignored_as_in_frames() {
        let body = r#"{"name": "x", "user_id": "01923e5a-7b1c-7d3e-8f10-2a3b4c5d6e7f", "color": "red"}"#;
        let parsed = JsonBody::<Invitation>::parse(body.as_bytes());
        assert!(parsed.is_ok_and(|JsonBody(invitation)| invitation.name == "x" && !invitation.is_quiet));
    }
}
