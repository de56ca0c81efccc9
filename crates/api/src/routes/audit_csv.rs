//! The audit log as CSV (RFC 4180), a part at a time, and such that a spreadsheet runs nothing of it.

use std::io;

use csv::{Terminator, WriterBuilder};
use futures::{Stream, StreamExt, stream};
use plaza_application::AuditExport;
use plaza_domain::AuditEntry;
use uuid::Uuid;

use crate::UtcTime;

const COLUMNS: usize = 12;
const HEADING: [&str; COLUMNS] = [
    "number",
    "at",
    "action",
    "actor_kind",
    "actor_id",
    "target_kind",
    "target_id",
    "address",
    "user_agent",
    "details",
    "previous_hash",
    "hash",
];
/// What spreadsheets begin a formula with, and what they skip before one.
const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// The heading, and then a part for each part of the export.
pub(super) fn lines(export: AuditExport) -> impl Stream<Item = io::Result<Vec<u8>>> + Send + 'static {
    let heading = stream::once(async { encode([HEADING.map(str::to_owned)]) });
    let parts = stream::try_unfold(export, |mut export| async move {
        let entries = export.next().await.map_err(io::Error::other)?;
        if entries.is_empty() {
            return Ok(None);
        }
        Ok(Some((encode(entries.into_iter().map(row))?, export)))
    });
    heading.chain(parts)
}

fn encode(rows: impl IntoIterator<Item = [String; COLUMNS]>) -> io::Result<Vec<u8>> {
    let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(Vec::new());
    for row in rows {
        writer.write_record(row.map(harmless))?;
    }
    writer.into_inner().map_err(|error| io::Error::other(error.to_string()))
}

fn row(entry: AuditEntry) -> [String; COLUMNS] {
    let id = |id: Option<Uuid>| id.map(|id| id.to_string()).unwrap_or_default();
    [
        entry.number.to_string(),
        UtcTime(entry.at).to_string(),
        entry.action,
        entry.actor_kind,
        id(entry.actor_id),
        entry.target_kind.unwrap_or_default(),
        id(entry.target_id),
        entry.address.unwrap_or_default(),
        entry.user_agent.unwrap_or_default(),
        entry.details,
        entry.previous_hash.to_string(),
        entry.hash.to_string(),
    ]
}

fn harmless(cell: String) -> String {
    if cell.starts_with(FORMULA) { format!("'{cell}") } else { cell }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spreadsheet_finds_no_formula() -> io::Result<()> {
        let mut cells = HEADING.map(str::to_owned);
        for (cell, dangerous) in cells.iter_mut().zip(["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "a=1"]) {
            *cell = dangerous.to_owned();
        }
        let line = String::from_utf8(encode([cells])?).map_err(io::Error::other)?;
        assert!(line.starts_with("'=1+1,'+1,'-1,'@SUM(A1),'\t=1,a=1,"), "{line}");
        Ok(())
    }

    #[test]
    fn what_a_client_says_stays_in_its_cell() -> io::Result<()> {
        let mut cells = HEADING.map(str::to_owned);
        "curl\", \"x\",\r\n2".clone_into(&mut cells[8]);
        let text = String::from_utf8(encode([cells])?).map_err(io::Error::other)?;
        assert!(text.contains("\"curl\"\", \"\"x\"\",\r\n2\"") && text.ends_with("hash\r\n"), "{text}");
        Ok(())
    }
}
