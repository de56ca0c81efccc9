//! What a problem document contains.

use poem_openapi::Object;
use serde::Serialize;

use crate::UtcTime;

pub(crate) const CONTENT_TYPE: &str = "application/problem+json";

/// What went wrong (RFC 9457).
#[derive(Clone, Debug, PartialEq, Eq, Object, Serialize)]
#[oai(rename = "Problem")]
pub(crate) struct ProblemView {
    /// The address of the page that explains this kind of problem; the same for all problems of a kind.
    #[oai(rename = "type")]
    #[serde(rename = "type")]
    pub(super) type_uri: String,
    /// The kind of problem in words.
    pub(super) title: String,
    /// The status code of the response.
    pub(super) status: u16,
    /// What went wrong this time.
    pub(super) detail: String,
    /// The path of the request.
    pub(super) instance: String,
    /// Which fields are wrong, when that is the problem.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) errors: Option<Vec<FieldErrorView>>,
    /// How many bytes one's files take up, when that is the problem.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) used_bytes: Option<u64>,
    /// How many bytes one's files may take up, when that is the problem.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) allowed_bytes: Option<u64>,
    /// What a code of the second factor is to be shown with, when that is required.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) challenge: Option<String>,
    /// Why the account may not be used, when that is the problem; may be empty.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) reason: Option<String>,
    /// Until when the account may not be used, when that is the problem and it is not for good.
    #[oai(skip_serializing_if_is_none)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) until: Option<UtcTime>,
}

/// What is wrong with a field.
#[derive(Clone, Debug, PartialEq, Eq, Object, Serialize)]
#[oai(rename = "FieldError")]
pub(crate) struct FieldErrorView {
    /// The field's name.
    pub(crate) field: String,
    /// What would be right, as the end of a sentence that starts with the field.
    pub(crate) message: String,
}

impl FieldErrorView {
    pub(crate) fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self { field: field.into(), message: message.into() }
    }
}
