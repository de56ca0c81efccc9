//! JSON bodies of requests: read whole, within the limit that the server sets, and refused field by field.

use poem::{FromRequest, Request, RequestBody};
use poem_openapi::{
    ApiExtractor, ApiExtractorType, ExtractParamOptions,
    error::ContentTypeError,
    payload::{self, Payload},
    registry::{MetaMediaType, MetaRequest, Registry},
    types::ParseFromJSON,
};
use serde_json::Value;

use super::misfit::misfits;
use crate::problem::{ApiError, ProblemKind};

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
        check_content_type::<T>(request)?;
        let bytes = <Vec<u8> as FromRequest>::from_request(request, body).await?;
        Ok(Self::parse(&bytes)?)
    }
}

/// The same for operations that can do without a body.
pub(crate) struct OptionalJsonBody<T>(pub(crate) Option<T>);

impl<'a, T: ParseFromJSON> ApiExtractor<'a> for OptionalJsonBody<T> {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::RequestObject];

    type ParamType = ();
    type ParamRawType = ();

    fn register(registry: &mut Registry) {
        T::register(registry);
    }

    fn request_meta() -> Option<MetaRequest> {
        Some(MetaRequest { required: false, ..JsonBody::<T>::request_meta()? })
    }

    async fn from_request(
        request: &'a Request,
        body: &mut RequestBody,
        _options: ExtractParamOptions<()>,
    ) -> poem::Result<Self> {
        let bytes = <Vec<u8> as FromRequest>::from_request(request, body).await?;
        if bytes.is_empty() {
            return Ok(Self(None));
        }
        check_content_type::<T>(request)?;
        let JsonBody(body) = JsonBody::parse(&bytes)?;
        Ok(Self(Some(body)))
    }
}

fn check_content_type<T: ParseFromJSON>(request: &Request) -> Result<(), ContentTypeError> {
    let content_type = request.content_type().ok_or(ContentTypeError::ExpectContentType)?;
    if <payload::Json<T> as Payload>::check_content_type(content_type) {
        return Ok(());
    }
    Err(ContentTypeError::NotSupported { content_type: content_type.to_owned() })
}

fn from_bytes(bytes: &[u8]) -> Result<Value, ApiError> {
    serde_json::from_slice(bytes)
        .map_err(|error| ApiError::new(ProblemKind::BadRequest, format!("the body is not JSON: {error}")))
}

#[cfg(test)]
mod tests {
    use poem_openapi::{Enum, Object};
    use uuid::Uuid;

    use super::{super::Text, *};

    #[derive(Enum)]
    #[oai(rename_all = "snake_case")]
    enum Role {
        Member,
        Owner,
    }

    #[derive(Object)]
    struct Invitation {
        name: Text<1, 80>,
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
        let (kind, text) = refusal(r#"{"user_id": "ada", "role": "king", "is_quiet": 1, "name": false}"#);
        assert_eq!(kind, ProblemKind::Invalid);
        let expected = "name must be a string; user_id must be a UUID; role must be one of member, owner; \
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
        assert!(
            parsed.is_ok_and(|JsonBody(invitation)| invitation.name.as_str() == "x" && !invitation.is_quiet)
        );
    }
}
