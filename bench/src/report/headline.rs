//! What a reader in a hurry wants to know: one row for each kind of work, Plaza and the others.

use super::{Results, number::rough, sections::section};

const BEGIN: &str = "<!-- benchmark:begin -->";
const END: &str = "<!-- benchmark:end -->";

/// A row: what is done, in which scenario, by which figure.
const ROWS: [(&str, &str, &str); 9] = [
    ("1 room × 100 members, deliveries/s", "fanout", "deliveries_per_second"),
    ("20 rooms × 10 members, messages/s", "rooms", "messages_per_second"),
    ("100 members, 300 messages/s: p99 in ms", "paced", "p99_ms"),
    ("1,000 members, 10 messages/s: p99 in ms", "big-room", "p99_ms"),
    ("KiB for an idle connection", "idle", "kib_per_connection"),
    ("pages of 50 from a long history, pages/s", "history", "pages_per_second"),
    ("tasks that do nothing, tasks/s", "tasks", "tasks_per_second"),
    ("4 MP pictures, a second and core", "pictures", "pictures_per_core_second"),
    ("from start to ready, ms", "start", "start_ms"),
];

/// A column: heading, and whose figures are in it; the first who has one.
const COLUMNS: [(&str, &[&str]); 10] = [
    ("Plaza", &["plaza"]),
    ("Plaza embedded", &["plaza-embedded"]),
    ("FastAPI", &["fastapi"]),
    ("Socket.IO", &["socketio"]),
    ("ejabberd", &["ejabberd"]),
    ("prosody", &["prosody"]),
    ("nchan (nothing durable)", &["nchan"]),
    ("Celery", &["celery"]),
    ("BullMQ", &["bullmq"]),
    ("BullMQ, durable", &["bullmq-durable"]),
];

/// The table, with those columns that have figures.
pub(super) fn headline(results: &Results) -> String {
    let cell = |peers: &[&str], scenario: &str, figure: &str| {
        let by = section(scenario)?.by;
        peers.iter().find_map(|peer| results.median(scenario, peer, by)?.figure(figure))
    };
    let is_filled = |(_, peers): &&(&str, &[&str])| {
        ROWS.iter().any(|(_, scenario, figure)| cell(peers, scenario, figure).is_some())
    };
    let columns: Vec<_> = COLUMNS.iter().filter(is_filled).collect();
    let headings: Vec<&str> = columns.iter().map(|(heading, _)| *heading).collect();
    let mut text = format!("| | {} |\n|---|{}\n", headings.join(" | "), "---:|".repeat(columns.len()));
    for (work, scenario, figure) in ROWS {
        let cells: Vec<Option<f64>> =
            columns.iter().map(|(_, peers)| cell(peers, scenario, figure)).collect();
        if cells.iter().any(Option::is_some) {
            let cells: Vec<String> =
                cells.into_iter().map(|value| value.map_or_else(|| "–".to_owned(), rough)).collect();
            text.push_str(&format!("| {work} | {} |\n", cells.join(" | ")));
        }
    }
    text
}

/// A README with what is between its two marks written anew; `None` when it does not have them.
pub(crate) fn with_headline(readme: &str, results: &Results) -> Option<String> {
    let (before, rest) = readme.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    let facts = &results.facts;
    let machine = format!(
        "Measured on {}, {} with {} cores and {} GiB, everything on the one machine, load generator included; every \
         message is committed before it is delivered, but for nchan. \
         [How, and all figures](docs/benchmarks.md); `make bench` measures it again.",
        facts.date, facts.processor, facts.cores, facts.memory_gib
    );
    Some(format!("{before}{BEGIN}\n## How fast it is\n\n{}\n{machine}\n{END}{after}", headline(results)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Outcome;

    #[test]
    fn only_what_is_between_the_marks_is_written_anew() {
        let outcome =
            Outcome { scenario: "fanout".to_owned(), peer: "plaza".to_owned(), ..Outcome::default() };
        let outcomes = vec![outcome.with("deliveries_per_second", 512_345.0)];
        let results = Results { outcomes, ..Results::default() };
        let readme = format!("before\n{BEGIN}\nold\n{END}\nafter\n");
        let written = with_headline(&readme, &results).unwrap_or_default();
        assert!(written.starts_with("before\n") && written.ends_with("\nafter\n"), "{written}");
        assert!(written.contains("| 512,000 |") && !written.contains("old"), "{written}");
        assert_eq!(with_headline("no marks", &results), None);
    }
}
