//! How the API says that something went wrong: RFC 9457 problem documents, one kind each with an address that explains it.

mod convert;
mod error;
mod headers;
mod kind;
mod log;
mod page;
mod view;

pub(crate) use convert::from_poem;
pub(crate) use error::{ApiError, limit_headers};
pub(crate) use headers::whole_seconds;
pub(crate) use kind::ProblemKind;
pub(crate) use log::log_cause;
pub(crate) use page::problem_page;
pub(crate) use view::{CONTENT_TYPE as PROBLEM_CONTENT_TYPE, FieldErrorView, ProblemView};
