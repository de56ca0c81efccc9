//! An object store in a folder of the machine.

mod list;
mod reader;
mod store;
mod writer;

pub use store::FileBlobStore;

use std::io;

use plaza_application::ports::BlobError;

/// What a failure of the file system means to those who store files.
fn from_io(error: io::Error) -> BlobError {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => BlobError::Full,
        _ => BlobError::Unavailable(error.into()),
    }
}

#[cfg(test)]
mod tests;
