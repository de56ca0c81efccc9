//! An object store that speaks Amazon's S3.

mod bucket;
mod error;
mod store;
mod writer;

pub use bucket::S3Settings;
pub use error::S3Error;
pub use store::S3BlobStore;
