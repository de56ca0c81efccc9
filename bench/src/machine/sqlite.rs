//! Statements in a server's SQLite file, beside the server.

use std::path::Path;

use super::process::{Launch, find_program, output_of};
use crate::Failure;

/// Python comes with SQLite, and the peers need it anyway.
const SCRIPT: &str = "import sqlite3, sys
database = sqlite3.connect(sys.argv[1], timeout=60, isolation_level=None)
database.executescript(sys.argv[2])
database.execute('PRAGMA wal_checkpoint(PASSIVE)')";

/// Runs statements.
pub(crate) fn run(file: &Path, statements: &str) -> Result<(), Failure> {
    let python = find_program("python3", &[]).ok_or("there is no python3: install the package python3")?;
    let folder = file.parent().unwrap_or(Path::new("/"));
    let file = file.display().to_string();
    output_of(&Launch::new(python, folder).arguments(["-c", SCRIPT, &file, statements])).map(drop)
}
