//! `plaza-bench run`: which scenarios, with whom, how often and for how long.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use clap::{Args, ValueEnum};
use tokio::time::timeout;

use crate::{
    Failure,
    machine::{facts::Facts, usage::raise_file_limit},
    peers::{self, Peer, folder_in},
    report::{Outcome, Results},
    scenarios::{Scale, Scenario, Stage},
};

/// Connections of `idle` and of its server, and what else a process opens.
const FILES_BESIDE: u64 = 500;

/// How long idle connections are watched: half of them say meanwhile that they are there.
const IDLE_SECONDS: u64 = 10;
/// How long one run of one scenario may take before it counts as failed.
const PATIENCE: Duration = Duration::from_secs(15 * 60);
/// How long everything together may take in a hurry.
const HURRY: Duration = Duration::from_secs(285);
/// What is measured in a hurry, and with whom.
const QUICK_SCENARIOS: [Scenario; 7] = [
    Scenario::Fanout,
    Scenario::Rooms,
    Scenario::Paced,
    Scenario::Idle,
    Scenario::History,
    Scenario::Tasks,
    Scenario::Pictures,
];
const QUICK_PEERS: [&str; 7] = ["plaza", "fastapi", "socketio", "bare", "celery", "bullmq", "bullmq-durable"];

/// What to measure.
#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    /// Which shapes of work [default: all]
    #[arg(long, value_enum, value_delimiter = ',')]
    scenarios: Vec<Scenario>,
    /// With whom: plaza, plaza-two, plaza-embedded, fastapi, socketio, ejabberd, prosody, nchan, bare, celery, bullmq, bullmq-durable [default: those who take part in it]
    #[arg(long, value_delimiter = ',')]
    peers: Vec<String>,
    /// How often each; the run in the middle counts
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=20))]
    runs: u32,
    /// How long each is measured, in seconds
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=20))]
    seconds: u64,
    /// How long the same work is done before, in seconds
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(0..=10))]
    warm_up: u64,
    /// How many idle connections
    #[arg(long, default_value_t = 10_000)]
    idle: usize,
    /// How many connections are lost at once
    #[arg(long, default_value_t = 5_000)]
    storm: usize,
    /// How long the histories are that pages are read from, in messages
    #[arg(long, value_delimiter = ',', default_values_t = [1_000, 100_000, 1_000_000])]
    histories: Vec<u64>,
    /// How many tasks are in the backlog
    #[arg(long, default_value_t = 10_000)]
    tasks: u64,
    /// How many pictures
    #[arg(long, default_value_t = 40)]
    pictures: u64,
    /// Less of everything: under five minutes
    #[arg(long)]
    quick: bool,
    /// Plaza's program [default: the one beside this one]
    #[arg(long)]
    plaza: Option<PathBuf>,
    /// Where servers keep their data meanwhile [default: the folder for temporary files]
    #[arg(long)]
    home: Option<PathBuf>,
    /// Something that readers of the figures have to know
    #[arg(long, default_value = "")]
    circumstances: String,
    /// Where what came out goes, as JSON
    #[arg(long, default_value = "target/bench.json")]
    pub(crate) output: PathBuf,
}

/// Measures, and writes after each run what there is.
pub(crate) async fn run(mut args: RunArgs) -> Result<(), Failure> {
    if args.quick {
        (args.runs, args.seconds, args.warm_up) = (1, 4, 1);
        (args.idle, args.storm, args.histories) = (1_000, 500, vec![1_000, 100_000]);
        (args.tasks, args.pictures) = (2_000, 8);
    }
    let files = raise_file_limit()?;
    let most = args.idle.max(args.storm) as u64 + FILES_BESIDE;
    if files < most {
        return Err(format!("this process may open {files} files, and needs {most}: see ulimit -n").into());
    }
    let home = args.home.clone().unwrap_or_else(std::env::temp_dir);
    let everybody = peers::all(&plaza(&args)?);
    if let Some(stranger) = args.peers.iter().find(|name| !everybody.iter().any(|peer| peer.name() == **name))
    {
        return Err(format!("nobody is called {stranger}").into());
    }
    let facts = Facts::gather(&home, &args.circumstances);
    let mut results = Results {
        facts: facts.map_err(|error| format!("{} is no place for data: {error}", home.display()))?,
        settings: settings(&args),
        minutes: 0.0,
        outcomes: Vec::new(),
    };
    let home = folder_in(&home)?;
    // What cannot be written is said before anything is measured.
    write(&args.output, &results)?;
    let begin = Instant::now();
    let scale = scale(&args);
    for scenario in scenarios(&args) {
        let peers = everybody.iter().filter(|peer| takes_part(&args, scenario, peer.name()));
        let peers: Vec<&dyn Peer> = peers.map(|peer| &**peer).collect();
        let mut kept = None;
        for (peer, run) in turns(scenario, &peers, args.runs) {
            if run == 1 {
                kept = None;
            }
            let left = if args.quick { HURRY.saturating_sub(begin.elapsed()) } else { PATIENCE };
            let started = Instant::now();
            let outcome = match timeout(left, once(scenario, peer, home.path(), &scale, &mut kept)).await {
                Ok(Ok(outcome)) => outcome,
                Ok(Err(failure)) => Outcome { failure: Some(failure.to_string()), ..Outcome::default() },
                Err(_) => Outcome { failure: Some("no time was left".to_owned()), ..Outcome::default() },
            };
            let outcome = Outcome {
                scenario: scenario.name(),
                peer: peer.name().to_owned(),
                title: peer.title().to_owned(),
                run,
                seconds: started.elapsed().as_secs_f64(),
                ..outcome
            };
            tell(&outcome);
            results.outcomes.push(outcome);
            results.minutes = begin.elapsed().as_secs_f64() / 60.0;
            note_versions(&mut results.facts, peer);
            write(&args.output, &results)?;
        }
    }
    eprintln!("{} runs in {:.1} minutes", results.outcomes.len(), results.minutes);
    match results.outcomes.iter().filter(|outcome| !outcome.counts()).count() {
        0 => Ok(()),
        count => Err(format!("{count} runs do not count").into()),
    }
}

