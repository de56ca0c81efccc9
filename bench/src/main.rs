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

use std::{fs, path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};
use tokio::runtime::Builder;

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
                    tokio::select! {
                        done = run::run(args) => done,
                        // What was started ends with what is dropped here.
                        interrupted = tokio::signal::ctrl_c() => Err(interrupted.err().map_or_else(|| "interrupted".into(), Failure::from)),
                    }
                })
            },
        ),
        Command::Page { results, page } => write_page(&results, &page),
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

fn write_page(results: &PathBuf, page: &PathBuf) -> Result<(), Failure> {
    let results: Results = serde_json::from_slice(&fs::read(results)?)?;
    let plot = page.with_extension("svg");
    let plot_name = plot.file_name().unwrap_or_default().to_string_lossy();
    fs::write(page, report::page(&results, &plot_name))?;
    fs::write(&plot, report::plot(&results))?;
    Ok(())
}
