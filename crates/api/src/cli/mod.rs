//! The command line of `plaza`: what it takes, and who does it.

mod admin;
mod health;
mod table;

use std::{
    error::Error,
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
    time::Duration,
};

use clap::{Args, Parser, Subcommand};
use plaza_infrastructure::{
    config::{Config, Overrides},
    logging,
    signals::StopSignals,
    wiring::{Plaza, Role},
};
use tokio::runtime::Runtime;

use self::admin::AdminArgs;
use crate::{permissions, routes, server::Application, ws};

/// What blocking work has left once everything else has ended.
const RUNTIME_DEADLINE: Duration = Duration::from_millis(500);
/// How long services may take to end after a command that needed them.
const STOP_DEADLINE: Duration = Duration::from_secs(4);

/// Plaza: rooms, messages and files for communities, on a server of your own.
#[derive(Debug, Parser)]
#[command(name = "plaza", version)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    settings: SettingArgs,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs the server (the default)
    Serve,
    /// Brings the database up to date and ends
    Migrate,
    /// Prints the OpenAPI document of the REST API
    Openapi,
    /// Prints the AsyncAPI document of the WebSocket protocol
    Asyncapi,
    /// Prints who may do what over REST and WebSocket, as a page of Markdown
    Permissions,
    /// Asks the server that runs with this configuration whether it is ready; ends with 0 when it is
    Health,
    /// Looks after the server, also while it runs: background work, signing keys, accounts, the audit log
    Admin(AdminArgs),
}

#[derive(Debug, Args)]
struct SettingArgs {
    /// The configuration file [default: plaza.toml, if it is there]
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The address to listen on, for example 0.0.0.0:8000
    #[arg(long, global = true, value_name = "ADDRESS")]
    listen: Option<String>,
    /// The folder that data is kept in
    #[arg(long, global = true, value_name = "FOLDER")]
    data_dir: Option<String>,
    /// What is logged, for example "info" or "info,plaza_api=debug"
    #[arg(long, global = true, value_name = "FILTER")]
    log_level: Option<String>,
}

impl SettingArgs {
    fn load(self) -> Result<Config, Box<dyn Error>> {
        let overrides = Overrides::default()
            .with("server.listen", self.listen)
            .with("data_dir", self.data_dir)
            .with("log.level", self.log_level);
        Ok(Config::load(self.config.as_deref(), overrides)?)
    }
}

/// Does what the command line asks for.
pub fn main() -> ExitCode {
    if let Some(ended) = plaza_worker::media_child() {
        return ended;
    }
    match run(Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nobody may be there to read it: that is no reason to panic.
            let _ = writeln!(io::stderr(), "plaza: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> Result<(), Box<dyn Error>> {
    match cli.command.unwrap_or(Command::Serve) {
        Command::Openapi => print(&routes::document()),
        Command::Asyncapi => print(&ws::document()),
        Command::Permissions => print(&permissions::document()),
        Command::Serve => {
            let config = cli.settings.load()?;
            let _flush = logging::init(&config.log)?;
            block_on(serve(config))
        }
        Command::Migrate => {
            let config = cli.settings.load()?;
            let _flush = logging::init(&config.log)?;
            block_on(migrate(config))
        }
        Command::Health => block_on(health::ask(cli.settings.load()?)),
        Command::Admin(args) => {
            let config = cli.settings.load()?;
            let _flush = logging::init(&config.log)?;
            block_on(admin::run(config, args))
        }
    }
}

fn block_on(work: impl Future<Output = Result<(), Box<dyn Error>>>) -> Result<(), Box<dyn Error>> {
    let runtime = Runtime::new()?;
    let outcome = runtime.block_on(work);
    runtime.shutdown_timeout(RUNTIME_DEADLINE);
    outcome
}

async fn serve(config: Config) -> Result<(), Box<dyn Error>> {
    let mut signals = StopSignals::listen()?;
    let media = plaza_worker::media_in_children(&config.worker);
    let application = tokio::select! {
        built = Box::pin(Application::build(config, media)) => built?,
        () = signals.received() => return Ok(()),
    };
    Ok(Box::pin(application.run(async { signals.received().await })).await?)
}

/// Connecting migrates, whoever connects.
async fn migrate(config: Config) -> Result<(), Box<dyn Error>> {
    let plaza = Plaza::connect(&config, Role::Server).await?;
    plaza.stop(STOP_DEADLINE).await;
    Ok(())
}

/// Prints to standard output. Who reads it through a pipe may have enough before its end.
fn print(document: &str) -> Result<(), Box<dyn Error>> {
    let mut output = io::stdout().lock();
    match output.write_all(document.as_bytes()).and_then(|()| output.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        printed => Ok(printed?),
    }
}