/// Who has a turn when: one after the other and then all again, so that a machine that gets slower does so for everybody;
/// all runs of one in a row where they share a stage.
fn turns<'a>(scenario: Scenario, peers: &[&'a dyn Peer], runs: u32) -> Vec<(&'a dyn Peer, u32)> {
    if scenario.keeps_stage() {
        peers.iter().flat_map(|peer| (1..=runs).map(|run| (*peer, run))).collect()
    } else {
        (1..=runs).flat_map(|run| peers.iter().map(move |peer| (*peer, run))).collect()
    }
}

/// One run, on the stage that the one before has left, if it has left one.
async fn once(
    scenario: Scenario,
    peer: &dyn Peer,
    home: &Path,
    scale: &Scale,
    kept: &mut Option<Stage>,
) -> Result<Outcome, Failure> {
    let mut stage = match kept.take() {
        Some(stage) => stage,
        None => scenario.set(peer, home, scale).await?,
    };
    let outcome = scenario.run(peer, &mut stage, scale).await?;
    *kept = scenario.keeps_stage().then_some(stage);
    Ok(outcome)
}

fn scale(args: &RunArgs) -> Scale {
    Scale {
        warm_up: Duration::from_secs(args.warm_up),
        measured: Duration::from_secs(args.seconds),
        idle: Duration::from_secs(if args.quick { args.seconds } else { IDLE_SECONDS }),
        idle_connections: args.idle,
        storm_connections: args.storm,
        histories: args.histories.clone(),
        tasks: args.tasks,
        pictures: args.pictures,
    }
}

/// Writes what there is in one go: a run that is interrupted leaves what came out before.
fn write(output: &Path, results: &Results) -> Result<(), Failure> {
    let new = output.with_extension("new");
    let written =
        fs::write(&new, serde_json::to_vec_pretty(results)?).and_then(|()| fs::rename(&new, output));
    Ok(written.map_err(|error| format!("{} cannot be written: {error}", output.display()))?)
}

fn scenarios(args: &RunArgs) -> Vec<Scenario> {
    match (args.scenarios.as_slice(), args.quick) {
        ([], true) => QUICK_SCENARIOS.to_vec(),
        ([], false) => Scenario::value_variants().to_vec(),
        (named, _) => named.to_vec(),
    }
}

fn takes_part(args: &RunArgs, scenario: Scenario, peer: &str) -> bool {
    if args.peers.is_empty() {
        scenario.peers().contains(&peer) && (!args.quick || QUICK_PEERS.contains(&peer))
    } else {
        args.peers.iter().any(|name| name == peer)
    }
}

/// Plaza's program, if it is there.
fn plaza(args: &RunArgs) -> Result<PathBuf, Failure> {
    let program = match &args.plaza {
        Some(program) => program.clone(),
        None => std::env::current_exe()?.with_file_name("plaza"),
    };
    if !program.is_file() {
        let program = program.display();
        return Err(format!("there is no {program}: cargo build --release --bin plaza makes it").into());
    }
    Ok(std::path::absolute(program)?)
}

fn settings(args: &RunArgs) -> BTreeMap<String, String> {
    let histories: Vec<String> = args.histories.iter().map(u64::to_string).collect();
    [
        ("runs", args.runs.to_string()),
        ("seconds", args.seconds.to_string()),
        ("warm_up", args.warm_up.to_string()),
        ("idle", args.idle.to_string()),
        ("storm", args.storm.to_string()),
        ("histories", histories.join(",")),
        ("tasks", args.tasks.to_string()),
        ("pictures", args.pictures.to_string()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into()
}

fn note_versions(facts: &mut Facts, peer: &dyn Peer) {
    if peer.versions().iter().any(|(name, _)| facts.versions.iter().any(|(known, _)| known == name)) {
        return;
    }
    facts.versions.extend(peer.versions());
}

fn tell(outcome: &Outcome) {
    let Outcome { scenario, peer, run, cores, faults, seconds, .. } = outcome;
    if let Some(failure) = &outcome.failure {
        eprintln!("{scenario} {run} {peer} ({seconds:.1} s): {failure}");
        return;
    }
    let figures: Vec<String> =
        outcome.figures.iter().map(|(name, value)| format!("{name} {value:.2}")).collect();
    eprintln!("{scenario} {run} {peer} ({seconds:.1} s): {}", figures.join(", "));
    eprintln!(
        "    cores: server {:.2}, database {:.2}, redis {:.2}, generator {:.2}; lost {}, twice {}, out of order {}{}",
        cores.server,
        cores.database,
        cores.redis,
        cores.generator,
        faults.lost,
        faults.duplicated,
        faults.reordered,
        if outcome.one_order == Some(false) { "; members saw different orders" } else { "" },
    );
}
