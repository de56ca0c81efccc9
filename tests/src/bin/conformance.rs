//! `conformance`: does a deployment of Plaza keep what it promises?

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program that people read")]

use std::{process::ExitCode, sync::Arc, time::Duration};

use clap::Parser;
use plaza_tests::{
    conformance::{Settings, Verdict, run, run_with_faults},
    servers::Failure,
};
use tokio::{sync::watch, time::interval};

const REPORT_EVERY: Duration = Duration::from_secs(5);

/// Lets many clients talk over WebSockets that break, through all instances of a deployment, and then compares what
/// every client has seen with what was acknowledged and what is stored. Prints one line with the counts at the end;
/// ends with 1 when anything was lost, duplicated, reordered, or differs, and with 2 when it could not be found out.
///
/// The deployment must run with `limits.enabled = false`. Users and rooms that are made for the run stay there.
#[derive(Debug, Parser)]
#[command(name = "conformance")]
struct Arguments {
    /// An instance, such as http://127.0.0.1:8000; once for each instance of the deployment
    #[arg(long = "url", required_unless_present = "faults", conflicts_with = "faults")]
    urls: Vec<String>,
    /// Start two instances with Postgres and Redis, and restart Redis, empty it and kill the instances meanwhile; needs
    /// `cargo build --bins` first
    #[arg(long)]
    faults: bool,
    /// How many clients
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u16).range(1..=5_000))]
    clients: u16,
    /// How many rooms; each client is in two of them
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=1_000))]
    rooms: u16,
    /// How many messages, all clients together; edits, deletions and reactions come on top
    #[arg(long, default_value_t = 20_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    messages: u32,
    /// How often each client's connection breaks
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u16).range(0..=1_000))]
    disconnects: u16,
    /// Spread the messages over so many seconds; as fast as they are acknowledged when 0
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=86_400))]
    seconds: u32,
    /// Give up after so many seconds
    #[arg(long, default_value_t = 900, value_parser = clap::value_parser!(u32).range(1..=172_800))]
    timeout: u32,
    /// What the random choices follow from; another one each time when it is left out
    #[arg(long)]
    seed: Option<u64>,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let seed = arguments.seed.unwrap_or_else(|| fastrand::u64(..));
    eprintln!("seed {seed}");
    let settings = Settings {
        urls: arguments.urls.iter().map(|url| url.trim_end_matches('/').to_owned()).collect(),
        clients: arguments.clients.into(),
        rooms: arguments.rooms.into(),
        messages: arguments.messages as usize,
        disconnects: arguments.disconnects.into(),
        spread: Duration::from_secs(arguments.seconds.into()),
        patience: Duration::from_secs(arguments.timeout.into()),
        seed,
    };
    match Box::pin(watched(&settings, arguments.faults)).await {
        Ok(verdict) => {
            println!("{verdict}");
            ExitCode::from(u8::from(!verdict.is_clean()))
        }
        Err(failure) => {
            eprintln!("conformance: {failure}");
            ExitCode::from(2)
        }
    }
}

/// Runs, and tells now and then how far it is.
async fn watched(settings: &Settings, faults: bool) -> Result<Verdict, Failure> {
    let acknowledged = Arc::new(watch::Sender::new(0));
    let progress = acknowledged.subscribe();
    let running = async {
        if faults {
            Box::pin(run_with_faults(settings, acknowledged)).await
        } else {
            Box::pin(run(settings, acknowledged, async {})).await
        }
    };
    let reports = async {
        let mut ticks = interval(REPORT_EVERY);
        loop {
            ticks.tick().await;
            eprintln!("{} of {} messages acknowledged", *progress.borrow(), settings.messages);
        }
    };
    tokio::select! {
        verdict = running => verdict,
        () = reports => Err("the reports ended".into()),
    }
}
