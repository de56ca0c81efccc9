//! One process of a Plaza: an instance or a standalone worker.

use std::{
    fs, io,
    path::PathBuf,
    process::{Command, ExitStatus, Output, Stdio},
    time::Duration,
};

use reqwest::StatusCode;
use tokio::{io::AsyncWriteExt, time::timeout};

use super::programs;
use crate::{
    client::http_client,
    servers::{
        Failure, keeper,
        process::Process,
        wait::{free_port, until},
    },
};

/// A debug build on a busy machine; migrations included.
const START: Duration = Duration::from_secs(90);
/// What Plaza promises, and a little for the machine.
const END: Duration = Duration::from_secs(35);
const ATTEMPTS: usize = 3;
/// How much of a log is shown when a test fails.
const LOG_LINES: usize = 200;

/// Which binary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Server,
    Worker,
    /// A worker whose probes do what their notes say.
    FaultyWorker,
}

impl Kind {
    fn program(self) -> PathBuf {
        programs::path(match self {
            Self::Server => "plaza",
            Self::Worker => "plaza-worker",
            Self::FaultyWorker => "faulty-worker",
        })
    }
}

#[derive(Debug)]
pub(super) struct Node {
    kind: Kind,
    folder: PathBuf,
    environment: Vec<(String, String)>,
    port: Option<u16>,
    base: String,
    process: Option<Process>,
}

impl Node {
    /// Not started yet. Its data and its log are in `folder`.
    pub(super) fn new(kind: Kind, folder: PathBuf, environment: Vec<(String, String)>) -> Self {
        Self { kind, folder, environment, port: None, base: String::new(), process: None }
    }

    /// Where it is reached; empty before the first start and for workers.
    pub(super) fn base(&self) -> &str {
        &self.base
    }

    /// Kills it if it runs, starts it and waits until it is ready. It keeps the port of its first start.
    pub(super) async fn restart(&mut self) {
        self.kill();
        fs::create_dir_all(&self.folder).expect("a folder for a process");
        let mut failure = Failure::from("it was not tried");
        for _ in 0..ATTEMPTS {
            match self.try_start().await {
                Ok(()) => return,
                Err(error) => failure = error,
            }
            // Somebody else may have taken the port; after a restart clients expect the old one.
            self.kill();
        }
        panic!("{:?} does not start: {failure}\n{}", self.kind, self.report());
    }

    /// Starts it once, and returns what it has logged when it has ended by itself.
    pub(super) async fn start_refused(&mut self) -> String {
        fs::create_dir_all(&self.folder).expect("a folder for a process");
        match self.try_start().await {
            Ok(()) => panic!("{:?} starts, and should not\n{}", self.kind, self.report()),
            Err(_) => self.log(),
        }
    }

    async fn try_start(&mut self) -> Result<(), Failure> {
        let port = match self.port {
            Some(port) => port,
            None => free_port()?,
        };
        let mut process = Process::start(self.command(port), &self.log_path()).await?;
        if self.kind == Kind::Server {
            self.base = format!("http://127.0.0.1:{port}");
            wait_until_ready(&format!("{}/readyz", self.base), &mut process).await?;
            self.port = Some(port);
        }
        self.process = Some(process);
        Ok(())
    }

    fn command(&self, port: u16) -> Command {
        let mut command = keeper::command(&self.kind.program(), "KILL", None);
        command.current_dir(&self.folder);
        // What the person who runs the tests has set for a Plaza of their own does not concern this one.
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("PLAZA_") {
                command.env_remove(name);
            }
        }
        command.env("PLAZA_SERVER__LISTEN", format!("127.0.0.1:{port}")).envs(self.environment());
        command
    }

    /// Runs its program with its configuration, beside it, to the end.
    pub(super) async fn run(&self, arguments: &[&str]) -> Output {
        let mut command = tokio::process::Command::from(self.command(self.port.unwrap_or_default()));
        let ended = timeout(END, command.args(arguments).kill_on_drop(true).output()).await;
        ended.expect("a command ends in time").expect("a command is run")
    }

    /// The same; it reads `input`.
    pub(super) async fn run_with_input(&self, arguments: &[&str], input: &str) -> Output {
        let mut command = tokio::process::Command::from(self.command(self.port.unwrap_or_default()));
        command.args(arguments).kill_on_drop(true);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("a command is run");
        let mut stdin = child.stdin.take().expect("a pipe");
        stdin.write_all(input.as_bytes()).await.expect("a command reads");
        drop(stdin);
        timeout(END, child.wait_with_output())
            .await
            .expect("a command ends in time")
            .expect("it is waited for")
    }

    /// The same; nobody reads what it says.
    pub(super) async fn run_unread(&self, arguments: &[&str]) -> ExitStatus {
        let (reader, writer) = io::pipe().expect("a pipe");
        drop(reader);
        let mut command = tokio::process::Command::from(self.command(self.port.unwrap_or_default()));
        command.args(arguments).kill_on_drop(true);
        command.stdout(writer.try_clone().expect("a pipe")).stderr(writer);
        let ended = timeout(END, command.status()).await;
        ended.expect("a command ends in time").expect("a command is run")
    }

    /// What it is told by variables, but for its address.
    pub(super) fn environment(&self) -> Vec<(String, String)> {
        let data = self.folder.join("data").display().to_string();
        let mut variables = vec![("PLAZA_DATA_DIR".to_owned(), data)];
        variables.extend(self.environment.iter().cloned());
        variables
    }

    /// `SIGKILL`.
    pub(super) fn kill(&mut self) {
        self.process = None;
    }

    /// Sends a signal by its name, for example `TERM`.
    pub(super) fn signal(&self, name: &str) {
        let process = self.process.as_ref().expect("it was started");
        process.signal(name).expect("a signal is sent");
    }

    /// Whether it was started and has not ended.
    pub(super) fn is_running(&mut self) -> bool {
        self.process.as_mut().is_some_and(|process| matches!(process.try_wait(), Ok(None)))
    }

    /// How it ended.
    pub(super) async fn ended(&mut self) -> ExitStatus {
        let process = std::cell::RefCell::new(self.process.take().expect("it was started"));
        until(END, || async {
            let ended = process.borrow_mut().try_wait()?;
            ended.ok_or_else(|| Failure::from("it still runs"))
        })
        .await
        .unwrap_or_else(|error| panic!("a process should have ended: {error}\n{}", self.report()))
    }

    /// Everything it has logged.
    pub(super) fn log(&self) -> String {
        let bytes = fs::read(self.log_path()).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// The end of its log, with a heading.
    pub(super) fn report(&self) -> String {
        let log = self.log();
        let lines: Vec<&str> = log.lines().collect();
        let shown = &lines[lines.len().saturating_sub(LOG_LINES)..];
        format!("--- log of {} ---\n{}", self.folder.display(), shown.join("\n"))
    }

    fn log_path(&self) -> PathBuf {
        self.folder.join("log")
    }
}

async fn wait_until_ready(url: &str, process: &mut Process) -> Result<(), Failure> {
    let http = http_client().build()?;
    let process = std::cell::RefCell::new(process);
    // The outer result ends the waiting, the inner one is its outcome: a process that has ended never gets ready.
    until(START, || async {
        if let Some(status) = process.borrow_mut().try_wait()? {
            return Ok(Err(Failure::from(format!("it ended at once: {status}"))));
        }
        match http.get(url).send().await?.status() {
            StatusCode::OK => Ok(Ok(())),
            status => Err(Failure::from(format!("it is not ready: {status}"))),
        }
    })
    .await?
}
