//! What happens around every request.

mod allow;
mod body_limit;
mod cors;
mod errors;
mod headers;
mod limits;
mod secured;
mod trace;

pub(crate) use allow::AllowedMethods;
pub(crate) use body_limit::{FORM_OVERHEAD, limit_body};
pub(crate) use cors::share_with_origins;
pub(crate) use errors::answer_with_problems;
pub(crate) use headers::add_security_headers;
pub(crate) use limits::{limit_requests, tell_limits};
pub(crate) use secured::Secured;
pub(crate) use trace::trace_request;
