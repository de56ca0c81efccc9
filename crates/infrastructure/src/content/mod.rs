//! What users write and upload: how it is shown, and what it is.

mod markup;
mod media;
mod office;
mod plain;
mod prose;

pub use markup::CommonMark;
pub use media::HeadInspector;
