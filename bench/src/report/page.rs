//! The page of tables, in Markdown.

use std::fmt::Write;

use super::{Outcome, Results};

/// What is the same each time: how it was measured.
const METHOD: &str = include_str!("method.md");

/// A table: a scenario, what it is, by which figure the run in the middle is found, and its columns.
struct Section {
    scenario: &'static str,
    heading: &'static str,
    by: &'static str,
    columns: &'static [Column],
}

/// A column: heading, figure, digits after the point.
type Column = (&'static str, &'static str, usize);

const TALK: &[Column] = &[
    ("deliveries/s", "deliveries_per_second", 0),
    ("messages/s", "messages_per_second", 0),
    ("p50 ms", "p50_ms", 1),
    ("p99 ms", "p99_ms", 1),
    ("max ms", "max_ms", 0),
];

const SECTIONS: [Section; 11] = [
    Section {
        scenario: "fanout",
        heading: "1 room × 100 members, 10 senders flat out",
        by: "deliveries_per_second",
        columns: TALK,
    },
    Section {
        scenario: "rooms",
        heading: "20 rooms × 10 members, 40 senders flat out",
        by: "deliveries_per_second",
        columns: TALK,
    },
    Section { scenario: "paced", heading: "100 members, 300 messages/s", by: "p99_ms", columns: TALK },
    Section { scenario: "big-room", heading: "1,000 members, 10 messages/s", by: "p99_ms", columns: TALK },
    Section {
        scenario: "idle",
        heading: "Idle connections",
        by: "kib_per_connection",
        columns: &[
            ("connections", "connections", 0),
            ("KiB a connection", "kib_per_connection", 1),
            ("MiB without any", "empty_mib", 0),
            ("connects/s", "connects_per_second", 0),
        ],
    },
    Section {
        scenario: "storm",
        heading: "Everybody comes back at once and resumes",
        by: "seconds_until_synced",
        columns: &[
            ("connections", "connections", 0),
            ("seconds until all are synced", "seconds_until_synced", 2),
        ],
    },
    Section {
        scenario: "history",
        heading: "A page of 50 from anywhere in a history, 32 connections",
        by: "pages_per_second",
        columns: &[
            ("pages/s of 1,000", "pages_per_second_of_1000", 0),
            ("p99 ms", "p99_ms_of_1000", 1),
            ("of 100,000", "pages_per_second_of_100000", 0),
            ("p99 ms", "p99_ms_of_100000", 1),
            ("of 1,000,000", "pages_per_second_of_1000000", 0),
            ("p99 ms", "p99_ms_of_1000000", 1),
        ],
    },
    Section {
        scenario: "login",
        heading: "Logins at bcrypt cost 10 from 16 connections, while 20 members get 50 messages/s",
        by: "logins_per_second",
        columns: &[
            ("logins/s", "logins_per_second", 1),
            ("p50 ms", "login_p50_ms", 0),
            ("p99 ms", "login_p99_ms", 0),
            ("p99 ms of messages", "p99_ms", 1),
        ],
    },
    Section {
        scenario: "tasks",
        heading: "Tasks that do nothing: a backlog, then 200/s",
        by: "tasks_per_second",
        columns: &[
            ("tasks/s", "tasks_per_second", 0),
            ("p50 ms until one begins", "wait_p50_ms", 1),
            ("p99 ms", "wait_p99_ms", 1),
        ],
    },
    Section {
        scenario: "pictures",
        heading: "4 MP JPEG → preview and thumbnail",
        by: "pictures_per_core_second",
        columns: &[
            ("pictures/s a core", "pictures_per_core_second", 1),
            ("pictures/s", "pictures_per_second", 1),
            ("peak MiB", "peak_mib", 0),
        ],
    },
    Section {
        scenario: "start",
        heading: "From start to ready",
        by: "start_ms",
        columns: &[
            ("ms", "start_ms", 0),
            ("ms the first time", "first_start_ms", 0),
            ("MiB idle", "idle_mib", 0),
            ("MiB program", "program_mib", 1),
        ],
    },
];

/// The page.
pub(crate) fn page(results: &Results, plot: &str) -> String {
    let mut page = String::from("# Benchmarks\n\n");
    page.push_str(&machine(results));
    page.push_str(&format!("\n![Deliveries a second]({plot})\n"));
    for section in &SECTIONS {
        page.push_str(&table(results, section));
    }
    page.push('\n');
    page.push_str(&settled(METHOD, results));
    page
}

