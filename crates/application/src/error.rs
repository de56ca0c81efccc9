//! What a service can answer instead of what was asked for. The API maps it to status codes in one table.

use std::time::Duration;

use plaza_domain::{InvalidInput, RepositoryError, Suspension, Violation, repository::Constraint};
use thiserror::Error;

use crate::ports::{BlobError, BoxError, OneTimeStoreError, Refusal, TokenRejection};

/// What every service call returns.
pub type Result<T> = std::result::Result<T, Error>;

/// Why a service did not do what it was asked for.
#[derive(Debug, Error)]
pub enum Error {
    /// The input breaks a rule.
    #[error("{0}")]
    Invalid(#[from] InvalidInput),
    /// Who asks is not known.
    #[error("{0}")]
    Unauthenticated(Unauthenticated),
    /// Who asks has established who they are, but for their second factor.
    #[error("{}", if *was_wrong { "the code is wrong, or was used before" } else { "a code of the second factor is needed" })]
    SecondFactorRequired {
        /// What a code is to be shown with.
        challenge: String,
        /// Whether one was shown with it.
        was_wrong: bool,
    },
    /// Who asks may do nothing before they have set up a second factor.
    #[error("the server requires a second factor of you: set it up first")]
    SecondFactorSetupRequired,
    /// The account may not be used; only who has proven that it is theirs is told.
    #[error("the account is {}", .0.kind.as_str())]
    Suspended(Box<Suspension>),
    /// Who asks may not; they may know that the thing exists.
    #[error("{0}")]
    Forbidden(&'static str),
    /// Who asks has to prove their address first.
    #[error("confirm your e-mail address first: the link is in the mail that you were sent")]
    EmailNotVerified,
    /// The thing does not exist, or who asks may not know that it does.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// It does not fit what is there.
    #[error("{0}")]
    Conflict(String),
    /// The upload is larger than allowed.
    #[error("the file is larger than {limit} bytes")]
    TooLarge {
        /// The most that is taken, in bytes.
        limit: u64,
    },
    /// The upload is of a type that is not taken.
    #[error("{0}")]
    Refused(Refusal),
    /// The file waits for the scanner.
    #[error("the file has not been looked through for malicious software yet")]
    NotScanned {
        /// When to ask again.
        retry_after: Duration,
    },
    /// The scanner found something in the file.
    #[error("malicious software was found in the file")]
    Infected,
    /// The upload broke off.
    #[error("the upload did not arrive whole")]
    Interrupted(#[source] BoxError),
    /// Too often.
    #[error("rate limit exceeded")]
    RateLimited {
        /// When to try again.
        retry_after: Duration,
    },
    /// As many uploads of the user are under way as may be.
    #[error("at most {at_most} uploads at a time: wait until one is over")]
    TooManyUploads {
        /// How many may be.
        at_most: u64,
        /// When to try again.
        retry_after: Duration,
    },
    /// The user's files would take up more than they may.
    #[error("the file does not fit: your files take up {used} of {allowed} bytes")]
    QuotaExceeded {
        /// What they take up, in bytes.
        used: u64,
        /// What they may take up, in bytes.
        allowed: u64,
    },
    /// There is no room for the upload.
    #[error("the server has no room for more files")]
    StorageFull,
    /// Something that Plaza depends on does not answer; trying again later may help.
    #[error("the server cannot do this right now")]
    Unavailable(#[source] BoxError),
    /// A login provider does not answer, or not as it should; trying again later may help.
    #[error("the login provider does not answer as it should: try again later, or log in in another way")]
    ProviderUnavailable(#[source] BoxError),
    /// A fault of Plaza's own.
    #[error("something went wrong inside the server")]
    Internal(#[source] BoxError),
}

/// Why who asks is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Unauthenticated {
    /// Wrong name or password; which of the two is not told.
    #[error("the name or the password is wrong")]
    Credentials,
    /// There is no such challenge, or no more.
    #[error("there is nothing to answer any more: log in again")]
    Challenge,
    /// No token.
    #[error("a bearer token is required")]
    Missing,
    /// The token is refused.
    #[error("{0}")]
    Token(#[from] TokenRejection),
    /// The refresh token is unknown, used up or expired.
    #[error("the refresh token is not valid")]
    RefreshToken,
    /// The account may not be used.
    #[error("the account is banned")]
    Banned,
    /// Nobody was sent to a login provider with what came back, or with another browser, or too long ago.
    #[error("this login was not begun in this browser, took too long, or is over: begin again")]
    LoginFlow,
    /// The user did not want to be known to a login provider, or it did not want them.
    #[error("the login provider says that the login was refused")]
    LoginDenied,
    /// What a login provider answered proves nothing.
    #[error("the login provider did not prove who you are: begin again")]
    Unproven,
    /// The login code is unknown, used, too old, or meant for somebody else.
    #[error("the login code is not valid")]
    LoginCode,
    /// The login was ended.
    #[error("the session has ended")]
    SessionEnded,
}

impl From<Unauthenticated> for Error {
    fn from(reason: Unauthenticated) -> Self {
        Self::Unauthenticated(reason)
    }
}

impl From<Violation> for Error {
    fn from(violation: Violation) -> Self {
        Self::Invalid(violation.into())
    }
}

impl From<RepositoryError> for Error {
    fn from(error: RepositoryError) -> Self {
        match error {
            RepositoryError::Conflict { constraint: Constraint::UserEmail } => {
                Self::Conflict("the e-mail address is taken".to_owned())
            }
            RepositoryError::Conflict { constraint: Constraint::UserUsername } => {
                Self::Conflict("the username is taken".to_owned())
            }
            RepositoryError::Conflict { constraint: Constraint::TaskUniqueKey } => {
                Self::Conflict("another task with the same key is waiting or running".to_owned())
            }
            RepositoryError::Conflict { constraint: Constraint::IdentitySubject } => {
                Self::Conflict("this login belongs to an account already".to_owned())
            }
            RepositoryError::Conflict { constraint: Constraint::IdentityUser } => {
                Self::Conflict("another login of the same provider is linked to the account".to_owned())
            }
            RepositoryError::NotFound { entity } => Self::NotFound(entity),
            RepositoryError::Unavailable(_) => Self::Unavailable(error.into()),
            RepositoryError::Conflict { .. } | RepositoryError::Corrupt { .. } => {
                Self::Internal(error.into())
            }
        }
    }
}

impl From<BlobError> for Error {
    fn from(error: BlobError) -> Self {
        match error {
            BlobError::Full => Self::StorageFull,
            BlobError::NotFound { .. } => Self::Internal(error.into()),
            BlobError::Unavailable(_) => Self::Unavailable(error.into()),
        }
    }
}

impl From<OneTimeStoreError> for Error {
    fn from(error: OneTimeStoreError) -> Self {
        Self::Unavailable(error.into())
    }
}
