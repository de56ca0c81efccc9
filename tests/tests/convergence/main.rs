//! Snapshot + changes = fresh snapshot: whatever happens in a room, and however connections break, every client ends
//! with what a new one is told.
//!
//! `PROPTEST_CASES=500 cargo test --package plaza-tests --test convergence` tries more than the few of every day.

#![expect(clippy::expect_used, reason = "a failed expectation is a failed test")]
#![expect(clippy::panic, reason = "a test fails by panicking")]

mod follower;
mod script;
mod story;

use plaza_tests::{Options, Plaza, Setup, servers::Failure};
use proptest::test_runner::{Config, TestCaseError, TestError, TestRunner};
use tokio::runtime::Runtime;

use crate::{script::Step, story::Story};

/// Few, but long.
const CASES: u32 = 12;
/// So few that clients who come back late must begin anew.
const MAX_REPLAY: &str = "40";
const SHRINKING_MS: u32 = 120_000;

#[test]
fn every_client_of_an_embedded_server_ends_with_a_fresh_snapshot() {
    converge(Setup::Embedded);
}

#[test]
fn every_client_of_two_instances_ends_with_a_fresh_snapshot() {
    converge(Setup::Distributed);
}

fn converge(setup: Setup) {
    let runtime = Runtime::new().expect("a runtime");
    // Dropped within the runtime that it was started in, after the property was tried.
    let plaza =
        runtime.block_on(Options::new(setup).variable("PLAZA_LIMITS__MAX_REPLAY", MAX_REPLAY).start());
    let asked = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok());
    let config = Config {
        cases: asked.unwrap_or(CASES),
        failure_persistence: None,
        max_shrink_time: SHRINKING_MS,
        ..Config::default()
    };
    let tried = TestRunner::new(config).run(&script::script(), |steps| {
        runtime
            .block_on(Box::pin(play(&plaza, &steps)))
            .map_err(|failure| TestCaseError::fail(failure.to_string()))
    });
    match tried {
        Ok(()) => {}
        Err(TestError::Fail(reason, steps)) => {
            let steps: Vec<String> = steps.iter().map(|step| format!("  {step:?}")).collect();
            panic!("{reason}\nafter\n{}", steps.join("\n"));
        }
        Err(TestError::Abort(reason)) => panic!("{reason}"),
    }
}

async fn play(plaza: &Plaza, steps: &[Step]) -> Result<(), Failure> {
    let mut story = Story::begin([plaza.a(), plaza.b()]).await?;
    for step in steps {
        story.play(step).await?;
    }
    story.end().await
}
