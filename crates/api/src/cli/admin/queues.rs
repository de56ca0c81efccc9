//! `plaza admin queues`: how background work is keeping up.

use plaza_application::{Operator, QueueReport, Result, Services};

use super::Report;
use crate::{
    cli::table::{or_dash, table},
    routes::QueueList,
};

pub(super) async fn run(services: &Services) -> Result<Report> {
    let reports = services.tasks.queues(Operator::CommandLine).await?;
    let heading =
        ["QUEUE", "SCHEDULED", "READY", "RUNNING", "DEAD", "OLDEST", "DONE/H", "FAILED/H", "FAILURES"];
    let mut text = table(heading, reports.queues.iter().map(row));
    if !reports.is_complete {
        text.push_str("There is more than is counted: read the numbers as \"at least\".\n");
    }
    Ok(Report::new(&QueueList::from(reports), text))
}

fn row(report: &QueueReport) -> [String; 9] {
    let figures = &report.figures;
    [
        figures.queue.clone(),
        figures.scheduled.to_string(),
        figures.ready.to_string(),
        figures.running.to_string(),
        figures.dead.to_string(),
        or_dash(report.oldest_wait.map(|wait| format!("{} s", wait.as_secs()))),
        figures.succeeded.to_string(),
        figures.failed.to_string(),
        or_dash(report.failure_rate().map(|rate| format!("{:.1} %", rate * 100.0))),
    ]
}
