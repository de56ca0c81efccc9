//! Where the binaries under test are.

use std::path::PathBuf;

/// The path of a binary of the workspace, built with the same profile as the running program.
pub(super) fn path(name: &str) -> PathBuf {
    let running = std::env::current_exe().expect("the path of the running program");
    let folder = running.parent().expect("a program is in a folder");
    // A test is in target/<profile>/deps, a program in target/<profile>.
    let folder = folder.parent().filter(|_| folder.ends_with("deps")).unwrap_or(folder);
    let program = folder.join(name);
    assert!(
        program.is_file(),
        "{} is missing: build it with `cargo build --bins`, or run `make test`",
        program.display()
    );
    program
}
