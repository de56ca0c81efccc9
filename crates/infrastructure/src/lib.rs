//! crates/infrastructure
