//! Every kind of problem that the API can answer with: its address, its title, its status, and what to do about it.

use poem::http::StatusCode;

/// What went wrong, as clients can tell it apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ProblemKind {
    BadRequest,
    Unauthenticated,
    SecondFactorRequired,
    Forbidden,
    EmailNotVerified,
    SecondFactorSetupRequired,
    NotFound,
    MethodNotAllowed,
    RequestTimeout,
    Conflict,
    FileNotScanned,
    FileInfected,
    TooLarge,
    UnsupportedMediaType,
    RangeNotSatisfiable,
    Invalid,
    RateLimited,
    Internal,
    Unavailable,
    StorageFull,
    QuotaExceeded,
    AccountSuspended,
    ForeignOrigin,
}

impl ProblemKind {
    pub(crate) const ALL: [Self; 23] = [
        Self::BadRequest,
        Self::Unauthenticated,
        Self::SecondFactorRequired,
        Self::Forbidden,
        Self::EmailNotVerified,
        Self::SecondFactorSetupRequired,
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::RequestTimeout,
        Self::Conflict,
        Self::FileNotScanned,
        Self::FileInfected,
        Self::TooLarge,
        Self::UnsupportedMediaType,
        Self::RangeNotSatisfiable,
        Self::Invalid,
        Self::RateLimited,
        Self::Internal,
        Self::Unavailable,
        Self::StorageFull,
        Self::QuotaExceeded,
        Self::AccountSuspended,
        Self::ForeignOrigin,
    ];

