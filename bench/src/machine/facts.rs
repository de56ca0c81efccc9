//! What a table of figures has to say about the machine and the versions that they are from.

use std::{
    fs::{self, File},
    io::{Seek, SeekFrom, Write},
    path::Path,
    time::{Duration, Instant},
};

use serde::{Deserialize, Serialize};

use super::{
    process::{Launch, find_program, output_of},
    stores::postgres_version,
};
use crate::Failure;

/// How often a block is written to find out how long the disk takes.
const FLUSHES: u32 = 200;
const BLOCK: usize = 8 * 1024;

/// Where and when figures were measured.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(crate) struct Facts {
    pub(crate) date: String,
    pub(crate) processor: String,
    pub(crate) cores: usize,
    pub(crate) memory_gib: u64,
    pub(crate) kernel: String,
    pub(crate) system: String,
    pub(crate) file_system: String,
    /// The median time to write 8 KiB and have it on the disk, in microseconds.
    pub(crate) flush_us: u128,
    /// What others said about this run, for example that something else ran beside it.
    pub(crate) circumstances: String,
    pub(crate) versions: Vec<(String, String)>,
}

impl Facts {
    /// Looks at the machine; data of servers will be in `home`.
    pub(crate) fn gather(home: &Path, circumstances: &str) -> Result<Self, Failure> {
        let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
        let field = |text: &str, name: &str| {
            let line = text.lines().find(|line| line.starts_with(name))?;
            Some(line.split_once([':', '='])?.1.trim().trim_matches('"').to_owned())
        };
        let kibibytes = field(&read("/proc/meminfo"), "MemTotal").unwrap_or_default();
        let kibibytes: u64 = kibibytes.trim_end_matches(" kB").parse().unwrap_or_default();
        Ok(Self {
            date: said("date", &["-u", "+%Y-%m-%d"]),
            processor: field(&read("/proc/cpuinfo"), "model name").unwrap_or_default(),
            cores: std::thread::available_parallelism()?.get(),
            memory_gib: (kibibytes + 512 * 1_024) / (1_024 * 1_024),
            kernel: said("uname", &["-sr"]),
            system: field(&read("/etc/os-release"), "PRETTY_NAME").unwrap_or_default(),
            file_system: said("stat", &["-f", "-c", "%T", &home.display().to_string()]),
            flush_us: flush_time(home)?.as_micros(),
            circumstances: circumstances.to_owned(),
            versions: versions(),
        })
    }
}

fn versions() -> Vec<(String, String)> {
    let redis = said("redis-server", &["--version"]);
    let redis = redis.split_whitespace().find_map(|word| word.strip_prefix("v=")).unwrap_or_default();
    let postgres = postgres_version().unwrap_or_default();
    let postgres = postgres.split_whitespace().nth(2).unwrap_or_default();
    let commit = said("git", &["rev-parse", "--short", "HEAD"]);
    [("Plaza", commit.as_str()), ("Postgres", postgres), ("Redis", redis)]
        .into_iter()
        // A copy of the sources without their history has no commit.
        .filter(|(_, version)| !version.is_empty())
        .map(|(name, version)| (name.to_owned(), version.to_owned()))
        .collect()
}

/// The first line that a program prints; empty when it cannot be had.
pub(crate) fn said(program: &str, arguments: &[&str]) -> String {
    let Some(program) = find_program(program, &[]) else { return String::new() };
    let here = std::env::current_dir().unwrap_or_default();
    let output = output_of(&Launch::new(program, &here).arguments(arguments.iter().copied()));
    output.unwrap_or_default().lines().next().unwrap_or_default().to_owned()
}

fn flush_time(home: &Path) -> Result<Duration, Failure> {
    let path = home.join("flush");
    let mut file = File::create(&path)?;
    let mut times = Vec::new();
    for _ in 0..FLUSHES {
        let begin = Instant::now();
        file.seek(SeekFrom::Start(0))?;
        file.write_all(&[7; BLOCK])?;
        file.sync_data()?;
        times.push(begin.elapsed());
    }
    fs::remove_file(path)?;
    times.sort_unstable();
    Ok(times.get(times.len() / 2).copied().unwrap_or_default())
}
