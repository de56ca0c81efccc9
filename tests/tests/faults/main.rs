//! Faults: the real servers are killed, paused and restarted while Plaza is used. Each test prints its counts.

#![expect(clippy::expect_used, reason = "a failed expectation is a failed test")]
#![expect(clippy::print_stdout, reason = "the counts are what a fault test is for")]
#![expect(clippy::panic, reason = "a test fails by panicking")]

mod exchange;
mod tasks;
mod worker;
