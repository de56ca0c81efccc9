//! What the server answers to a frame that it did not do.

use std::time::Duration;

use plaza_application::{Error, Unauthenticated};
use plaza_domain::RoomId;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::value::RawValue;
use uuid::Uuid;

/// The stable name of a kind of error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, JsonSchema, Serialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::ws) enum ErrorCode {
    /// Not a JSON object with a `type`.
    BadFrame,
    /// A `type` that this server does not know.
    UnknownType,
    /// The token is not accepted.
    Unauthenticated,
    /// The user may not do this.
    Forbidden,
    /// The user has to prove their address first.
    EmailNotVerified,
    /// No such thing, or none that the user may know of.
    NotFound,
    /// A field is missing, or breaks a rule.
    Invalid,
    /// More than is taken.
    TooLarge,
    /// Too often: wait for `retry_after_ms`.
    RateLimited,
    /// Not possible as things are now.
    Conflict,
    /// The server cannot do it now: try again later.
    Unavailable,
    /// A fault of the server's.
    Internal,
}

/// An `error` frame.
#[derive(Debug, JsonSchema, Serialize)]
pub(in crate::ws) struct ErrorFrame {
    /// What is wrong, as a sentence for people.
    pub(in crate::ws) reason: String,
    /// What is wrong, for programs.
    pub(in crate::ws) code: ErrorCode,
    /// The `id` of the frame that this answers, as the client wrote it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::ws) id: Option<Box<RawValue>>,
    /// The `client_id` of the frame that this answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::ws) client_id: Option<String>,
    /// The room that could not be followed, when the frame named several.
    #[schemars(with = "Option<Uuid>")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::ws) room_id: Option<RoomId>,
    /// How long to wait before trying again, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::ws) retry_after_ms: Option<u64>,
}

impl ErrorFrame {
    pub(in crate::ws) fn new(code: ErrorCode, reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), code, id: None, client_id: None, room_id: None, retry_after_ms: None }
    }

    /// What a service's refusal is called here. A fault of the server's own is logged, not told.
    pub(in crate::ws) fn from_error(error: &Error) -> Self {
        let code = match error {
            Error::Invalid(_) | Error::Refused(_) | Error::Interrupted(_) => ErrorCode::Invalid,
            Error::Unauthenticated(_) | Error::SecondFactorRequired { .. } => ErrorCode::Unauthenticated,
            Error::EmailNotVerified => ErrorCode::EmailNotVerified,
            Error::Forbidden(_)
            | Error::Suspended(_)
            | Error::SecondFactorSetupRequired
            | Error::Infected => ErrorCode::Forbidden,
            Error::NotFound(_) => ErrorCode::NotFound,
            Error::Conflict(_) | Error::NotScanned { .. } => ErrorCode::Conflict,
            Error::TooLarge { .. } | Error::QuotaExceeded { .. } => ErrorCode::TooLarge,
            Error::RateLimited { retry_after } | Error::TooManyUploads { retry_after, .. } => {
                return Self::rate_limited(*retry_after);
            }
            Error::StorageFull | Error::Unavailable(_) | Error::ProviderUnavailable(_) => {
                ErrorCode::Unavailable
            }
            Error::Internal(_) => ErrorCode::Internal,
        };
        if matches!(error, Error::Internal(_) | Error::Unavailable(_)) {
            tracing::warn!(error = ?error, "a client frame could not be handled");
        }
        Self::new(code, error.to_string())
    }

    /// Too often.
    pub(in crate::ws) fn rate_limited(retry_after: Duration) -> Self {
        let retry_after_ms = u64::try_from(retry_after.as_millis()).ok();
        Self { retry_after_ms, ..Self::new(ErrorCode::RateLimited, "rate limit exceeded") }
    }

    /// The connection has proved nothing yet.
    pub(in crate::ws) fn unauthenticated(reason: &Unauthenticated) -> Self {
        Self::new(ErrorCode::Unauthenticated, reason.to_string())
    }
}
