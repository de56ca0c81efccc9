//! The one table from what services answer to what HTTP answers.

use plaza_application::{Error, Unauthenticated, ports::Refusal};
use poem::http::{HeaderValue, header::RETRY_AFTER};

use tokio::time::error::Elapsed;

use crate::problem::{ApiError, FieldErrorView, ProblemKind, whole_seconds};

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        let detail = error.to_string();
        match error {
            Error::Invalid(input) => Self::invalid(
                input
                    .violations
                    .into_iter()
                    .map(|violation| FieldErrorView::new(violation.field, violation.message))
                    .collect(),
            ),
            Error::Unauthenticated(_) => Self::new(ProblemKind::Unauthenticated, detail),
            Error::SecondFactorRequired { challenge, .. } => {
                Self::new(ProblemKind::SecondFactorRequired, detail).with_challenge(challenge)
            }
            Error::SecondFactorSetupRequired => Self::new(ProblemKind::SecondFactorSetupRequired, detail),
            Error::Suspended(suspension) => {
                Self::new(ProblemKind::AccountSuspended, detail).with_suspension(*suspension)
            }
            Error::Forbidden(_) => Self::new(ProblemKind::Forbidden, detail),
            Error::EmailNotVerified => Self::new(ProblemKind::EmailNotVerified, detail),
            Error::NotFound(_) => Self::new(ProblemKind::NotFound, detail),
            Error::Conflict(_) => Self::new(ProblemKind::Conflict, detail),
            Error::TooLarge { .. } => Self::new(ProblemKind::TooLarge, detail),
            Error::Refused(Refusal::TooManyPixels { .. }) => Self::new(ProblemKind::Invalid, detail),
            Error::Refused(Refusal::UnsupportedType | Refusal::Mismatch { .. }) => {
                Self::new(ProblemKind::UnsupportedMediaType, detail)
            }
            Error::NotScanned { retry_after } => Self::new(ProblemKind::FileNotScanned, detail)
                .with_header(RETRY_AFTER, HeaderValue::from(retry_after.as_secs().max(1))),
            Error::Infected => Self::new(ProblemKind::FileInfected, detail),
            Error::Interrupted(cause) if cause.is::<Elapsed>() => {
                Self::new(ProblemKind::RequestTimeout, detail).because(cause)
            }
            Error::Interrupted(cause) => Self::new(ProblemKind::BadRequest, detail).because(cause),
            Error::RateLimited { retry_after } => {
                let seconds = whole_seconds(retry_after).max(1);
                Self::new(ProblemKind::RateLimited, detail)
                    .with_header(RETRY_AFTER, HeaderValue::from(seconds))
            }
            Error::TooManyUploads { retry_after, .. } => {
                let seconds = whole_seconds(retry_after);
                Self::new(ProblemKind::RateLimited, detail)
                    .with_header(RETRY_AFTER, HeaderValue::from(seconds))
            }
            Error::QuotaExceeded { used, allowed } => {
                Self::new(ProblemKind::QuotaExceeded, detail).with_quota(used, allowed)
            }
            Error::StorageFull => Self::new(ProblemKind::StorageFull, detail),
            Error::ProviderUnavailable(cause) => Self::new(ProblemKind::Unavailable, detail).because(cause),
            Error::Unavailable(cause) => Self::new(ProblemKind::Unavailable, detail).because(cause),
            Error::Internal(cause) => Self::new(ProblemKind::Internal, detail).because(cause),
        }
    }
}

impl From<Unauthenticated> for ApiError {
    fn from(reason: Unauthenticated) -> Self {
        Error::from(reason).into()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use chrono::DateTime;
    use plaza_domain::{InvalidInput, Suspension};

    use super::*;

    #[test]
    fn every_answer_of_a_service_has_its_status() {
        let table = [
            (Error::Invalid(InvalidInput::single("name", "must not be empty")), 422),
            (Error::Unauthenticated(Unauthenticated::Credentials), 401),
            (Error::SecondFactorRequired { challenge: "c".to_owned(), was_wrong: false }, 401),
            (Error::SecondFactorSetupRequired, 403),
            (Error::Suspended(Box::new(Suspension::ban(DateTime::UNIX_EPOCH))), 403),
            (Error::Forbidden("no"), 403),
            (Error::EmailNotVerified, 403),
            (Error::NotFound("room"), 404),
            (Error::Conflict("taken".to_owned()), 409),
            (Error::TooLarge { limit: 1 }, 413),
            (Error::Refused(Refusal::UnsupportedType), 415),
            (Error::NotScanned { retry_after: Duration::from_secs(5) }, 409),
            (Error::Infected, 403),
            (Error::Interrupted("gone".into()), 400),
            (Error::RateLimited { retry_after: Duration::from_millis(10) }, 429),
            (Error::TooManyUploads { at_most: 4, retry_after: Duration::from_secs(5) }, 429),
            (Error::QuotaExceeded { used: 9, allowed: 10 }, 507),
            (Error::StorageFull, 507),
            (Error::ProviderUnavailable("down".into()), 503),
            (Error::Unavailable("down".into()), 503),
            (Error::Internal("bug".into()), 500),
        ];
        for (error, status) in table {
            let shown = error.to_string();
            let response = ApiError::from(error).response("/");
            assert_eq!(response.status().as_u16(), status, "{shown}");
        }
    }

    #[test]
    fn what_cannot_be_done_right_now_may_be_tried_again() {
        for error in [Error::Unavailable("busy".into()), Error::ProviderUnavailable("down".into())] {
            let response = ApiError::from(error).response("/");
            assert_eq!(response.header(RETRY_AFTER), Some("5"));
        }
    }

    #[test]
    fn a_cause_is_kept_for_the_log_and_not_shown() {
        let problem = ApiError::from(Error::Internal("SELECT secret FROM users".into()));
        assert!(problem.cause().is_some());
        assert!(!problem.to_string().contains("SELECT"));
    }
}
