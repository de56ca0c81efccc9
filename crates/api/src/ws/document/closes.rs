//! The close codes, as people read them.

use crate::ws::close::Close;

/// A table in Markdown of every code that a connection can end with.
pub(super) fn table() -> String {
    let mut closes = Close::ALL.map(|close| (close.code(), close.reason(), close.advice())).to_vec();
    closes.push((1000, "the client said goodbye", "as it likes"));
    closes.sort_unstable();
    let head = "| code | why | come back? |\n|---|---|---|\n".to_owned();
    closes
        .into_iter()
        .fold(head, |table, (code, reason, advice)| table + &format!("| {code} | {reason} | {advice} |\n"))
}
