//! The one error type of all operations.

use std::{error::Error, fmt};

use plaza_application::ports::BoxError;
use plaza_domain::Suspension;
use poem::{
    Response,
    error::ResponseError,
    http::{
        HeaderName, HeaderValue, StatusCode,
        header::{CACHE_CONTROL, RETRY_AFTER, WWW_AUTHENTICATE},
    },
};
use poem_openapi::{
    ApiResponse,
    registry::{MetaHeader, MetaMediaType, MetaResponse, MetaResponses, Registry},
    types::Type,
};

use super::{
    ProblemKind,
    view::{CONTENT_TYPE, FieldErrorView, ProblemView},
};
use crate::UtcTime;

/// When to try again what could not be done right now, in seconds: as long as passwords wait for their turn to be checked.
const RETRY_UNAVAILABLE_AFTER: HeaderValue = HeaderValue::from_static("5");

/// Why an operation did not do what it was asked for. Its cause is for the log, never for the client.
#[derive(Debug)]
pub(crate) struct ApiError(Box<Inner>);

#[derive(Debug)]
struct Inner {
    kind: ProblemKind,
    detail: String,
    errors: Vec<FieldErrorView>,
    /// How many bytes are used, and how many may be.
    quota: Option<(u64, u64)>,
    /// What the second factor is to be shown with.
    challenge: Option<String>,
    /// Why an account may not be used, and until when.
    suspension: Option<(String, Option<UtcTime>)>,
    headers: Vec<(HeaderName, HeaderValue)>,
    cause: Option<BoxError>,
}

impl ApiError {
    pub(crate) fn new(kind: ProblemKind, detail: impl Into<String>) -> Self {
        let mut headers = Vec::new();
        if kind.status() == StatusCode::UNAUTHORIZED {
            headers.push((WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"plaza\"")));
        }
        if kind == ProblemKind::Unavailable {
            headers.push((RETRY_AFTER, RETRY_UNAVAILABLE_AFTER));
        }
        Self(Box::new(Inner {
            kind,
            detail: detail.into(),
            errors: Vec::new(),
            quota: None,
            challenge: None,
            suspension: None,
            headers,
            cause: None,
        }))
    }

    /// Input that breaks rules, field by field.
    pub(crate) fn invalid(errors: Vec<FieldErrorView>) -> Self {
        let sentences: Vec<_> =
            errors.iter().map(|error| format!("{} {}", error.field, error.message)).collect();
        let mut error = Self::new(ProblemKind::Invalid, sentences.join("; "));
        error.0.errors = errors;
        error
    }

    /// The same with what is wrong with a field.
    #[must_use]
    pub(crate) fn with_field(mut self, error: FieldErrorView) -> Self {
        self.0.errors.push(error);
        self
    }

    /// The same with how many bytes are used, and how many may be.
    #[must_use]
    pub(crate) fn with_quota(mut self, used: u64, allowed: u64) -> Self {
        self.0.quota = Some((used, allowed));
        self
    }

    /// The same with what the second factor is to be shown with.
    #[must_use]
    pub(crate) fn with_challenge(mut self, challenge: String) -> Self {
        self.0.challenge = Some(challenge);
        self
    }

    /// The same with why an account may not be used, and until when.
    #[must_use]
    pub(crate) fn with_suspension(mut self, suspension: Suspension) -> Self {
        self.0.suspension = Some((suspension.reason, suspension.until.map(UtcTime)));
        self
    }

    /// The same with another header.
    #[must_use]
    pub(crate) fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.0.headers.push((name, value));
        self
    }

    /// The same with what the log should tell.
    #[must_use]
    pub(crate) fn because(mut self, cause: impl Into<BoxError>) -> Self {
        self.0.cause = Some(cause.into());
        self
    }

    pub(crate) fn kind(&self) -> ProblemKind {
        self.0.kind
    }

    pub(crate) fn cause(&self) -> Option<&BoxError> {
        self.0.cause.as_ref()
    }

    /// The response, for a request to `instance`.
    pub(crate) fn response(&self, instance: &str) -> Response {
        let kind = self.0.kind;
        let view = ProblemView {
            type_uri: format!("/problems/{}", kind.slug()),
            title: kind.title().to_owned(),
            status: kind.status().as_u16(),
            detail: self.0.detail.clone(),
            instance: instance.to_owned(),
            errors: (!self.0.errors.is_empty()).then(|| self.0.errors.clone()),
            used_bytes: self.0.quota.map(|(used, _)| used),
            challenge: self.0.challenge.clone(),
            allowed_bytes: self.0.quota.map(|(_, allowed)| allowed),
            reason: self.0.suspension.as_ref().map(|(reason, _)| reason.clone()),
            until: self.0.suspension.as_ref().and_then(|(_, until)| *until),
        };
        let mut response = Response::builder()
            .status(kind.status())
            .content_type(CONTENT_TYPE)
            .header(CACHE_CONTROL, "no-store")
            .body(serde_json::to_vec(&view).unwrap_or_default());
        response.headers_mut().extend(self.0.headers.iter().cloned());
        response
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.0.kind.title(), self.0.detail)
    }
}

