//! What the framework finds wrong, as problems of ours: its own words name internal types and are not repeated.

use poem::{
    Error,
    error::{MethodNotAllowedError, NotFoundError, ReadBodyError},
    http::StatusCode,
};
use poem_openapi::error::{AuthorizationError, ContentTypeError, ParseParamError, ParsePathError};

use super::{ApiError, FieldErrorView, ProblemKind};

/// Any error of an endpoint as a problem.
pub(crate) fn from_poem(error: Error) -> ApiError {
    let error = match error.downcast::<ApiError>() {
        Ok(problem) => return problem,
        Err(error) => error,
    };
    if error.is::<NotFoundError>() {
        return ApiError::new(ProblemKind::NotFound, "nothing is at this address");
    }
    if error.is::<MethodNotAllowedError>() {
        return ApiError::new(
            ProblemKind::MethodNotAllowed,
            "see the Allow header for the methods that work",
        );
    }
    if error.is::<AuthorizationError>() {
        return ApiError::new(ProblemKind::Unauthenticated, "a bearer token is required");
    }
    if error.is::<ParsePathError>() || error.is::<poem::error::ParsePathError>() {
        return ApiError::new(ProblemKind::BadRequest, "a part of the address is not what belongs there");
    }
    if let Some(ParseParamError { name, reason }) = error.downcast_ref() {
        let message = parameter_message(reason);
        return ApiError::new(ProblemKind::BadRequest, format!("the parameter {name} {message}"))
            .with_field(FieldErrorView::new(*name, message));
    }
    if error.is::<ContentTypeError>() {
        return ApiError::new(ProblemKind::UnsupportedMediaType, "the Content-Type is not accepted here");
    }
    if let Some(ReadBodyError::PayloadTooLarge) = error.downcast_ref() {
        return ApiError::new(ProblemKind::TooLarge, "the body is larger than accepted");
    }
    from_status(error)
}

/// The parser's own words stand between names of internal types, which are left out.
fn parameter_message(reason: &str) -> String {
    let reason = reason.split_once(" (occurred while parsing").map_or(reason, |(words, _)| words);
    match reason.strip_prefix("failed to parse \"").and_then(|rest| rest.split_once("\": ")) {
        Some((_, words)) if words.starts_with("must ") => words.to_owned(),
        Some((_, words)) => format!("is not understood: {words}"),
        None => "is missing or does not fit".to_owned(),
    }
}

fn from_status(error: Error) -> ApiError {
    let status = error.status();
    let kind = ProblemKind::ALL.into_iter().find(|kind| kind.status() == status);
    match kind {
        Some(ProblemKind::Internal) | None if status.is_client_error() => {
            ApiError::new(ProblemKind::BadRequest, "the request cannot be understood")
        }
        Some(ProblemKind::Internal) | None => {
            ApiError::new(ProblemKind::Internal, "something went wrong inside the server")
                .because(error.to_string())
        }
        Some(kind) => ApiError::new(kind, detail_of(status)),
    }
}

fn detail_of(status: StatusCode) -> String {
    let words = status.canonical_reason().unwrap_or("the request was refused");
    words.to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn internal_names_are_not_repeated() {
        let shown = from_poem(
            ParsePathError {
                name: "param0",
                reason: "failed to parse \"string_uuid\": invalid length".to_owned(),
            }
            .into(),
        )
        .to_string();
        assert!(!shown.contains("param0") && !shown.contains("string_uuid"), "{shown}");
    }

    #[test]
    fn a_parameter_is_named_with_what_is_wrong() {
        let reason = "failed to parse \"page_limit\": must be 1 to 100".to_owned();
        let problem = from_poem(ParseParamError { name: "limit", reason }.into());
        assert_eq!(problem.kind(), ProblemKind::BadRequest);
        assert!(problem.to_string().ends_with("the parameter limit must be 1 to 100"));
    }

    #[test]
    fn names_of_types_are_left_out_on_both_sides_of_the_words() {
        let reason = "failed to parse \"integer(uint64)\": invalid digit found in string \
                      (occurred while parsing \"optional_integer(uint64)\")";
        let problem = from_poem(ParseParamError { name: "limit", reason: reason.to_owned() }.into());
        assert!(
            problem.to_string().ends_with("is not understood: invalid digit found in string"),
            "{problem}"
        );
    }

    #[test]
    fn an_error_without_a_kind_of_its_own_is_a_fault_of_the_server() {
        let problem = from_poem(Error::from_status(StatusCode::BAD_GATEWAY));
        assert_eq!(problem.kind(), ProblemKind::Internal);
    }
}
