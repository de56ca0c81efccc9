//! The server: from a configuration to a socket that answers, and to an end in which nothing is lost.

mod acceptor;
mod application;
mod head_deadline;
mod open_files;

pub use application::{Application, ServeError};
