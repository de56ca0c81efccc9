//! Postgres from this machine's own binaries, in a temporary folder.

use std::{
    fs,
    os::unix::fs::chown,
    path::{Path, PathBuf},
    process::{Command, Output},
    time::Duration,
};

use super::{
    Failure,
    keeper::{self, Unprivileged},
    postgres::Durability,
    process::{Process, find_program},
    scratch::Scratch,
    wait::until,
};

const MISSING: &str = "no Docker engine answers and there is no Postgres: install the package postgresql, or set PLAZA_TEST_DATABASE_URL";

/// How long the children of a killed server may live.
const CHILDREN_END: Duration = Duration::from_secs(10);

/// A database cluster and its server process.
#[derive(Debug)]
pub(super) struct Cluster {
    process: Process,
    scratch: Scratch,
    port: u16,
    durability: Durability,
}

impl Cluster {
    /// Makes a cluster with the superuser `plaza` and starts its server; does not wait until it is ready.
    pub(super) async fn start(port: u16, durability: Durability) -> Result<Self, Failure> {
        let scratch = Scratch::new("postgres")?;
        initialise(scratch.path()).await?;
        let process = spawn(scratch.path(), port, durability).await?;
        Ok(Self { process, scratch, port, durability })
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    pub(super) fn kill(&mut self) {
        self.process.kill();
    }

    pub(super) async fn restart(&mut self) -> Result<(), Failure> {
        self.process.kill();
        // Its children notice a moment later that it is gone; while one is left, the next server refuses to start.
        until(CHILDREN_END, || async { are_gone(&data(self.scratch.path())) }).await?;
        self.process = spawn(self.scratch.path(), self.port, self.durability).await?;
        Ok(())
    }
}

async fn initialise(folder: &Path) -> Result<(), Failure> {
    let user = Unprivileged::if_root()?;
    if let Some(Unprivileged { uid, gid }) = user {
        chown(folder, Some(uid), Some(gid))?;
    }
    let mut command = keeper::command(&program("initdb")?, "KILL", user);
    command
        .args(["--username=plaza", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"])
        .arg("--pgdata")
        .arg(data(folder));
    let output = run(command).await?;
    if output.status.success() {
        Ok(())
    } else {
        Err(format!("initdb: {}", String::from_utf8_lossy(&output.stderr)).into())
    }
}

async fn spawn(folder: &Path, port: u16, durability: Durability) -> Result<Process, Failure> {
    // QUIT, and not KILL: the server takes its children and its shared memory with it.
    let mut command = keeper::command(&program("postgres")?, "QUIT", Unprivileged::if_root()?);
    command
        .arg("-D")
        .arg(data(folder))
        .args(["-c", &format!("port={port}")])
        .args(["-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="])
        .args(durability.options());
    Process::start(command, &folder.join("postgres.log")).await
}

/// Whether no process is left that works in the cluster's folder.
fn are_gone(data: &Path) -> Result<(), Failure> {
    let works_there =
        |process: &fs::DirEntry| fs::read_link(process.path().join("cwd")).is_ok_and(|at| at == data);
    let left = fs::read_dir("/proc")?.flatten().filter(works_there).count();
    if left == 0 { Ok(()) } else { Err(format!("{left} processes of a killed Postgres are left").into()) }
}

async fn run(mut command: Command) -> Result<Output, Failure> {
    use std::process::Stdio;
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = keeper::spawn(command).await?;
    Ok(tokio::task::spawn_blocking(|| child.wait_with_output()).await??)
}

fn data(folder: &Path) -> PathBuf {
    folder.join("data")
}

/// Debian keeps the server's programs outside `PATH`, in a folder for each version: the newest is taken.
fn program(name: &str) -> Result<PathBuf, Failure> {
    let mut versions: Vec<(u32, PathBuf)> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .collect();
    versions.sort_by_key(|(version, _)| std::cmp::Reverse(*version));
    let folders: Vec<PathBuf> = versions.into_iter().map(|(_, folder)| folder).collect();
    Ok(find_program(name, &folders).ok_or(MISSING)?)
}
