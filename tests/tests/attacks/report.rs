//! What an attack test prints.

use plaza_tests::Setup;

/// Prints the counts of an attack in one line.
pub(crate) fn tell(setup: Setup, attack: &str, counts: &str) {
    println!("attack: {attack} ({setup}): {counts}");
}
