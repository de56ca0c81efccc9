//! The table of permissions, requests for its rows, and users who stand to things as it says.

pub mod call;
pub mod matrix;
pub mod stage;
