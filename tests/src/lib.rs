//! What Plaza's tests share: databases and Redis servers to test against, the real binaries as a fixture, and clients.
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a fixture that cannot be had fails the test that needs it, with a message that says why"
)]

pub mod backstage;
mod both_setups;
pub mod client;
pub mod conformance;
mod open_plaza;
pub mod permissions;
pub mod pictures;
mod plaza;
pub mod servers;

pub use open_plaza::OpenPlaza;
pub use plaza::{Options, Plaza, Setup};
