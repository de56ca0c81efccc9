//! The close codes, as people read them.

use crate::ws::close::Close;

/// Every code that a connection can end with, by code: why, and whether to come back.
pub(super) fn rows() -> Vec<(u16, &'static str, &'static str)> {
    let mut rows = Close::ALL.map(|close| (close.code(), close.reason(), close.advice())).to_vec();
    rows.push((1000, "the client said goodbye", "as it likes"));
    rows.sort_unstable();
    rows
}

/// The same as a table in Markdown.
pub(super) fn table() -> String {
    let head = "| code | why | come back? |\n|---|---|---|\n".to_owned();
    rows()
        .into_iter()
        .fold(head, |table, (code, reason, advice)| table + &format!("| {code} | {reason} | {advice} |\n"))
}
