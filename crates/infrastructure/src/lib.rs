//! The adapters behind Plaza's ports, their configuration, and the one place where everything is wired together.

pub mod clock;
pub mod config;
pub mod content;
pub mod db;
pub mod files;
pub mod health;
pub mod logging;
pub mod mail;
pub mod metrics;
pub mod monitor;
pub mod oidc;
pub mod redis;
pub mod s3;
pub mod scan;
pub mod security;
pub mod signals;
pub mod wiring;

mod folder;
