//! The page, in Markdown: where and when, the goals, a table for each scenario, and how it was measured.

use super::{Results, goals::goals, headline::headline, sections::SECTIONS, table::table};

/// What is the same each time: how it was measured.
const METHOD: &str = include_str!("method.md");

/// The page.
pub(crate) fn page(results: &Results, plot: &str) -> String {
    let mut page = format!("# Benchmarks\n\n{}\n", machine(results));
    page.push_str(&headline(results));
    page.push_str(&format!("\n![Deliveries a second]({plot})\n"));
    page.push_str(&goals(results));
    page.extend(SECTIONS.iter().map(|section| table(results, section)));
    page.push('\n');
    page.push_str(&method(results));
    page
}

fn machine(results: &Results) -> String {
    let facts = &results.facts;
    let versions: Vec<String> =
        facts.versions.iter().map(|(name, version)| format!("{name} {version}")).collect();
    let mut text = format!(
        "Measured on {} in {:.0} minutes: {} ({} cores), {} GiB, {}, {}, {} (8 KiB on the disk after {} µs, median).\n{}.\n",
        facts.date,
        results.minutes,
        facts.processor,
        facts.cores,
        facts.memory_gib,
        facts.system,
        facts.kernel,
        facts.file_system,
        facts.flush_us,
        versions.join(", ")
    );
    if !facts.circumstances.is_empty() {
        text.push_str(&format!("\n**{}**\n", facts.circumstances));
    }
    text
}

fn method(results: &Results) -> String {
    let settings = results.settings.iter();
    settings.fold(METHOD.to_owned(), |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{Faults, Outcome};

    fn outcome(peer: &str, run: u32, rate: f64, lost: u64) -> Outcome {
        let faults = Faults { lost, ..Faults::default() };
        let (scenario, peer, title) = ("fanout".to_owned(), peer.to_owned(), peer.to_uppercase());
        Outcome { scenario, peer, title, run, faults, ..Outcome::default() }
            .with("deliveries_per_second", rate)
    }

    fn page_of(outcomes: Vec<Outcome>) -> String {
        page(&Results { outcomes, ..Results::default() }, "plot.svg")
    }

    #[test]
    fn the_run_in_the_middle_is_shown_and_runs_with_faults_are_not() {
        let page = page_of(vec![
            outcome("x", 1, 30.0, 0),
            outcome("x", 2, 10.0, 0),
            outcome("x", 3, 20.0, 0),
            outcome("x", 4, 99.0, 1),
        ]);
        assert!(page.contains("| X | 20 |"), "{page}");
    }

    #[test]
    fn a_figure_with_faults_is_struck_out() {
        let page = page_of(vec![outcome("x", 1, 99.0, 7)]);
        assert!(page.contains("| X | ~~99~~ | – | 7 | 0 | 0 |"), "{page}");
    }

    #[test]
    fn goals_are_met_or_not_or_not_measured() {
        let page = page_of(vec![
            outcome("plaza", 1, 600.0, 0),
            outcome("fastapi", 1, 50.0, 0),
            outcome("socketio", 1, 150.0, 0),
        ]);
        assert!(
            page.contains("≥ 10 × FASTAPI, deliveries/s | 600 | 50.0 (FASTAPI) | 12.00 | yes |"),
            "{page}"
        );
        assert!(
            page.contains("≥ 5 × SOCKETIO, deliveries/s | 600 | 150 (SOCKETIO) | 4.00 | **no** |"),
            "{page}"
        );
        assert!(page.contains("≥ 25 × ejabberd, deliveries/s | 600 | – | – | not measured |"), "{page}");
    }
}
