//! Scanners for malicious software.

mod address;
mod clamd;
mod protocol;

pub use address::ClamdAddress;
pub use clamd::{ClamdScanner, ClamdSettings};
