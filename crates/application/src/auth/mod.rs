//! Accounts are made, users log in and stay so, and every request proves who makes it.

mod refresh;
mod service;
mod uses;

pub(crate) use service::parse_password;
pub use service::{AuthService, Login, Registration};
