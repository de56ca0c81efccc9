//! JSON as the API takes and gives it.

mod body;
mod misfit;
mod response;
mod text;

pub(crate) use body::{JsonBody, OptionalJsonBody};
pub(crate) use response::Json;
pub(crate) use text::Text;
