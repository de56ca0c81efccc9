//! `plaza admin`: what the server's admins can do over REST, for who has the server's configuration. It works beside
//! servers that run: what it writes they find in the database.

mod audit;
mod invitations;
mod jobs;
mod keys;
mod queues;
mod tasks;
mod users;
mod workers;

use std::{error::Error, path::Path};

use clap::{Args, Subcommand};
use plaza_infrastructure::{
    config::Config,
    wiring::{Plaza, Role},
};
use poem_openapi::types::ToJSON;

use super::{STOP_DEADLINE, print};

/// What is looked after, and how it is told.
#[derive(Debug, Args)]
pub(super) struct AdminArgs {
    #[command(subcommand)]
    command: AdminCommand,
    /// Prints JSON, as REST answers with it, in place of tables
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum AdminCommand {
    /// Lists background work, calls it off, gives it another chance
    #[command(subcommand)]
    Tasks(tasks::TasksCommand),
    /// Shows how the queues of background work are doing
    Queues,
    /// Announces a new key for access tokens, which signs after auth.key_announcement_seconds
    RotateKeys,
    /// Lists recurring jobs, starts one
    #[command(subcommand)]
    Jobs(jobs::JobsCommand),
    /// Invites people to register, lists invitations, takes one back
    #[command(subcommand)]
    Invitations(invitations::InvitationsCommand),
    /// Shows who does background work
    Workers,
    /// Lists who did what, finds out whether anybody has changed what is told about it
    #[command(subcommand)]
    Audit(audit::AuditCommand),
    #[command(flatten)]
    Users(users::UserCommand),
}

/// Does what is asked for, and prints what came of it.
pub(super) async fn run(config: Config, args: AdminArgs) -> Result<(), Box<dyn Error>> {
    require_database(&config)?;
    let plaza = Plaza::connect(&config, Role::Server).await?;
    let done = match args.command {
        AdminCommand::Tasks(command) => tasks::run(&plaza.services, command).await,
        AdminCommand::Queues => queues::run(&plaza.services).await,
        AdminCommand::RotateKeys => keys::rotate(&plaza.services).await,
        AdminCommand::Jobs(command) => jobs::run(&plaza.services, command).await,
        AdminCommand::Invitations(command) => invitations::run(&plaza.services, command).await,
        AdminCommand::Workers => workers::run(&plaza.services).await,
        AdminCommand::Audit(command) => audit::run(&plaza.services, command).await,
        AdminCommand::Users(command) => users::run(&plaza.services, command).await,
    };
    plaza.stop(STOP_DEADLINE).await;
    let report = done?;
    print(&if args.json { report.json } else { report.text })?;
    report.failure.map_or(Ok(()), |failure| Err(failure.into()))
}

/// What came of a command: for programs, and for people.
struct Report {
    json: String,
    text: String,
    /// What is wrong, when that is what the command has found out.
    failure: Option<String>,
}

impl Report {
    fn new(view: &impl ToJSON, text: String) -> Self {
        Self { json: format!("{}\n", view.to_json_string()), text, failure: None }
    }
}

/// A server would make a database that is not there; who looks after one has then just got the wrong folder.
fn require_database(config: &Config) -> Result<(), Box<dyn Error>> {
    let url = config.database_url();
    let path = url.path().split('?').next().unwrap_or_default();
    if url.is_postgres() || Path::new(path).exists() {
        return Ok(());
    }
    Err(format!("there is no database at {url}: is this the configuration of the server?").into())
}
