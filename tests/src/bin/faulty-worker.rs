//! `faulty-worker`: a worker whose probes do what their notes say, for the fault tests. Everything but the handler is
//! Plaza's own.

#![expect(clippy::print_stderr, reason = "a program that people read")]

use std::{env, error::Error, process, process::ExitCode, sync::Arc, time::Duration};

use plaza_application::commands::Command;
use plaza_infrastructure::{
    config::{Config, Overrides},
    logging,
    signals::StopSignals,
    wiring::{Plaza, Role},
};
use plaza_tests::backstage::{ABORT, DRAIN_VARIABLE, SLEEP};
use plaza_worker::{Attempt, Effect, NoEffect, Registry, TaskError, TaskHandler, Worker, WorkerSettings};
use tokio::time::sleep;

const STOP_DEADLINE: Duration = Duration::from_secs(28);

struct Faulty;

impl Registry for Faulty {
    fn handler(&self, command: Command) -> Arc<dyn TaskHandler> {
        Arc::new(Told(match command {
            Command::Probe(probe) => Some(probe.note),
            _ => None,
        }))
    }
}

/// Does what it was told; nothing when the command is no probe.
struct Told(Option<String>);

#[async_trait::async_trait]
impl TaskHandler for Told {
    async fn execute(&self, _attempt: &Attempt) -> Result<Box<dyn Effect>, TaskError> {
        let Some(note) = &self.0 else {
            return Err(TaskError::Snooze {
                delay: Duration::from_secs(60),
                reason: "this worker knows probes only".to_owned(),
            });
        };
        if note == ABORT {
            process::abort();
        }
        if let Some(milliseconds) = note.strip_prefix(SLEEP) {
            let milliseconds = milliseconds.parse().map_err(|error| TaskError::Retry(Box::new(error)))?;
            sleep(Duration::from_millis(milliseconds)).await;
        }
        Ok(Box::new(NoEffect))
    }

    fn on_dead(&self) -> Box<dyn Effect> {
        Box::new(NoEffect)
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("faulty-worker: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Box<dyn Error>> {
    let config = Config::load(None, Overrides::default())?;
    let _flush = logging::init(&config.log)?;
    let mut stop = StopSignals::listen()?;
    let plaza = Box::pin(Plaza::connect(&config, Role::Worker)).await?;
    let drain = env::var(DRAIN_VARIABLE).ok().and_then(|text| text.parse().ok()).map(Duration::from_millis);
    let settings = WorkerSettings {
        drain: drain.unwrap_or(WorkerSettings::default().drain),
        ..WorkerSettings::from(&config.worker)
    };
    let worker = Worker::with_registry(plaza.ports.clone(), settings, Arc::new(Faulty));
    worker.spawn(&plaza.tracker, plaza.shutdown.clone());
    stop.received().await;
    plaza.stop(STOP_DEADLINE).await;
    Ok(())
}
