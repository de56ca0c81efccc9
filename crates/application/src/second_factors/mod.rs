//! Second factors: what a login asks for beside a password, how users set it up, and what stands in for a lost one.

mod check;
mod codes;
mod service;

pub use check::SecondFactor;
pub(crate) use check::SecondFactors;
pub(crate) use service::forget;
pub use service::{Enrolment, SecondFactorService, SecondFactorStatus};
