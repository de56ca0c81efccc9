//! `plaza admin tasks`: background work.

use chrono::SecondsFormat;
use clap::{ArgGroup, Args, Subcommand};
use plaza_application::{
    DEFAULT_PAGE, MAX_PAGE, Operator, PageRequest, Replayed, Result, Services, TaskDetails,
};
use plaza_domain::{
    Task, TaskAttempt, TaskId, TaskState, Timestamp, UserId, Violation, repository::TaskFilter,
};

use super::Report;
use crate::{
    cli::table::{facts, or_dash, table},
    routes::{AdminTaskDetailsView, AdminTaskList, AdminTaskView, RetriedTasksView},
};

const BY: Operator<'_> = Operator::CommandLine;

/// What is done about background work.
#[derive(Debug, Subcommand)]
pub(super) enum TasksCommand {
    /// Lists tasks, the newest first
    List(ListArgs),
    /// Shows a task and what every attempt ran into
    Show {
        /// The task
        id: TaskId,
    },
    /// Makes dead or cancelled tasks ready again
    Retry(RetryArgs),
    /// Calls a task off: one that runs is asked to end
    Cancel {
        /// The task
        id: TaskId,
    },
}

#[derive(Debug, Args)]
pub(super) struct ListArgs {
    /// Only those in this state: scheduled, ready, running, succeeded, dead or cancelled
    #[arg(long, value_parser = state)]
    state: Option<TaskState>,
    /// Only those of this queue
    #[arg(long)]
    queue: Option<String>,
    /// Only those of this kind, for example process_image
    #[arg(long)]
    kind: Option<String>,
    /// Only those that are done for this user
    #[arg(long, value_name = "USER")]
    owner: Option<UserId>,
    /// Only those that are older than this task
    #[arg(long, value_name = "TASK")]
    before: Option<TaskId>,
    /// The most tasks, 1 to 100
    #[arg(long, default_value_t = DEFAULT_PAGE, value_parser = clap::value_parser!(u64).range(1..=MAX_PAGE))]
    limit: u64,
}

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("which").args(["id", "dead"]))]
pub(super) struct RetryArgs {
    /// The task
    id: Option<TaskId>,
    /// All that are dead
    #[arg(long)]
    dead: bool,
    /// Of those, the ones of this queue
    #[arg(long, requires = "dead")]
    queue: Option<String>,
    /// Of those, the ones of this kind
    #[arg(long, requires = "dead")]
    kind: Option<String>,
}

pub(super) async fn run(services: &Services, command: TasksCommand) -> Result<Report> {
    let tasks = &services.tasks;
    match command {
        TasksCommand::List(args) => list(services, args).await,
        TasksCommand::Show { id } => {
            let details = tasks.inspect(BY, id).await?;
            let text = shown(&details);
            Ok(Report::new(&AdminTaskDetailsView::from(details), text))
        }
        TasksCommand::Retry(RetryArgs { id: Some(id), .. }) => Ok(changed(tasks.retry(BY, id).await?)),
        TasksCommand::Retry(RetryArgs { dead: false, .. }) => {
            Err(Violation::new("ID", "of a task is needed, or --dead for all that were given up").into())
        }
        TasksCommand::Retry(RetryArgs { queue, kind, .. }) => retry_dead(services, queue, kind).await,
        TasksCommand::Cancel { id } => Ok(changed(tasks.cancel(BY, id).await?)),
    }
}

async fn list(services: &Services, args: ListArgs) -> Result<Report> {
    let ListArgs { state, queue, kind, owner, before, limit } = args;
    let filter = TaskFilter { state, queue, kind, owner_id: owner };
    let page = services.tasks.list(BY, &filter, PageRequest::new(before, limit)).await?;
    let heading = ["ID", "QUEUE", "KIND", "STATE", "ATTEMPT", "CREATED", "LAST ERROR"];
    let mut text = table(heading, page.items.iter().map(row));
    if let Some(next) = page.next {
        text.push_str(&format!("There are more: --before {next}\n"));
    }
    Ok(Report::new(&AdminTaskList::from(page), text))
}

async fn retry_dead(services: &Services, queue: Option<String>, kind: Option<String>) -> Result<Report> {
    let mut sum = Replayed { retried: 0, skipped: 0, next: None };
    loop {
        // Ends: each part begins where the one before did, and tasks that die meanwhile are older than the first.
        let page = PageRequest::new(sum.next, MAX_PAGE);
        let part = services.tasks.retry_dead(BY, queue.clone(), kind.clone(), page).await?;
        sum = Replayed {
            retried: sum.retried + part.retried,
            skipped: sum.skipped + part.skipped,
            next: part.next,
        };
        if sum.next.is_none() {
            break;
        }
    }
    let text = format!("{} tasks are ready again, {} were left as they are\n", sum.retried, sum.skipped);
    Ok(Report::new(&RetriedTasksView::from(sum), text))
}

fn changed(task: Task) -> Report {
    let text = match (task.state, task.cancel_requested_at) {
        (TaskState::Running, Some(_)) => format!("{} is asked to end\n", task.id),
        (state, _) => format!("{} is {}\n", task.id, state.as_str()),
    };
    Report::new(&AdminTaskView::from(task), text)
}

fn row(task: &Task) -> [String; 7] {
    [
        task.id.to_string(),
        task.queue.clone(),
        task.kind.clone(),
        task.state.as_str().to_owned(),
        format!("{}/{}", task.attempt, task.max_attempts),
        time(task.created_at),
        task.last_error.clone().unwrap_or_default(),
    ]
}

fn shown(TaskDetails { task, attempts }: &TaskDetails) -> String {
    let text = facts([
        ("id", task.id.to_string()),
        ("queue", task.queue.clone()),
        ("kind", format!("{} (version {})", task.kind, task.version)),
        ("payload", task.payload.to_string()),
        ("owner", or_dash(task.owner_id)),
        ("state", task.state.as_str().to_owned()),
        ("priority", task.priority.0.to_string()),
        ("key", or_dash(task.unique_key.clone())),
        ("attempt", format!("{} of {}, {} crashes", task.attempt, task.max_attempts, task.crashes)),
        ("progress", or_dash(task.progress.map(|percent| format!("{percent} %")))),
        ("result", or_dash(task.result.clone())),
        ("last error", or_dash(task.last_error.clone())),
        ("created", time(task.created_at)),
        ("not before", time(task.run_at)),
        ("end asked for", or_dash(task.cancel_requested_at.map(time))),
        ("ended", or_dash(task.finished_at.map(time))),
    ]);
    let heading = ["ATTEMPT", "WORKER", "BEGAN", "ENDED", "OUTCOME", "ERROR"];
    text + "\n" + &table(heading, attempts.iter().map(attempt_row))
}

fn attempt_row(attempt: &TaskAttempt) -> [String; 6] {
    [
        attempt.attempt.to_string(),
        attempt.worker_id.to_string(),
        time(attempt.started_at),
        or_dash(attempt.ended_at.map(time)),
        or_dash(attempt.end.map(|end| end.as_str())),
        attempt.error.clone().unwrap_or_default(),
    ]
}

fn time(time: Timestamp) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}

fn state(word: &str) -> std::result::Result<TaskState, String> {
    TaskState::parse(word).ok_or_else(|| "there is no such state".to_owned())
}
