//! One table: a scenario, and a row for each who took part.

use super::{
    Outcome, Results,
    number::number,
    sections::{Better, Column, Section},
};

/// Whom others are compared with: the first of them that has taken part.
const OURS: [&str; 2] = ["plaza", "plaza-embedded"];

/// The table; empty when nobody has taken part.
pub(super) fn table(results: &Results, section: &Section) -> String {
    let outcomes: Vec<&Outcome> = results.of(section.scenario).collect();
    let mut peers: Vec<(&str, &str)> = Vec::new();
    for outcome in &outcomes {
        if !peers.iter().any(|(peer, _)| *peer == outcome.peer) {
            peers.push((&outcome.peer, &outcome.title));
        }
    }
    if peers.is_empty() {
        return String::new();
    }
    let has_figure = |column: &&Column| outcomes.iter().any(|outcome| outcome.figure(column.1).is_some());
    let columns: Vec<&Column> = section.columns.iter().filter(has_figure).collect();
    let headings: Vec<&str> = columns.iter().map(|(heading, ..)| *heading).collect();
    let mut text = format!(
        "\n## {}\n\n| | {} | Plaza is | lost | twice | out of order | cores: server | database | Redis | generator |\n|---|{}\n",
        section.heading,
        headings.join(" | "),
        "---:|".repeat(columns.len() + 8),
    );
    let ours = OURS.iter().find_map(|peer| results.median(section.scenario, peer, section.by));
    for (peer, title) in peers {
        text.push_str(&match results.middle(section.scenario, peer, section.by) {
            Some(outcome) => row(title, outcome, &columns, advantage(ours, outcome, section)),
            None => format!("| {title} | failed: {} |\n", results.failure(section.scenario, peer)),
        });
    }
    text
}

/// How many times as good as somebody Plaza is.
fn advantage(ours: Option<&Outcome>, theirs: &Outcome, section: &Section) -> Option<f64> {
    let ours = ours.filter(|ours| ours.peer != theirs.peer && theirs.counts())?;
    let (ours, theirs) = (ours.figure(section.by)?, theirs.figure(section.by)?);
    let (more, less) = match section.better {
        Better::More => (ours, theirs),
        Better::Less => (theirs, ours),
    };
    (less > 0.0).then_some(more / less)
}

fn row(title: &str, outcome: &Outcome, columns: &[&Column], advantage: Option<f64>) -> String {
    let figures = columns.iter().map(|(_, figure, digits)| match outcome.figure(figure) {
        Some(value) if outcome.counts() => number(value, *digits),
        // It is told, and is none.
        Some(value) => format!("~~{}~~", number(value, *digits)),
        None => "–".to_owned(),
    });
    let advantage = advantage.map_or_else(|| "–".to_owned(), |times| format!("{times:.1} ×"));
    let faults = outcome.faults;
    let reordered = match outcome.one_order {
        Some(false) => format!("{}; not one order", faults.reordered),
        _ => faults.reordered.to_string(),
    };
    let faults = [faults.lost.to_string(), faults.duplicated.to_string(), reordered];
    let cores = outcome.cores;
    let cores =
        [cores.server, cores.database, cores.redis, cores.generator].map(|share| format!("{share:.2}"));
    let cells: Vec<String> = figures.chain([advantage]).chain(faults).chain(cores).collect();
    format!("| {title} | {} |\n", cells.join(" | "))
}
