//! The machine that is measured on: processes, the stores that servers need, and what they take.

pub(crate) mod facts;
pub(crate) mod process;
pub(crate) mod sqlite;
pub(crate) mod stores;
pub(crate) mod usage;
pub(crate) mod wait;
