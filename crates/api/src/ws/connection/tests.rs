//! What a connection needs while nothing happens.

use super::*;

/// How many bytes a function's return value takes.
fn size_of_returned<A, B, C, D, R>(_: fn(A, B, C, D) -> R) -> usize {
    size_of::<R>()
}

#[test]
fn what_an_idle_connection_goes_through_is_small() {
    let bytes = size_of_returned(Connection::run);
    assert!(bytes <= 1_536, "{bytes} bytes, {} of them the connection", size_of::<Connection>());
}
