//! Where the binaries under test are.

use std::path::PathBuf;

/// The path of a binary of the workspace, built with the same profile as the running test.
pub(super) fn path(name: &str) -> PathBuf {
    // target/<profile>/deps/<test>
    let test = std::env::current_exe().expect("the path of the running test");
    let folder = test.ancestors().nth(2).expect("a test runs in a target folder");
    let program = folder.join(name);
    assert!(
        program.is_file(),
        "{} is missing: build it with `cargo build --bins`, or run `make test`",
        program.display()
    );
    program
}
