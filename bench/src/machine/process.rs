//! A server as a child process that ends with this one, however it ends.

use std::{
    fs::File,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    process::{Pid, PidfdFlags, Signal, kill_process, pidfd_open},
};

use crate::Failure;

/// How long a process may take to end when it is told to.
const FAREWELL: Timespec = Timespec { tv_sec: 5, tv_nsec: 0 };

/// What ends a process, and its children with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LastSignal {
    /// For one that has no children, or whose children notice that it is gone.
    Kill,
    /// For one that ends its children first.
    Term,
    /// Postgres takes its children along at once.
    Quit,
}

impl LastSignal {
    /// As setpriv(1) calls it.
    fn name(self) -> &'static str {
        match self {
            Self::Kill => "KILL",
            Self::Term => "TERM",
            Self::Quit => "QUIT",
        }
    }

    fn signal(self) -> Signal {
        match self {
            Self::Kill => Signal::KILL,
            Self::Term => Signal::TERM,
            Self::Quit => Signal::QUIT,
        }
    }
}

/// What to run, and how.
#[derive(Clone, Debug)]
pub(crate) struct Launch {
    pub(crate) program: PathBuf,
    pub(crate) arguments: Vec<String>,
    pub(crate) environment: Vec<(String, String)>,
    pub(crate) folder: PathBuf,
    /// What the process gets when it is no longer needed, or when this one ends.
    pub(crate) last_signal: LastSignal,
    /// Runs it as `nobody` when this process is root's: Postgres refuses to be.
    pub(crate) is_unprivileged: bool,
}

impl Launch {
    /// Runs `program` in `folder`, with nothing told to it yet.
    pub(crate) fn new(program: impl Into<PathBuf>, folder: &Path) -> Self {
        Self {
            program: program.into(),
            arguments: Vec::new(),
            environment: Vec::new(),
            folder: folder.to_owned(),
            last_signal: LastSignal::Kill,
            is_unprivileged: false,
        }
    }

    /// Adds arguments.
    #[must_use]
    pub(crate) fn arguments<T: Into<String>>(mut self, arguments: impl IntoIterator<Item = T>) -> Self {
        self.arguments.extend(arguments.into_iter().map(Into::into));
        self
    }

    /// Sets a variable of its environment.
    #[must_use]
    pub(crate) fn variable(mut self, name: &str, value: impl Into<String>) -> Self {
        self.environment.push((name.to_owned(), value.into()));
        self
    }

    /// The command; `setpriv` becomes the program, so the child's id is the program's.
    pub(crate) fn command(&self) -> Result<Command, Failure> {
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", self.last_signal.name()]);
        if self.is_unprivileged && is_root()? {
            command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]);
        }
        command.arg("--").arg(&self.program).args(&self.arguments);
        // What is set for a server of somebody's own does not concern this one.
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("PLAZA_") {
                command.env_remove(name);
            }
        }
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command.current_dir(&self.folder).stdin(Stdio::null());
        Ok(command)
    }
}

pub(super) fn is_root() -> Result<bool, Failure> {
    use std::os::unix::fs::MetadataExt;
    Ok(std::fs::metadata("/proc/self")?.uid() == 0)
}

/// A running child; dropping it ends it.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    last_signal: LastSignal,
    log: PathBuf,
}

impl Process {
    /// Starts it with its output appended to `log`.
    pub(crate) fn start(launch: &Launch, log: &Path) -> Result<Self, Failure> {
        let output = File::options().create(true).append(true).open(log)?;
        let mut command = launch.command()?;
        command.stdout(output.try_clone()?).stderr(output);
        let child = command
            .spawn()
            .map_err(|error| format!("setpriv (package util-linux) could not be started: {error}"))?;
        Ok(Self { child, last_signal: launch.last_signal, log: log.to_owned() })
    }

    /// Its id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Fails with what it has said when it has ended by itself.
    pub(crate) fn check(&mut self) -> Result<(), Failure> {
        match self.child.try_wait()? {
            None => Ok(()),
            Some(status) => Err(format!("a server has ended: {status}\n{}", self.said()).into()),
        }
    }

    /// How often its log has some words.
    pub(crate) fn count_said(&self, words: &str) -> usize {
        let bytes = std::fs::read(&self.log).unwrap_or_default();
        memchr::memmem::find_iter(&bytes, words.as_bytes()).count()
    }

    /// The end of its log.
    pub(crate) fn said(&self) -> String {
        let bytes = std::fs::read(&self.log).unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes);
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(40)..].join("\n")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself; its id is nobody else's until it is waited for.
        if let Some(id) = Pid::from_raw(self.child.id().cast_signed()) {
            say_farewell(id, self.last_signal).ok();
        }
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// Tells a process to end, and gives it some time to.
fn say_farewell(id: Pid, last_signal: LastSignal) -> Result<(), Failure> {
    let process = pidfd_open(id, PidfdFlags::empty())?;
    kill_process(id, last_signal.signal())?;
    poll(&mut [PollFd::new(&process, PollFlags::IN)], Some(&FAREWELL))?;
    Ok(())
}

/// Finds a program in `PATH` or in one of `elsewhere`.
pub(crate) fn find_program(name: &str, elsewhere: &[PathBuf]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    folders.iter().chain(elsewhere).map(|folder| folder.join(name)).find(|candidate| candidate.is_file())
}

/// Runs a command to its end and returns what it has printed.
pub(crate) fn output_of(launch: &Launch) -> Result<String, Failure> {
    let output = launch.command()?.output()?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(format!("{} failed: {}\n{said}", launch.program.display(), output.status).into())
}