impl Error for ApiError {}

impl ResponseError for ApiError {
    fn status(&self) -> StatusCode {
        self.0.kind.status()
    }

    fn as_response(&self) -> Response {
        self.response("")
    }
}

impl ApiResponse for ApiError {
    fn meta() -> MetaResponses {
        let responses = ProblemKind::ALL
            .into_iter()
            .filter(|kind| is_documented(*kind))
            .map(|kind| MetaResponse {
                description: description(kind),
                status: Some(kind.status().as_u16()),
                status_range: None,
                content: vec![MetaMediaType {
                    content_type: CONTENT_TYPE,
                    schema: ProblemView::schema_ref(),
                }],
                headers: documented_headers(kind),
            })
            .collect();
        MetaResponses { responses }
    }

    fn register(registry: &mut Registry) {
        ProblemView::register(registry);
    }
}

/// What an operation cannot answer: those kinds come from the router, or from contents of files, which say so themselves.
/// Of two kinds with one status the first is documented.
fn is_documented(kind: ProblemKind) -> bool {
    !matches!(
        kind,
        ProblemKind::MethodNotAllowed
            | ProblemKind::SecondFactorRequired
            | ProblemKind::SecondFactorSetupRequired
            | ProblemKind::RangeNotSatisfiable
            | ProblemKind::FileNotScanned
            | ProblemKind::FileInfected
            | ProblemKind::EmailNotVerified
            | ProblemKind::QuotaExceeded
            | ProblemKind::AccountSuspended
            | ProblemKind::ForeignOrigin
    )
}

fn description(kind: ProblemKind) -> &'static str {
    match kind {
        ProblemKind::StorageFull => "The server has no room left, or your files take up as much as they may",
        kind => kind.title(),
    }
}

fn documented_headers(kind: ProblemKind) -> Vec<MetaHeader> {
    match kind {
        ProblemKind::Unauthenticated => vec![header("WWW-Authenticate", "How to prove who one is", true)],
        ProblemKind::Unavailable => vec![header("Retry-After", "When to try again, in seconds", true)],
        ProblemKind::RateLimited => {
            let mut headers = vec![header("Retry-After", "When to try again, in seconds", true)];
            headers.extend(limit_headers());
            headers
        }
        _ => Vec::new(),
    }
}

/// What answers tell of the limits that they were counted by. What is counted in another way than by time has no quota,
/// and nothing has where limits are off.
pub(crate) fn limit_headers() -> [MetaHeader; 2] {
    [
        header("RateLimit", "How many more, and when the count is back at its most", false),
        header("RateLimit-Policy", "How many in how many seconds", false),
    ]
}

fn header(name: &str, description: &str, required: bool) -> MetaHeader {
    MetaHeader {
        name: name.to_owned(),
        description: Some(description.to_owned()),
        required,
        deprecated: false,
        schema: String::schema_ref(),
    }
}
