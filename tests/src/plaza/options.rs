//! How a Plaza under test is set up.

use std::fmt;

use super::{
    Plaza,
    node::{Kind, Node},
};
use crate::servers::{Bucket, postgres_database, redis_prefix, redis_url, scratch::Scratch};

/// How many standalone workers run from the start.
const WORKERS: usize = 1;
const SECRET: &str = "a secret of 32 characters or more, shared by every instance of one test";

/// The two sizes that Plaza comes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setup {
    /// One process with SQLite.
    Embedded,
    /// Two instances and a standalone worker on Postgres, Redis and S3.
    Distributed,
}

impl fmt::Display for Setup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Embedded => "embedded",
            Self::Distributed => "distributed",
        })
    }
}

/// A Plaza that is not started yet. Passwords are hashed quickly and nothing is rate limited unless a test says so.
#[derive(Debug)]
pub struct Options {
    setup: Setup,
    environment: Vec<(String, String)>,
    database: Option<String>,
    redis: Option<String>,
    idle_workers: usize,
    worker: Kind,
}

impl Options {
    /// The usual ones.
    pub fn new(setup: Setup) -> Self {
        Self {
            setup,
            environment: Vec::new(),
            database: None,
            redis: None,
            idle_workers: 0,
            worker: Kind::Worker,
        }
    }

    /// Sets a variable for every process, for example `PLAZA_LIMITS__ENABLED`.
    #[must_use]
    pub fn variable(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Keeps files in this bucket, embedded too.
    #[must_use]
    pub fn bucket(self, bucket: &Bucket) -> Self {
        let variables = bucket.variables("uploads");
        variables.iter().fold(self, |options, (name, value)| options.variable(name, value))
    }

    /// Uses this Postgres database when distributed.
    #[must_use]
    pub fn database(mut self, url: String) -> Self {
        self.database = Some(url);
        self
    }

    /// Uses this Redis when distributed.
    #[must_use]
    pub fn redis(mut self, url: String) -> Self {
        self.redis = Some(url);
        self
    }

    /// Has `count` standalone workers more when distributed, which wait for [`Plaza::restart_worker`].
    #[must_use]
    pub fn idle_workers(mut self, count: usize) -> Self {
        self.idle_workers = count;
        self
    }

    /// Has standalone workers whose probes do what their notes say; see [`backstage`](crate::backstage).
    #[must_use]
    pub fn faulty_workers(mut self) -> Self {
        self.worker = Kind::FaultyWorker;
        self
    }

    /// Starts it and waits until every instance is ready.
    pub async fn start(self) -> Plaza {
        let scratch = Scratch::new("plaza").expect("a folder for Plaza's data");
        let shared = self.shared_environment().await;
        let node = |kind: Kind, name: &str| {
            let mut environment = shared.clone();
            environment.extend(self.environment.iter().cloned());
            Node::new(kind, scratch.path().join(name), environment)
        };
        let (names, workers): (&[&str], usize) = match self.setup {
            Setup::Embedded => (&["plaza"], 0),
            Setup::Distributed => (&["a", "b"], WORKERS + self.idle_workers),
        };
        let mut instances: Vec<Node> = names.iter().map(|name| node(Kind::Server, name)).collect();
        let mut workers: Vec<Node> =
            (0..workers).map(|number| node(self.worker, &format!("worker-{number}"))).collect();
        // All at once: instances that race on a fresh database are what a deployment starts with.
        let running = workers.iter_mut().take(WORKERS);
        futures::future::join_all(instances.iter_mut().chain(running).map(Node::restart)).await;
        Plaza { instances, workers, _scratch: scratch }
    }

    /// Starts one instance that must refuse to, and returns what it says.
    pub async fn start_refused(self) -> String {
        let scratch = Scratch::new("plaza").expect("a folder for Plaza's data");
        let mut environment = self.shared_environment().await;
        environment.extend(self.environment);
        Node::new(Kind::Server, scratch.path().join("refused"), environment).start_refused().await
    }

    async fn shared_environment(&self) -> Vec<(String, String)> {
        let mut variables = vec![
            ("PLAZA_AUTH__BCRYPT_COST", "4".to_owned()),
            ("PLAZA_LIMITS__ENABLED", "false".to_owned()),
            ("PLAZA_UPLOADS__MAX_PARALLEL", "0".to_owned()),
            ("PLAZA_LOG__LEVEL", "info".to_owned()),
        ];
        if self.setup == Setup::Distributed {
            let database = match &self.database {
                Some(url) => url.clone(),
                None => postgres_database().await,
            };
            let redis = match &self.redis {
                Some(url) => url.clone(),
                None => redis_url().await,
            };
            variables.extend(Bucket::new().variables("uploads"));
            variables.extend([
                ("PLAZA_DATABASE__URL", database),
                ("PLAZA_REDIS__URL", redis),
                ("PLAZA_REDIS__PREFIX", redis_prefix()),
                ("PLAZA_AUTH__SECRET", SECRET.to_owned()),
                ("PLAZA_WORKER__EMBEDDED", "false".to_owned()),
            ]);
        }
        variables.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }
}
