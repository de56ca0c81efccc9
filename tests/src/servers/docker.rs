//! A server in a container, where a Docker engine answers.

use std::{
    process::{Command, Stdio},
    time::Duration,
};

use testcontainers::{ContainerAsync, GenericImage, ImageExt, core::ContainerPort, runners::AsyncRunner};
use tokio::{process::Command as AsyncCommand, sync::OnceCell, time::timeout};

use super::{Failure, keeper, wait::free_port};

const PROBE: Duration = Duration::from_secs(10);
const START: Duration = Duration::from_secs(180);

/// Whether a Docker engine answers; asked once.
pub(crate) async fn is_available() -> bool {
    static AVAILABLE: OnceCell<bool> = OnceCell::const_new();
    *AVAILABLE
        .get_or_init(|| async {
            let probe = AsyncCommand::new("docker")
                .args(["version", "--format", "{{.Server.Version}}"])
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .kill_on_drop(true)
                .status();
            matches!(timeout(PROBE, probe).await, Ok(Ok(status)) if status.success())
        })
        .await
}

/// What to run.
pub(crate) struct Recipe {
    pub(crate) image: &'static str,
    pub(crate) tag: &'static str,
    pub(crate) port: u16,
    pub(crate) environment: &'static [(&'static str, &'static str)],
    pub(crate) arguments: &'static [&'static str],
}

/// A running container on a port of this machine that stays the same when it is restarted.
#[derive(Debug)]
pub(crate) struct Container {
    inner: Box<ContainerAsync<GenericImage>>,
    port: u16,
}

impl Container {
    /// Starts a container that is removed when this process ends, however it ends. Does not wait until it is ready.
    pub(crate) async fn start(recipe: Recipe) -> Result<Self, Failure> {
        let port = free_port()?;
        let mut request = GenericImage::new(recipe.image, recipe.tag)
            .with_mapped_port(port, ContainerPort::Tcp(recipe.port))
            .with_startup_timeout(START)
            .with_cmd(recipe.arguments.iter().copied());
        for (name, value) in recipe.environment {
            request = request.with_env_var(*name, *value);
        }
        let inner = Box::new(request.start().await?);
        remove_with_this_process(inner.id()).await?;
        Ok(Self { inner, port })
    }

    /// Where it listens.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Runs `docker <verb> <container>`.
    pub(crate) async fn command(&self, verb: &str) -> Result<(), Failure> {
        let output = AsyncCommand::new("docker").args([verb, self.inner.id()]).output().await?;
        if output.status.success() {
            Ok(())
        } else {
            Err(format!("docker {verb}: {}", String::from_utf8_lossy(&output.stderr)).into())
        }
    }
}

/// Testcontainers removes a container when its handle is dropped; a test process that is killed drops nothing. A
/// shell that reads from a pipe which only this process holds open outlives it, and removes the container then.
async fn remove_with_this_process(id: &str) -> Result<(), Failure> {
    use std::os::unix::process::CommandExt;
    let mut command = Command::new("sh");
    command
        .args(["-c", "cat >/dev/null; docker rm --force --volumes \"$0\" >/dev/null 2>&1", id])
        .stdin(Stdio::piped())
        .process_group(0);
    let mut lifeline = keeper::spawn(command).await?;
    // Never dropped on purpose: the pipe closes when the process ends.
    std::mem::forget(lifeline.stdin.take());
    Ok(())
}
