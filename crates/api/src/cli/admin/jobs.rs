//! `plaza admin jobs`: what is done again and again.

use clap::Subcommand;
use plaza_application::{JobReport, Operator, Result, Services};

use super::Report;
use crate::{
    UtcTime,
    cli::table::{or_dash, table},
    routes::{AdminTaskView, JobList},
};

const BY: Operator<'_> = Operator::CommandLine;

/// What is done about recurring jobs.
#[derive(Debug, Subcommand)]
pub(super) enum JobsCommand {
    /// Lists recurring jobs: when each is due, and what became of its last task
    List,
    /// Starts a job now, whenever it is due
    Run {
        /// Its name
        name: String,
    },
}

pub(super) async fn run(services: &Services, command: JobsCommand) -> Result<Report> {
    match command {
        JobsCommand::List => {
            let reports = services.jobs.list(BY).await?;
            let heading = ["NAME", "SCHEDULE", "NEXT RUN", "LAST RUN", "LAST TASK"];
            let text = table(heading, reports.iter().map(row));
            Ok(Report::new(&JobList::from(reports), text))
        }
        JobsCommand::Run { name } => {
            let task = services.jobs.run(BY, &name).await?;
            let text = format!("{name} was started: {}\n", task.id);
            Ok(Report::new(&AdminTaskView::from(task), text))
        }
    }
}

fn row(report: &JobReport) -> [String; 5] {
    let timing = report.timing.as_ref();
    [
        report.job.name.to_owned(),
        report.job.schedule.to_owned(),
        or_dash(timing.map(|timing| UtcTime(timing.next_run_at))),
        or_dash(timing.and_then(|timing| timing.last_run_at).map(UtcTime)),
        or_dash(report.last_task.as_ref().map(|task| task.state.as_str())),
    ]
}
