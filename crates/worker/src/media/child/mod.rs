//! Media work in a process of its own: a decoder that panics, loops or eats memory takes down that process, which is
//! one attempt, and nothing else.

mod ended;
mod limits;
mod serve;
mod wire;

use std::{
    env,
    ffi::OsString,
    io,
    path::PathBuf,
    process::{ExitStatus, Stdio},
    time::Duration,
};

use async_trait::async_trait;
use futures::TryStreamExt;
use plaza_domain::FileFailure;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    process::{Child, ChildStderr, ChildStdin, ChildStdout, Command},
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;

pub use serve::media_child;

use self::wire::{MAX_ANSWER, Request, Verdict};
use super::{Examined, MediaError, MediaJob, MediaProcessor, Source};

/// How much of what a child complains about is read.
const MAX_COMPLAINTS: u64 = 4 * 1024;

/// A program that does media work, and what it may use.
#[derive(Clone, Debug)]
pub struct MediaChild {
    /// The program; it must call [`media_child`] first of all.
    pub program: PathBuf,
    /// What it is called with.
    pub arguments: Vec<OsString>,
    /// How many bytes it may allocate.
    pub memory: u64,
    /// How long it may take for one file, once it has all its bytes.
    pub deadline: Duration,
}

impl MediaChild {
    /// The program that runs, which calls [`media_child`] first of all.
    pub fn this_program() -> Self {
        Self {
            program: own_path(),
            arguments: vec![serve::ARGUMENT.into()],
            memory: 512 * 1024 * 1024,
            deadline: Duration::from_secs(30),
        }
    }
}

/// What runs, also when its file was replaced meanwhile: an upgraded program may talk differently.
fn own_path() -> PathBuf {
    let running = PathBuf::from("/proc/self/exe");
    if running.exists() { running } else { env::current_exe().unwrap_or(running) }
}

/// Does each piece of media work in a new child.
pub(crate) struct ChildProcessor {
    settings: MediaChild,
}

impl ChildProcessor {
    pub(crate) fn new(settings: MediaChild) -> Self {
        Self { settings }
    }

    /// The child dies with what holds it, and knows nothing of this process: neither its environment nor its files.
    fn spawn(&self) -> io::Result<Child> {
        Command::new(&self.settings.program)
            .args(&self.settings.arguments)
            .env_clear()
            .envs(limits::ENVIRONMENT)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
    }

    fn request(&self, job: &MediaJob, size: u64) -> Request {
        let (memory, cpu_seconds) = (self.settings.memory, self.settings.deadline.as_secs().max(1));
        Request { job: job.clone(), size, memory, cpu_seconds }
    }
}

#[async_trait]
impl MediaProcessor for ChildProcessor {
    async fn process(&self, job: MediaJob, source: Source) -> Result<Examined, MediaError> {
        let request = wire::framed(&self.request(&job, source.size)).map_err(internal)?;
        let mut child = self.spawn().map_err(internal)?;
        let (Some(stdin), Some(stdout), Some(stderr)) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take())
        else {
            return Err(MediaError::Internal("a child has no pipes".into()));
        };
        let deadline = self.settings.deadline;
        let fed = CancellationToken::new();
        let ended = tokio::select! {
            ended = async { tokio::try_join!(
                feed(stdin, &request, source, deadline, fed.clone()),
                read_answer(stdout),
                read_complaints(stderr),
                async { child.wait().await.map_err(internal) },
            ) } => ended,
            () = async { fed.cancelled().await; sleep(deadline).await } => Err(too_late(deadline)),
        };
        let ((), answer, complaints, status) = ended?;
        conclude(&job, status, &answer, &complaints)
    }
}

/// Sends a request and the bytes that it is about. A child that does not want them all will say why.
async fn feed(
    mut stdin: ChildStdin,
    request: &[u8],
    mut source: Source,
    deadline: Duration,
    fed: CancellationToken,
) -> Result<(), MediaError> {
    let _fed = fed.drop_guard();
    let mut is_open = send(&mut stdin, request, deadline).await?;
    let mut missing = source.size;
    while is_open && let Some(chunk) = source.bytes.try_next().await? {
        missing = missing.checked_sub(chunk.len() as u64).ok_or(FileFailure::Missing)?;
        is_open = send(&mut stdin, &chunk, deadline).await?;
    }
    if is_open && missing > 0 { Err(FileFailure::Missing.into()) } else { Ok(()) }
}

/// False when the child does not listen any more.
async fn send(stdin: &mut ChildStdin, bytes: &[u8], deadline: Duration) -> Result<bool, MediaError> {
    match timeout(deadline, stdin.write_all(bytes)).await {
        Ok(Ok(())) => Ok(true),
        Ok(Err(error)) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
        Ok(Err(error)) => Err(internal(error)),
        Err(_) => Err(too_late(deadline)),
    }
}

async fn read_answer(stdout: ChildStdout) -> Result<Vec<u8>, MediaError> {
    let mut answer = Vec::new();
    stdout.take(MAX_ANSWER as u64 + 1).read_to_end(&mut answer).await.map_err(internal)?;
    if answer.len() > MAX_ANSWER {
        return Err(MediaError::Crashed("the media process answered too much".to_owned()));
    }
    Ok(answer)
}

/// Reads on when it has enough: a child that waits for its reader never ends.
async fn read_complaints(mut stderr: ChildStderr) -> Result<String, MediaError> {
    let mut complaints = Vec::new();
    (&mut stderr).take(MAX_COMPLAINTS).read_to_end(&mut complaints).await.map_err(internal)?;
    tokio::io::copy(&mut stderr, &mut tokio::io::sink()).await.map_err(internal)?;
    Ok(String::from_utf8_lossy(&complaints).into_owned())
}

fn conclude(
    job: &MediaJob,
    status: ExitStatus,
    answer: &[u8],
    complaints: &str,
) -> Result<Examined, MediaError> {
    if !status.success() {
        tracing::warn!(media.status = %status, media.complaints = complaints, "a media process has failed");
        return Err(MediaError::Crashed(ended::reason(status, complaints)));
    }
    match wire::parse_answer(answer, job) {
        Some(Verdict::Examined(examined)) => Ok(examined),
        Some(Verdict::Refused(failure)) => Err(failure.into()),
        Some(Verdict::Failed(reason)) => Err(MediaError::Internal(reason.into())),
        None => Err(MediaError::Crashed("the media process answered nonsense".to_owned())),
    }
}

fn too_late(deadline: Duration) -> MediaError {
    MediaError::Crashed(format!("the media process took longer than {} s", deadline.as_secs_f32()))
}

fn internal(error: impl Into<plaza_application::ports::BoxError>) -> MediaError {
    MediaError::Internal(error.into())
}
