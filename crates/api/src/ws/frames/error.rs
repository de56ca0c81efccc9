//! What the server answers to a frame that it did not do.

use std::time::Duration;

use plaza_application::{Error, Unauthenticated};
use plaza_domain::RoomId;
use serde::Serialize;
use serde_json::value::RawValue;

/// The stable name of a kind of error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::ws) enum ErrorCode {
    BadFrame,
    UnknownType,
    Unauthenticated,
    Forbidden,
    NotFound,
    Invalid,
    TooLarge,
    RateLimited,
    Conflict,
    Unavailable,
    Internal,
}

/// An `error` frame.
#[derive(Debug, Serialize)]
pub(in crate::ws) struct ErrorFrame {
    pub(in crate::ws) reason: String,
    pub(in crate::ws) code: ErrorCode,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::ws) id: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::ws) client_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::ws) room_id: Option<RoomId>,
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
            Error::Unauthenticated(_) => ErrorCode::Unauthenticated,
            Error::Forbidden(_) => ErrorCode::Forbidden,
            Error::NotFound(_) => ErrorCode::NotFound,
            Error::Conflict(_) => ErrorCode::Conflict,
            Error::TooLarge { .. } => ErrorCode::TooLarge,
            Error::RateLimited { retry_after } => return Self::rate_limited(*retry_after),
            Error::StorageFull | Error::Unavailable(_) => ErrorCode::Unavailable,
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
