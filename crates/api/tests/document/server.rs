//! A server of its own for a test, embedded, in a folder that goes away.

use std::{error::Error, net::SocketAddr, time::Duration};

use chrono::TimeDelta;
use plaza_api::server::{Application, ServeError};
use plaza_application::commands::{Command, ProbeCommand};
use plaza_domain::{Clock, IdGenerator, NewTask, Store, TaskId};
use plaza_infrastructure::{
    clock::{SystemClock, UuidV7Generator},
    config::{Config, Overrides, Sources},
    db::{DatabaseSettings, connect},
};
use tempfile::TempDir;
use tokio::{sync::oneshot, task::JoinSet};

/// A server that runs until it is stopped.
pub(super) struct TestServer {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    running: JoinSet<Result<(), ServeError>>,
    folder: TempDir,
}

impl TestServer {
    pub(super) async fn start() -> Result<Self, Box<dyn Error>> {
        let folder = tempfile::tempdir()?;
        let overrides = Overrides::default()
            .with("server.listen", Some("127.0.0.1:0"))
            .with("data_dir", Some(folder.path().display()))
            .with("auth.bcrypt_cost", Some(4))
            .with("worker.poll_interval_ms", Some(50));
        let config = Config::from_sources(&Sources { overrides, ..Sources::default() })?;
        let application =
            Box::pin(Application::build(config, plaza_worker::MediaSettings::InProcess)).await?;
        let address = application.address();
        let (stop, stopped) = oneshot::channel();
        let mut running = JoinSet::new();
        // Stopping and being dropped are the same to the server.
        running.spawn(application.run(async { drop(stopped.await) }));
        Ok(Self { address, stop, running, folder })
    }

    /// Where it is, without a slash at the end.
    pub(super) fn base(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Stores a task that waits for tomorrow, as another process beside the server does; its id.
    pub(super) async fn given_waiting_task(&self) -> Result<TaskId, Box<dyn Error>> {
        let url = format!("sqlite:{}", self.folder.path().join("plaza.db").display());
        let wait = Duration::from_secs(5);
        let store = connect(&DatabaseSettings { url, max_connections: 1, acquire_timeout: wait }).await?;
        let (ids, now) = (UuidV7Generator, SystemClock.now());
        let probe = Command::Probe(ProbeCommand { note: "tomorrow".to_owned() });
        let task = probe.into_task(TaskId::new(ids.next()), None)?;
        let task = NewTask { run_at: Some(now + TimeDelta::days(1)), ..task };
        let mut work = store.begin().await?;
        work.tasks().insert(&task).await?;
        work.commit().await?;
        store.close().await?;
        Ok(task.id)
    }

    /// Ends it in order.
    pub(super) async fn stop(mut self) -> Result<(), Box<dyn Error>> {
        drop(self.stop);
        while let Some(ended) = self.running.join_next().await {
            ended??;
        }
        Ok(())
    }
}
