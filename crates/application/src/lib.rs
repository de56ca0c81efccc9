//! What Plaza does: one service for each part of the product, the policy that decides who may, and the ports for
//! everything that is not the database. Free of HTTP, SQL and Redis; see `examples/` for how to embed it.
//!
//! [`Services::start`] wires the services to their ports. [`Ports`] lists what must be provided.

pub mod commands;
pub mod events;
pub mod in_process;
pub mod ports;

mod actor;
mod error;
mod services;
mod settings;

pub use actor::Actor;
pub use error::{Error, Result, Unauthenticated};
pub use services::{Ports, Services};
pub use settings::{AuthSettings, LimitSettings, MessageSettings, Settings, UploadSettings};
