//! `plaza admin workers`: who does background work.

use plaza_application::{Operator, Result, Services};
use plaza_domain::SeenWorker;

use super::Report;
use crate::{UtcTime, cli::table::table, routes::WorkerList};

pub(super) async fn run(services: &Services) -> Result<Report> {
    let workers = services.jobs.workers(Operator::CommandLine).await?;
    let heading = ["ID", "HOST", "PID", "VERSION", "QUEUES", "RUNNING", "SEEN"];
    let text = table(heading, workers.iter().map(row));
    Ok(Report::new(&WorkerList::from(workers), text))
}

fn row(SeenWorker { status, seen_at }: &SeenWorker) -> [String; 7] {
    [
        status.id.to_string(),
        status.host.clone(),
        status.pid.to_string(),
        status.version.clone(),
        status.queues.join(","),
        format!("{}/{}", status.running, status.slots),
        UtcTime(*seen_at).to_string(),
    ]
}