fn machine(results: &Results) -> String {
    let facts = &results.facts;
    let mut text = format!(
        "Measured on {}: {} ({} cores), {} GiB, {}, {}, {} (8 KiB on the disk after {} µs, median).\n",
        facts.date,
        facts.processor,
        facts.cores,
        facts.memory_gib,
        facts.system,
        facts.kernel,
        facts.file_system,
        facts.flush_us
    );
    let versions: Vec<String> =
        facts.versions.iter().map(|(name, version)| format!("{name} {version}")).collect();
    text.push_str(&format!("{}.\n", versions.join(", ")));
    if !facts.circumstances.is_empty() {
        text.push_str(&format!("\n**{}**\n", facts.circumstances));
    }
    text
}

fn table(results: &Results, section: &Section) -> String {
    let mut rows = Vec::new();
    let mut peers: Vec<(&str, &str)> = Vec::new();
    for outcome in results.outcomes.iter().filter(|outcome| outcome.scenario == section.scenario) {
        if !peers.iter().any(|(peer, _)| *peer == outcome.peer) {
            peers.push((&outcome.peer, &outcome.title));
        }
    }
    if peers.is_empty() {
        return String::new();
    }
    let there = |column: &&Column| {
        results
            .outcomes
            .iter()
            .any(|outcome| outcome.scenario == section.scenario && outcome.figure(column.1).is_some())
    };
    let columns: Vec<&Column> = section.columns.iter().filter(there).collect();
    for (peer, title) in peers {
        rows.push(match results.median(section.scenario, peer, section.by) {
            Some(outcome) => row(title, outcome, &columns),
            None => format!("| {title} | does not count: {} |\n", trouble(results, section.scenario, peer)),
        });
    }
    let mut text = format!("\n## {}\n\n| |", section.heading);
    for (heading, _, _) in &columns {
        text.push_str(&format!(" {heading} |"));
    }
    text.push_str(" cores: server | database | Redis | generator |\n|---|");
    text.push_str(&"---:|".repeat(columns.len() + 4));
    text.push('\n');
    text.extend(rows);
    text
}

fn row(title: &str, outcome: &Outcome, columns: &[&Column]) -> String {
    let mut row = format!("| {title} |");
    for (_, figure, digits) in columns {
        match outcome.figure(figure) {
            // Writing to a text does not fail.
            Some(value) => write!(row, " {} |", number(value, *digits)).ok(),
            None => write!(row, " – |").ok(),
        };
    }
    let cores = outcome.cores;
    for share in [cores.server, cores.database, cores.redis, cores.generator] {
        write!(row, " {share:.2} |").ok();
    }
    row.push('\n');
    row
}

/// Why no run of somebody's counts.
fn trouble(results: &Results, scenario: &str, peer: &str) -> String {
    let runs = results.outcomes.iter().filter(|outcome| outcome.scenario == scenario && outcome.peer == peer);
    let said: Vec<String> = runs
        .map(|outcome| match &outcome.failure {
            Some(failure) => failure.lines().next().unwrap_or_default().to_owned(),
            None => {
                let faults = outcome.faults;
                let (lost, twice, early) = (faults.lost, faults.duplicated, faults.reordered);
                format!("{lost} lost, {twice} twice, {early} out of order")
            }
        })
        .collect();
    said.join("; ")
}

/// With commas between thousands.
fn number(value: f64, digits: usize) -> String {
    let text = format!("{value:.digits$}");
    let (whole, rest) = text.split_at(text.find('.').unwrap_or(text.len()));
    let mut grouped = String::new();
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped + rest
}

fn settled(method: &str, results: &Results) -> String {
    let settings = results.settings.iter();
    settings.fold(method.to_owned(), |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_commas_between_thousands() {
        let cases =
            [(0.0, 0, "0"), (999.4, 0, "999"), (1_000.0, 1, "1,000.0"), (1_234_567.0, 0, "1,234,567")];
        for (value, digits, expected) in cases {
            assert_eq!(number(value, digits), expected);
        }
    }

    #[test]
    fn the_run_in_the_middle_is_shown_and_runs_with_faults_are_not() {
        let outcome = |run: u32, rate: f64, lost: u64| {
            let faults = super::super::Faults { lost, ..Default::default() };
            let (scenario, peer, title) = ("fanout".to_owned(), "x".to_owned(), "X".to_owned());
            Outcome { scenario, peer, title, run, faults, ..Outcome::default() }
                .with("deliveries_per_second", rate)
        };
        let outcomes =
            vec![outcome(1, 30.0, 0), outcome(2, 10.0, 0), outcome(3, 20.0, 0), outcome(4, 99.0, 1)];
        let page = page(&Results { outcomes, ..Results::default() }, "plot.svg");
        assert!(page.contains("| X | 20 |"), "{page}");
        let lossy = Results { outcomes: vec![outcome(1, 99.0, 7)], ..Results::default() };
        assert!(super::page(&lossy, "plot.svg").contains("does not count: 7 lost"));
    }
}
