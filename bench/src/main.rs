//! Measures Plaza and its peers: the same work for everybody, on one machine, one after the other.
//!
//! The load generator runs on one thread, so that it takes one processor at most, and it says how much of it.

mod machine;
mod peers;
mod report;
mod run;
mod scenarios;
mod stage;
mod wire;

use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{Parser, Subcommand};
use tokio::{
    runtime::Builder,
    signal::{
        ctrl_c,
        unix::{SignalKind, signal},
    },
};

use self::{report::Results, run::RunArgs};

/// Why something could not be measured.
type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Measures Plaza and its peers on the same work.
#[derive(Debug, Parser)]
#[command(name = "plaza-bench")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Measures, and writes what came out as JSON
    Run(RunArgs),
    /// Writes the page of tables and its plot from what came out
    Page {
        /// What a run has written
        results: PathBuf,
        /// Where the page goes; the plot goes beside it, with the ending svg
        #[arg(long, default_value = "docs/benchmarks.md")]
        page: PathBuf,
        /// Writes the most important figures between the marks of this file, too
        #[arg(long)]
        readme: Option<PathBuf>,
    },
    /// The loop that only sends on what it gets
    #[command(hide = true)]
    Bare {
        /// Where it listens
        port: u16,
    },
}

fn main() -> ExitCode {
    let done = match Cli::parse().command {
        // One thread: more of them would take from the servers what they are measured by.
        Command::Run(args) => Builder::new_current_thread().enable_all().build().map_err(Failure::from).and_then(
            |runtime| {
                runtime.block_on(async {
                    let output = args.output.display().to_string();
                    tokio::select! {
                        done = run::run(args) => done,
                        // What was started ends with what is dropped here.
                        interrupted = interruption() => Err(match interrupted {
                            Ok(()) => format!("interrupted; `plaza-bench page {output}` shows what came out before").into(),
                            Err(failure) => failure,
                        }),
                    }
                })
            },
        ),
        Command::Page { results, page, readme } => write_page(&results, &page, readme.as_deref()),
        Command::Bare { port } => Builder::new_multi_thread()
            .enable_all()
            .build()
            .map_err(Failure::from)
            .and_then(|runtime| runtime.block_on(peers::serve_bare(port))),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("plaza-bench: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Until somebody wants it to end.
async fn interruption() -> Result<(), Failure> {
    let mut terminated = signal(SignalKind::terminate())?;
    tokio::select! {
        interrupted = ctrl_c() => Ok(interrupted?),
        _ = terminated.recv() => Ok(()),
    }
}

fn write_page(results: &Path, page: &Path, readme: Option<&Path>) -> Result<(), Failure> {
    let read = |path: &Path| {
        fs::read_to_string(path).map_err(|error| format!("{} cannot be read: {error}", path.display()))
    };
    let write = |path: &Path, text: String| {
        fs::write(path, text).map_err(|error| format!("{} cannot be written: {error}", path.display()))
    };
    let named = results.display();
    let results: Results = serde_json::from_str(&read(results)?)
        .map_err(|error| format!("{named} is not what a run has written: {error}"))?;
    let plot = page.with_extension("svg");
    let plot_name = plot.file_name().unwrap_or_default().to_string_lossy();
    write(page, report::page(&results, &plot_name))?;
    write(&plot, report::plot(&results))?;
    if let Some(readme) = readme {
        let text = report::with_headline(&read(readme)?, &results);
        write(readme, text.ok_or_else(|| format!("{} has no marks for the figures", readme.display()))?)?;
    }
    Ok(())
}
