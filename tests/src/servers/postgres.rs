//! Postgres for tests.

use std::{
    hash::{BuildHasher, Hasher, RandomState},
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection};
use tokio::sync::OnceCell;

use super::{
    Failure,
    docker::{self, Container, Recipe},
    postgres_cluster::Cluster,
    wait::{free_port, until},
};

const START: Duration = Duration::from_secs(60);
const ANSWER: Duration = Duration::from_secs(10);
const ATTEMPTS: usize = 5;

/// The URL of a fresh, empty database on a Postgres that this test process shares.
///
/// The server does not wait for disks: a crash of the machine would lose data, a crash of a process does not.
pub async fn postgres_database() -> String {
    static SHARED: OnceCell<(String, Option<PrivatePostgres>)> = OnceCell::const_new();
    let (server, _) = SHARED
        .get_or_init(|| async {
            match std::env::var("PLAZA_TEST_DATABASE_URL") {
                Ok(url) => (url, None),
                Err(_) => {
                    let postgres = Box::pin(PrivatePostgres::start_with(Durability::None)).await;
                    (postgres.admin_url(), Some(postgres))
                }
            }
        })
        .await;
    create_database(server).await.unwrap_or_else(|error| panic!("no database for a test: {error}"))
}

/// A Postgres of one test, which may kill it. It flushes to disk as in production. Ends when dropped.
#[derive(Debug)]
pub struct PrivatePostgres {
    engine: Engine,
    port: u16,
}

#[derive(Debug)]
enum Engine {
    Container(Container),
    Process(Cluster),
}

/// Whether a commit waits for the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Durability {
    Full,
    None,
}

impl Durability {
    /// Options of the server's command line. `synchronous_commit` stays as it is: Plaza sets it itself.
    pub(super) fn options(self) -> &'static [&'static str] {
        match self {
            Self::Full => &["-c", "max_connections=300"],
            Self::None => &["-c", "max_connections=300", "-c", "fsync=off", "-c", "full_page_writes=off"],
        }
    }
}

impl PrivatePostgres {
    /// Starts one.
    pub async fn start() -> Self {
        Self::start_with(Durability::Full).await
    }

    pub(super) async fn start_with(durability: Durability) -> Self {
        Self::try_start(durability).await.unwrap_or_else(|error| panic!("no Postgres for tests: {error}"))
    }

    async fn try_start(durability: Durability) -> Result<Self, Failure> {
        if docker::is_available().await {
            let container = Container::start(recipe(durability)).await?;
            let port = container.port();
            let postgres = Self { engine: Engine::Container(container), port };
            postgres.wait_until_ready().await?;
            return Ok(postgres);
        }
        // Somebody else may take a free port before Postgres does.
        let mut failure = Failure::from("no free port");
        for _ in 0..ATTEMPTS {
            let cluster = Cluster::start(free_port()?, durability).await?;
            let port = cluster.port();
            let postgres = Self { engine: Engine::Process(cluster), port };
            match postgres.wait_until_ready().await {
                Ok(()) => return Ok(postgres),
                Err(error) => failure = error,
            }
        }
        Err(failure)
    }

    /// The URL of a fresh, empty database.
    pub async fn database(&self) -> String {
        create_database(&self.admin_url()).await.expect("Postgres makes a database")
    }

    /// Kills it with all its connections. What was committed stays.
    pub async fn kill(&mut self) {
        match &mut self.engine {
            Engine::Container(container) => container.command("kill").await.expect("Postgres is killed"),
            Engine::Process(cluster) => cluster.kill(),
        }
    }

    /// Starts it again, killing it first if it runs, and waits until it answers.
    pub async fn restart(&mut self) {
        match &mut self.engine {
            Engine::Container(container) => {
                container.command("restart").await.expect("Postgres is restarted")
            }
            Engine::Process(cluster) => cluster.restart().await.expect("Postgres is started again"),
        }
        self.wait_until_ready().await.expect("Postgres answers again");
    }

    fn admin_url(&self) -> String {
        format!("postgres://plaza@127.0.0.1:{}/postgres", self.port)
    }

    async fn wait_until_ready(&self) -> Result<(), Failure> {
        until(START, || async {
            connect(&self.admin_url()).await?.close().await?;
            Ok(())
        })
        .await
    }
}

fn recipe(durability: Durability) -> Recipe {
    Recipe {
        image: "postgres",
        tag: "17-alpine",
        port: 5432,
        environment: &[("POSTGRES_USER", "plaza"), ("POSTGRES_HOST_AUTH_METHOD", "trust")],
        arguments: durability.options(),
    }
}

async fn connect(url: &str) -> Result<DatabaseConnection, Failure> {
    let mut options = ConnectOptions::new(url);
    options.max_connections(1).connect_timeout(ANSWER).acquire_timeout(ANSWER).sqlx_logging(false);
    Ok(Database::connect(options).await?)
}

async fn create_database(server: &str) -> Result<String, Failure> {
    let name = unique_name();
    let admin = connect(server).await?;
    admin.execute_unprepared(&format!("CREATE DATABASE {name}")).await?;
    admin.close().await?;
    Ok(with_database(server, &name))
}

/// Test processes may share a server, so a name has something random in it.
fn unique_name() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let random = RandomState::new().build_hasher().finish();
    format!("plaza_test_{random:016x}_{number}")
}

/// `postgres://user@host/other?options` with another database.
fn with_database(url: &str, name: &str) -> String {
    let (address, options) = match url.split_once('?') {
        Some((address, options)) => (address, format!("?{options}")),
        None => (url, String::new()),
    };
    let authority = address.find("://").map_or(0, |scheme| scheme + 3);
    let end = address[authority..].find('/').map_or(address.len(), |slash| authority + slash);
    format!("{}/{name}{options}", &address[..end])
}

#[cfg(test)]
mod tests {
    use super::with_database;

    #[test]
    fn a_database_is_named_in_a_url_with_or_without_one() {
        for (url, expected) in [
            ("postgres://u:p@h:5432/old", "postgres://u:p@h:5432/new"),
            ("postgres://u@h", "postgres://u@h/new"),
            ("postgres://u@h/old?sslmode=disable", "postgres://u@h/new?sslmode=disable"),
        ] {
            assert_eq!(with_database(url, "new"), expected);
        }
    }
}
