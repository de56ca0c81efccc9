//! crates/worker
