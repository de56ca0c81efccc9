//! The one place where adapters are chosen, by URL, and everything is wired together: for the server, the worker, and
//! tests alike.

mod adapters;
mod error;
mod plaza;

pub use error::StartError;
pub use plaza::{Plaza, Role};

#[cfg(test)]
mod tests;
