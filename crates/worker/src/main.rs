//! `plaza-worker`: does the background work of a Plaza whose server runs elsewhere.

use std::{error::Error, path::PathBuf, process::ExitCode, time::Duration};

use clap::Parser;
use mimalloc::MiMalloc;
use plaza_infrastructure::{
    config::{Config, Overrides},
    logging,
    monitor::Monitor,
    signals::StopSignals,
    wiring::{Plaza, Role},
};
use tokio::runtime::Runtime;

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// From the signal to the end of the process there are 30 seconds.
const STOP_DEADLINE: Duration = Duration::from_secs(28);
/// How many of them running tasks have.
const DRAIN: Duration = Duration::from_secs(25);
/// What a computation that cannot be interrupted has left after that.
const RUNTIME_DEADLINE: Duration = Duration::from_millis(500);

/// Does the background work of a Plaza: takes tasks from the queue and the database until it is told to end.
#[derive(Debug, Parser)]
#[command(name = "plaza-worker", version)]
struct Arguments {
    /// The configuration file [default: plaza.toml, if it is there]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The folder that data is kept in
    #[arg(long, value_name = "FOLDER")]
    data_dir: Option<String>,
    /// How many tasks are done at a time
    #[arg(long, value_name = "NUMBER")]
    concurrency: Option<usize>,
    /// What is logged, for example "info" or "info,plaza_worker=debug"
    #[arg(long, value_name = "FILTER")]
    log_level: Option<String>,
}

impl Arguments {
    fn load(self) -> Result<Config, Box<dyn Error>> {
        let overrides = Overrides::default()
            .with("data_dir", self.data_dir)
            .with("worker.concurrency", self.concurrency)
            .with("log.level", self.log_level);
        Ok(Config::load(self.config.as_deref(), overrides)?)
    }
}

fn main() -> ExitCode {
    if let Some(ended) = plaza_worker::media_child() {
        return ended;
    }
    match start(Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("plaza-worker: {error}");
            ExitCode::FAILURE
        }
    }
}

fn start(arguments: Arguments) -> Result<(), Box<dyn Error>> {
    let config = arguments.load()?;
    let _flush = logging::init(&config.log)?;
    let runtime = Runtime::new()?;
    let ended = runtime.block_on(run(&config));
    // A picture may be decoded still: its task was given back, and the process need not wait for it.
    runtime.shutdown_timeout(RUNTIME_DEADLINE);
    ended
}

async fn run(config: &Config) -> Result<(), Box<dyn Error>> {
    let mut stop = StopSignals::listen()?;
    let plaza = tokio::select! {
        connected = Plaza::connect(config, Role::Worker) => connected?,
        () = stop.received() => return Ok(()),
    };
    let monitor = match config.worker.listen {
        Some(address) => Some(Monitor::start("worker.listen", address).await?),
        None => None,
    };
    let media = plaza_worker::media_in_children(&config.worker);
    let pulse = plaza_worker::start(&plaza, config, media, DRAIN);
    if let Some(monitor) = monitor {
        monitor.spawn(plaza_worker::vitals(Some(pulse)), &plaza.tracker, plaza.shutdown.clone());
    }
    stop.received().await;
    plaza.stop(STOP_DEADLINE).await;
    Ok(())
}
