//! The server: from a configuration to a socket that answers, and to an end in which nothing is lost.

mod acceptor;
mod application;
mod head_deadline;
mod signals;

pub use application::{Application, ServeError};
pub(crate) use signals::StopSignals;