    /// The last part of the kind's address; never changes.
    pub(crate) const fn slug(self) -> &'static str {
        match self {
            Self::BadRequest => "bad-request",
            Self::Unauthenticated => "unauthenticated",
            Self::SecondFactorRequired => "second-factor-required",
            Self::Forbidden => "forbidden",
            Self::EmailNotVerified => "email-not-verified",
            Self::SecondFactorSetupRequired => "second-factor-setup-required",
            Self::NotFound => "not-found",
            Self::MethodNotAllowed => "method-not-allowed",
            Self::RequestTimeout => "request-timeout",
            Self::Conflict => "conflict",
            Self::FileNotScanned => "file-not-scanned",
            Self::FileInfected => "file-infected",
            Self::TooLarge => "too-large",
            Self::UnsupportedMediaType => "unsupported-media-type",
            Self::RangeNotSatisfiable => "range-not-satisfiable",
            Self::Invalid => "invalid",
            Self::RateLimited => "rate-limited",
            Self::Internal => "internal",
            Self::Unavailable => "unavailable",
            Self::StorageFull => "storage-full",
            Self::QuotaExceeded => "quota-exceeded",
            Self::AccountSuspended => "account-suspended",
            Self::ForeignOrigin => "foreign-origin",
        }
    }

    pub(crate) const fn status(self) -> StatusCode {
        match self {
            Self::BadRequest => StatusCode::BAD_REQUEST,
            Self::Unauthenticated | Self::SecondFactorRequired => StatusCode::UNAUTHORIZED,
            Self::Forbidden
            | Self::EmailNotVerified
            | Self::SecondFactorSetupRequired
            | Self::FileInfected
            | Self::AccountSuspended
            | Self::ForeignOrigin => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::RequestTimeout => StatusCode::REQUEST_TIMEOUT,
            Self::Conflict | Self::FileNotScanned => StatusCode::CONFLICT,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::RangeNotSatisfiable => StatusCode::RANGE_NOT_SATISFIABLE,
            Self::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
            Self::RateLimited => StatusCode::TOO_MANY_REQUESTS,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::StorageFull | Self::QuotaExceeded => StatusCode::INSUFFICIENT_STORAGE,
        }
    }

    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::BadRequest => "The request cannot be understood",
            Self::Unauthenticated => "Who is asking is not known",
            Self::SecondFactorRequired => "A second factor is required",
            Self::Forbidden => "This is not allowed",
            Self::EmailNotVerified => "Your e-mail address is not confirmed",
            Self::SecondFactorSetupRequired => "A second factor must be set up first",
            Self::NotFound => "There is no such thing",
            Self::MethodNotAllowed => "This cannot be done with this method",
            Self::RequestTimeout => "The request took too long to arrive",
            Self::Conflict => "This does not fit what is there",
            Self::FileNotScanned => "The file has not been scanned yet",
            Self::FileInfected => "The file is infected",
            Self::TooLarge => "The request is too large",
            Self::UnsupportedMediaType => "Content of this type is not accepted",
            Self::RangeNotSatisfiable => "There is no such part",
            Self::Invalid => "The input breaks a rule",
            Self::RateLimited => "Too many requests",
            Self::Internal => "The server made a mistake",
            Self::Unavailable => "The server cannot do this right now",
            Self::StorageFull => "The server has no room left",
            Self::QuotaExceeded => "Your files take up as much as they may",
            Self::AccountSuspended => "The account may not be used",
            Self::ForeignOrigin => "The request comes from a page that may not make it",
        }
    }

    /// What it means, and what a client can do.
    pub(crate) const fn explanation(self) -> &'static str {
        match self {
            Self::BadRequest => {
                "The request is not what HTTP, JSON or this API's addresses look like: broken JSON, an id that is not \
                 a UUID, a parameter of another type. Repeating it will not help; change it."
            }
            Self::Unauthenticated => {
                "There is no bearer token, or it is not valid any more, or the name or password is wrong. Get a new \
                 token by logging in or refreshing, then repeat the request."
            }
            Self::SecondFactorRequired => {
                "The login needs a second factor, or the code was wrong. Ask for the code that the authenticator shows, or \
                 for a recovery code, and send it with the challenge of this answer to \
                 /api/v1/auth/login/second-factor within five minutes."
            }
            Self::SecondFactorSetupRequired => {
                "The server requires a second factor of you. Until it is set up, at /api/v1/users/me/totp, your session is \
                 good for nothing else."
            }
            Self::Forbidden => {
                "You are known, and you may know that the thing exists, but your role does not allow this."
            }
            Self::EmailNotVerified => {
                "This server wants to know that you read the mail of your address before you post, react, upload, open \
                 rooms, or ask others to be friends. Follow the link in the mail that you were sent, or ask for another one \
                 with POST /auth/verify-email/request."
            }
            Self::NotFound => "The thing does not exist, or you may not know that it does.",
            Self::MethodNotAllowed => {
                "The address exists, but not with this method. The Allow header lists those that work."
            }
            Self::RequestTimeout => {
                "The body of the request stopped arriving. Repeat the request on a better connection."
            }
            Self::Conflict => {
                "The request fits its rules, but not what is stored: a name that is taken, a last owner who leaves. \
                 Look at the current state, then decide."
            }
            Self::FileNotScanned => {
                "The file is stored and waits for the virus scanner; until then nobody gets its bytes. Retry-After says \
                 when to ask again."
            }
            Self::FileInfected => {
                "The virus scanner found something in the file, or in the file that a picture was made of: nobody gets \
                 its bytes. Its owner can delete it."
            }
            Self::TooLarge => {
                "The body is larger than the server accepts. The detail names the limit. Send less."
            }
            Self::UnsupportedMediaType => {
                "The Content-Type of the request, or the type of an uploaded file, is not one that is accepted here."
            }
            Self::RangeNotSatisfiable => {
                "The Range header asks for bytes beyond the end. Content-Range tells the length."
            }
            Self::Invalid => {
                "The request could be read, but values in it break rules. The errors list says which fields, and what \
                 would be right."
            }
            Self::RateLimited => {
                "This was done too often. Retry-After says when to try again; RateLimit and RateLimit-Policy tell the \
                 limit."
            }
            Self::Internal => {
                "A fault of the server's own. Its log has the cause, under the id in the X-Request-Id header."
            }
            Self::Unavailable => {
                "Something that the server depends on does not answer, or too much is waiting. Try again a little \
                 later, and a message with the same client_id."
            }
            Self::StorageFull => "The server's storage is full. Its operator has to make room.",
            Self::AccountSuspended => {
                "The name and the password are right, and the account is banned or deactivated: reason says why, \
                 and until when it is not for good. Ask those who run the server."
            }
            Self::ForeignOrigin => {
                "The request comes with the refresh cookie, or asks for it, and its Origin is neither this server's \
                 (server.public_url) nor one that its operator has listed (server.cors_origins), or is missing. Browsers \
                 send it by themselves; clients that are none keep their refresh token themselves."
            }
            Self::QuotaExceeded => {
                "The file would make your files take up more than they may together: used_bytes and allowed_bytes \
                 tell how much that is. Delete files that you no longer need."
            }
        }
    }
}
