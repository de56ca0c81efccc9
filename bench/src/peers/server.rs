//! A peer that runs: its processes, and the stores of its own that they work on.

use std::{
    fs,
    net::SocketAddr,
    path::Path,
    time::{Duration, Instant},
};

use tempfile::TempDir;

use super::{Ground, Peer};
use crate::{
    Failure,
    machine::{
        process::{Launch, Process},
        sqlite,
        stores::{Postgres, Redis},
        usage::{own_processor_time, processor_time, resident_memory},
        wait::{free_port, greet, local, until},
    },
    report::Cores,
    stage::Seat,
};

const START: Duration = Duration::from_secs(60);

/// A running peer. Dropping it ends its processes and removes their data.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) addresses: Vec<SocketAddr>,
    /// From the start of the processes until all of them were ready.
    pub(crate) ready_after: Duration,
    processes: Vec<Process>,
    launches: Vec<Launch>,
    bcrypt_cost: u32,
    starts: usize,
    ready_path: &'static str,
    ready_words: Option<(&'static str, usize)>,
    postgres: Option<Postgres>,
    redis: Option<Redis>,
    // Last: the folder goes when nobody writes to it any more.
    home: TempDir,
}

/// Processor time that was taken until some moment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reading {
    at: Instant,
    server: Duration,
    database: Duration,
    redis: Duration,
    generator: Duration,
}

impl Server {
    /// Starts a peer on fresh stores in a folder of its own below `home`, and waits until it is ready.
    pub(crate) async fn start(peer: &dyn Peer, home: &Path, bcrypt_cost: u32) -> Result<Self, Failure> {
        let fresh = home.join("postgres");
        let home = folder_in(home)?;
        let (postgres, redis) = if peer.needs_stores() {
            let redis = Redis::start(home.path(), peer.needs_durable_redis()).await?;
            (Some(Postgres::start(home.path(), &fresh).await?), Some(redis))
        } else {
            (None, None)
        };
        if let (Some(postgres), Some(schema)) = (&postgres, peer.schema()?) {
            postgres.run(&schema)?;
        }
        let stores = postgres.as_ref().map(Postgres::url).zip(redis.as_ref().map(Redis::url));
        let (mut addresses, mut launches) = (Vec::new(), Vec::new());
        for instance in 0..peer.instances() {
            let folder = home.path().join(format!("server-{instance}"));
            fs::create_dir(&folder)?;
            let port = free_port()?;
            let ground = Ground { folder, stores: stores.clone(), bcrypt_cost };
            launches.push(peer.launch(&ground, port)?);
            addresses.push(local(port));
        }
        let processes = Vec::new();
        let ready_after = Duration::ZERO;
        let (ready_path, ready_words) = (peer.ready_path(), peer.ready_words());
        let mut server = Self {
            addresses,
            ready_after,
            processes,
            launches,
            bcrypt_cost,
            starts: 0,
            ready_path,
            ready_words,
            postgres,
            redis,
            home,
        };
        server.restart().await?;
        Ok(server)
    }

    /// Kills its processes, if they run, and starts them again where they were.
    pub(crate) async fn restart(&mut self) -> Result<(), Failure> {
        self.processes.clear();
        self.starts += 1;
        let begin = Instant::now();
        for (number, launch) in self.launches.iter().enumerate() {
            let log = self.home.path().join(format!("server-{number}.log"));
            self.processes.push(Process::start(launch, &log)?);
        }
        for (address, process) in self.addresses.iter().zip(&mut self.processes) {
            let request =
                format!("GET {} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n", self.ready_path);
            // The outer result ends the waiting, the inner one is its outcome.
            until(START, || {
                let running = process.check();
                let request = &request;
                async move {
                    if let Err(ended) = running {
                        return Ok(Err(ended));
                    }
                    greet(*address, request, "HTTP/1.1 200").await.map(Ok)
                }
            })
            .await??;
            let Some((words, count)) = self.ready_words else { continue };
            // A log is of all starts.
            let count = count * self.starts;
            until(START, || {
                let said = process.count_said(words);
                async move {
                    if said < count { Err(format!("it has not said {words:?} yet").into()) } else { Ok(()) }
                }
            })
            .await?;
        }
        self.ready_after = begin.elapsed();
        Ok(())
    }

    /// Fails when one of its processes has ended.
    pub(crate) fn check(&mut self) -> Result<(), Failure> {
        self.processes.iter_mut().try_for_each(Process::check)
    }

    /// What its processes have said at last.
    pub(crate) fn said(&self) -> String {
        self.processes.iter().map(Process::said).collect::<Vec<_>>().join("\n")
    }

    /// Puts messages into a room at once, and lets the database look at what there is now.
    pub(crate) fn fill(&self, peer: &dyn Peer, seat: &Seat, count: u64) -> Result<(), Failure> {
        let statements = peer.fill(&seat.room_id, &seat.user_id, count);
        let statements = statements.ok_or("nothing is known of its tables")?;
        match peer.database_file() {
            Some(file) => sqlite::run(&self.folder().join("server-0").join(file), &statements),
            None => self.run_sql(&statements).and_then(|_| self.run_sql("VACUUM ANALYZE")).map(drop),
        }
    }

    /// Runs statements in its Postgres.
    pub(crate) fn run_sql(&self, statements: &str) -> Result<String, Failure> {
        self.postgres.as_ref().ok_or("it has no Postgres")?.run(statements)
    }

    /// Sends a command to its Redis and checks how the answer begins.
    pub(crate) async fn tell_redis(&self, command: &str, expected: &str) -> Result<(), Failure> {
        self.redis.as_ref().ok_or("it has no Redis")?.tell(command, expected).await
    }

    /// What it was started with.
    pub(crate) fn ground(&self) -> Ground {
        let stores = self.postgres.as_ref().map(Postgres::url).zip(self.redis.as_ref().map(Redis::url));
        Ground { folder: self.folder().to_owned(), stores, bcrypt_cost: self.bcrypt_cost }
    }

    /// The folder that goes when it ends.
    pub(crate) fn folder(&self) -> &Path {
        self.home.path()
    }

    /// Resident memory of its own processes, in bytes.
    pub(crate) fn memory(&self) -> u64 {
        resident_memory(&self.ids())
    }

    /// What was taken of the processors until now.
    pub(crate) fn reading(&self) -> Reading {
        Reading {
            at: Instant::now(),
            server: processor_time(&self.ids()),
            database: self.postgres.as_ref().map_or(Duration::ZERO, |it| processor_time(&[it.id()])),
            redis: self.redis.as_ref().map_or(Duration::ZERO, |it| processor_time(&[it.id()])),
            generator: own_processor_time(),
        }
    }

    fn ids(&self) -> Vec<u32> {
        self.processes.iter().map(Process::id).collect()
    }
}

/// A folder that goes when it is dropped, and that somebody else may look into, too: Postgres may run as one.
pub(crate) fn folder_in(home: &Path) -> Result<TempDir, Failure> {
    let folder = tempfile::Builder::new().prefix("plaza-bench-").tempdir_in(home)?;
    fs::set_permissions(folder.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755))?;
    Ok(folder)
}

impl Reading {
    /// How many processors each has kept busy between two readings.
    pub(crate) fn cores_until(self, later: Self) -> Cores {
        let seconds = later.at.duration_since(self.at).as_secs_f64().max(f64::EPSILON);
        let share = |from: Duration, to: Duration| to.saturating_sub(from).as_secs_f64() / seconds;
        Cores {
            server: share(self.server, later.server),
            database: share(self.database, later.database),
            redis: share(self.redis, later.redis),
            generator: share(self.generator, later.generator),
        }
    }
}
