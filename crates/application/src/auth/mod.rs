//! Accounts are made, users log in and stay so, and every request proves who makes it.

mod begin;
mod challenge;
mod password_rules;
mod refresh;
mod service;
mod uses;

pub use begin::LoginMethod;
pub(crate) use password_rules::parse_password;
pub(crate) use service::FIRST_ADMIN;
pub use service::{AuthService, Login, Registration};
