//! Bytes of files as HTTP serves them: whole or in part, named, cached, and harmless in a browser.

mod disposition;
mod range;
mod response;

pub(crate) use response::{ContentResponse, serve};
