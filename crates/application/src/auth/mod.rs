//! Accounts are made, users log in and stay so, and every request proves who makes it.

mod begin;
mod challenge;
mod enroll;
mod logout;
mod password_rules;
mod refresh;
mod service;
mod uses;

pub use begin::LoginMethod;
pub(crate) use enroll::{FIRST_ADMIN, enroll_known};
pub(crate) use password_rules::parse_password;
pub use service::{AuthService, Login, Registration};
