//! Attacks on the real servers. Each test prints in one line what was tried, and how much of it worked: nothing.
#![expect(clippy::expect_used, clippy::panic, reason = "a failed expectation is a failed test")]
#![expect(clippy::print_stdout, reason = "the counts are what an attack test is for")]

mod bad_tokens;
mod claims;
mod corpus;
mod flood;
mod headers;
mod mutations;
mod providers;
mod races;
mod refresh_tokens;
mod report;
mod sessions;
mod statistics;
mod strangers;
mod times;
mod turns;
