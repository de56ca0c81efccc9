//! A server of its own for a test, embedded, in a folder that goes away.

use std::{error::Error, net::SocketAddr};

use plaza_api::server::{Application, ServeError};
use plaza_infrastructure::config::{Config, Overrides, Sources};
use tempfile::TempDir;
use tokio::{sync::oneshot, task::JoinSet};

/// A server that runs until it is stopped.
pub(super) struct TestServer {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    running: JoinSet<Result<(), ServeError>>,
    _folder: TempDir,
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
        let application = Box::pin(Application::build(config)).await?;
        let address = application.address();
        let (stop, stopped) = oneshot::channel();
        let mut running = JoinSet::new();
        // Stopping and being dropped are the same to the server.
        running.spawn(application.run(async { drop(stopped.await) }));
        Ok(Self { address, stop, running, _folder: folder })
    }

    /// Where it is, without a slash at the end.
    pub(super) fn base(&self) -> String {
        format!("http://{}", self.address)
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
