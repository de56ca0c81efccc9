//! The Node.js that peers run on.

use std::path::{Path, PathBuf};

use crate::{
    Failure,
    machine::{facts::said, process::find_program},
};

/// The one that `bench/node/install.sh` has installed because the machine's is too old, or else the machine's.
pub(super) fn node() -> Result<PathBuf, Failure> {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("node/node_modules/.bin/node");
    let node = if own.is_file() { Some(own) } else { find_program("node", &[]) };
    Ok(node.ok_or("there is no node: install the package nodejs")?)
}

/// The first line that it prints; empty when it cannot be had.
pub(super) fn said_by_node(arguments: &[&str]) -> String {
    node().map(|node| said(&node.display().to_string(), arguments)).unwrap_or_default()
}
