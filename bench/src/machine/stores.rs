//! A Postgres and a Redis of one run's own, the same for everybody who is measured.

use std::{
    fs,
    os::unix::fs::chown,
    path::{Path, PathBuf},
    time::Duration,
};

use super::{
    process::{LastSignal, Launch, Process, find_program, is_root, output_of},
    wait::{free_port, greet, local, until},
};
use crate::Failure;

const START: Duration = Duration::from_secs(60);
const NO_POSTGRES: &str = "there is no Postgres: install the package postgresql";
const NO_REDIS: &str = "there is no redis-server: install the package redis-server";

/// Somewhat more than Debian's defaults, which are for small machines. `fsync` and `synchronous_commit` stay on.
const POSTGRES_OPTIONS: [&str; 8] = [
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
    "max_connections=200",
    "shared_buffers=512MB",
    "max_wal_size=8GB",
    "checkpoint_timeout=30min",
    "synchronous_commit=on",
    "fsync=on",
];

/// A database cluster with one empty database.
#[derive(Debug)]
pub(crate) struct Postgres {
    process: Process,
    port: u16,
    home: PathBuf,
}

impl Postgres {
    /// Starts one in `home` and waits until it answers. It is a copy of the one in `fresh`, which is made when it is not
    /// there yet: that takes longer, and comes to the same.
    pub(crate) async fn start(home: &Path, fresh: &Path) -> Result<Self, Failure> {
        if !fresh.exists() {
            make_folder(fresh)?;
            initialise(fresh)?;
        }
        let home = home.join("postgres");
        make_folder(&home)?;
        let data = data_of(&home);
        let mut copy = Launch::new(find_program("cp", &[]).ok_or("there is no cp")?, &home);
        copy.is_unprivileged = true;
        output_of(&copy.arguments(["-a", &data_of(fresh), &data]))?;
        let port = free_port()?;
        let mut serve = postgres("postgres", &home)?.arguments(["-D", &data, "-c", &format!("port={port}")]);
        for option in POSTGRES_OPTIONS {
            serve = serve.arguments(["-c", option]);
        }
        serve.last_signal = LastSignal::Quit;
        let process = Process::start(&serve, &home.join("log"))?;
        let mut postgres = Self { process, port, home };
        until(START, || {
            let made = postgres.process.check().and_then(|()| postgres.make_database());
            async { made }
        })
        .await?;
        Ok(postgres)
    }

    fn make_database(&self) -> Result<(), Failure> {
        let address = ["--host=127.0.0.1".to_owned(), format!("--port={}", self.port)];
        let create = postgres("createdb", &self.home)?.arguments(address);
        output_of(&create.arguments(["--username=bench", "bench"])).map(drop)
    }

    /// Where it is.
    pub(crate) fn url(&self) -> String {
        format!("postgres://bench@127.0.0.1:{}/bench", self.port)
    }

    /// Runs statements, beside whoever uses it, and returns the rows.
    pub(crate) fn run(&self, statements: &str) -> Result<String, Failure> {
        let url = self.url();
        let psql = postgres("psql", &self.home)?;
        output_of(&psql.arguments(["-v", "ON_ERROR_STOP=1", "-qAt", "-d", &url, "-c", statements]))
    }

    /// Its first process.
    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }
}

/// A folder that Postgres may write to.
fn make_folder(folder: &Path) -> Result<(), Failure> {
    fs::create_dir(folder)?;
    if is_root()? {
        chown(folder, Some(65534), Some(65534))?;
    }
    Ok(())
}

fn data_of(home: &Path) -> String {
    home.join("data").display().to_string()
}

/// Makes a database cluster that has not been started yet.
fn initialise(home: &Path) -> Result<(), Failure> {
    let initdb = postgres("initdb", home)?.arguments([
        "--username=bench",
        "--auth=trust",
        "--encoding=UTF8",
        "--locale=C",
        "--no-sync",
        "--pgdata",
        &data_of(home),
    ]);
    output_of(&initdb).map(drop)
}

/// Debian keeps most of Postgres' programs outside `PATH`, in a folder for each version: the newest is taken.
fn postgres(name: &str, folder: &Path) -> Result<Launch, Failure> {
    let mut versions: Vec<(u32, PathBuf)> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .collect();
    versions.sort_by_key(|(version, _)| std::cmp::Reverse(*version));
    let folders: Vec<PathBuf> = versions.into_iter().map(|(_, folder)| folder).collect();
    let program = folders.iter().map(|folder| folder.join(name)).find(|program| program.is_file());
    let mut launch = Launch::new(program.or_else(|| find_program(name, &[])).ok_or(NO_POSTGRES)?, folder);
    launch.is_unprivileged = true;
    Ok(launch)
}

/// What `postgres --version` says.
pub(crate) fn postgres_version() -> Result<String, Failure> {
    output_of(&postgres("postgres", Path::new("/"))?.arguments(["--version"]))
}

/// A Redis that keeps nothing, or everything.
#[derive(Debug)]
pub(crate) struct Redis {
    process: Process,
    port: u16,
}

impl Redis {
    /// Starts one in `home` and waits until it answers. A durable one has each write on the disk before it answers.
    pub(crate) async fn start(home: &Path, is_durable: bool) -> Result<Self, Failure> {
        let home = home.join("redis");
        fs::create_dir(&home)?;
        let port = free_port()?;
        let program = find_program("redis-server", &[]).ok_or(NO_REDIS)?;
        let port_option = port.to_string();
        let appends = if is_durable { "yes" } else { "no" };
        let options = ["--bind", "127.0.0.1", "--port", &port_option, "--save", ""];
        let keeping = ["--appendonly", appends, "--appendfsync", "always"];
        let process = Process::start(
            &Launch::new(program, &home).arguments(options).arguments(keeping),
            &home.join("log"),
        )?;
        let mut redis = Self { process, port };
        until(START, || {
            let running = redis.process.check();
            async move {
                running?;
                greet(local(port), "PING\r\n", "+PONG").await
            }
        })
        .await?;
        Ok(redis)
    }

    /// Sends a command and checks how the answer begins.
    pub(crate) async fn tell(&self, command: &str, expected: &str) -> Result<(), Failure> {
        greet(local(self.port), command, expected).await
    }

    /// Where it is.
    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Its process.
    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }
}
