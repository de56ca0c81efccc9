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
use plaza_tests::servers::FakeOpenId;
use tempfile::TempDir;
use tokio::{sync::oneshot, task::JoinSet};

/// A server that runs until it is stopped.
pub(super) struct TestServer {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    running: JoinSet<Result<(), ServeError>>,
    folder: TempDir,
    provider: FakeOpenId,
}

impl TestServer {
    pub(super) async fn start() -> Result<Self, Box<dyn Error>> {
        let folder = tempfile::tempdir()?;
        let provider = FakeOpenId::start().await;
        let overrides = Overrides::default()
            .with("server.listen", Some("127.0.0.1:0"))
            .with("data_dir", Some(folder.path().display()))
            .with("oidc.providers.corp.issuer", Some(provider.issuer()))
            .with("oidc.providers.corp.client_id", Some(FakeOpenId::CLIENT_ID))
            .with("oidc.providers.corp.allow_registration", Some(true))
            .with("auth.bcrypt_cost", Some(4))
            // One user asks for more in a moment than people do.
            .with("limits.login_per_account", Some(100))
            .with("limits.login_per_address", Some(100))
            .with("worker.poll_interval_ms", Some(50));
        let config = Config::from_sources(&Sources { overrides, ..Sources::default() })?;
        let application =
            Box::pin(Application::build(config, plaza_worker::MediaSettings::InProcess)).await?;
        let address = application.address();
        let (stop, stopped) = oneshot::channel();
        let mut running = JoinSet::new();
        // Stopping and being dropped are the same to the server.
        running.spawn(application.run(async { drop(stopped.await) }));
        Ok(Self { address, stop, running, folder, provider })
    }

    /// Where it is, without a slash at the end.
    pub(super) fn base(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What calls itself a login provider, and is one that the server trusts.
    pub(super) fn provider(&self) -> &FakeOpenId {
        &self.provider
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

    /// What is secret in the latest mail with that subject, when one was sent after `former`.
    pub(super) async fn link(&self, to: &str, subject: &str, former: &str) -> Result<String, Box<dyn Error>> {
        let mut ticks = tokio::time::interval(Duration::from_millis(20));
        for _ in 0..500 {
            ticks.tick().await;
            if let Some(token) = self.find_link(to, subject).filter(|token| token != former) {
                return Ok(token);
            }
        }
        Err(format!("no mail {subject:?} to {to}").into())
    }

    fn find_link(&self, to: &str, subject: &str) -> Option<String> {
        let entries = std::fs::read_dir(self.folder.path().join("outbox")).ok()?;
        let mut paths: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
        paths.sort_unstable();
        paths.into_iter().rev().find_map(|path| {
            let mail = std::fs::read_to_string(path).ok()?;
            let is_it = |line: &str| mail.lines().any(|it| it == line);
            // Quoted-printable (RFC 2045) breaks lines, and writes = as =3D.
            let mail = is_it(&format!("To: {to}"))
                .then_some(&mail)
                .filter(|_| is_it(&format!("Subject: {subject}")))?;
            let plain = mail.replace("=\r\n", "").replace("=3D", "=");
            let (_, rest) = plain.split_once("#token=")?;
            rest.split_whitespace().next().map(str::to_owned)
        })
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
