//! Bytes of files as HTTP serves them: whole or in part, named, cached, and harmless in a browser.

mod conditions;
mod disposition;
mod exposure;
mod method;
mod range;
mod response;

pub(crate) use exposure::Exposure;
pub(crate) use method::remember_head;
pub(crate) use response::{ContentResponse, serve};
