//! Redis for tests.

use std::{
    process,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::OnceCell,
    time::timeout,
};

use super::{
    Failure,
    docker::{self, Container, Recipe},
    keeper,
    process::{Process, find_program},
    scratch::Scratch,
    wait::{free_port, until},
};

const START: Duration = Duration::from_secs(20);
const ANSWER: Duration = Duration::from_secs(2);
const ATTEMPTS: usize = 5;

/// The URL of a Redis that this test process shares; take keys that start with [`redis_prefix`].
pub async fn redis_url() -> String {
    static SHARED: OnceCell<(String, Option<PrivateRedis>)> = OnceCell::const_new();
    SHARED
        .get_or_init(|| async {
            match std::env::var("PLAZA_TEST_REDIS_URL") {
                Ok(url) => (url, None),
                Err(_) => {
                    let redis = Box::pin(PrivateRedis::start()).await;
                    (redis.url(), Some(redis))
                }
            }
        })
        .await
        .0
        .clone()
}

/// A prefix for keys and channels that no other test uses, also on a Redis that other test processes share.
pub fn redis_prefix() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("plaza-test-{}-{number}", process::id())
}

/// A Redis of one test, which may kill it; it keeps nothing over a restart. Ends when dropped.
#[derive(Debug)]
pub struct PrivateRedis {
    engine: Engine,
    port: u16,
}

#[derive(Debug)]
enum Engine {
    Container(Container),
    Process { process: Process, scratch: Scratch },
}

impl PrivateRedis {
    /// Starts one.
    pub async fn start() -> Self {
        Self::try_start().await.unwrap_or_else(|error| panic!("no Redis for tests: {error}"))
    }

    async fn try_start() -> Result<Self, Failure> {
        if docker::is_available().await {
            let container = Container::start(recipe()).await?;
            let port = container.port();
            let mut redis = Self { engine: Engine::Container(container), port };
            redis.wait_until_ready().await?;
            return Ok(redis);
        }
        // Somebody else may take a free port before Redis does.
        let mut failure = Failure::from("no free port");
        for _ in 0..ATTEMPTS {
            let scratch = Scratch::new("redis")?;
            let port = free_port()?;
            let process = spawn(&scratch, port).await?;
            let mut redis = Self { engine: Engine::Process { process, scratch }, port };
            match redis.wait_until_ready().await {
                Ok(()) => return Ok(redis),
                Err(error) => failure = error,
            }
        }
        Err(failure)
    }

    /// Its URL; stays the same after a restart.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Kills it. What it knew is gone.
    pub async fn kill(&mut self) {
        match &mut self.engine {
            Engine::Container(container) => container.command("kill").await.expect("Redis is killed"),
            Engine::Process { process, .. } => process.kill(),
        }
    }

    /// Starts it again, killing it first if it runs, and waits until it answers.
    pub async fn restart(&mut self) {
        match &mut self.engine {
            Engine::Container(container) => container.command("restart").await.expect("Redis is restarted"),
            Engine::Process { process, scratch } => {
                process.kill();
                *process = spawn(scratch, self.port).await.expect("Redis is started again");
            }
        }
        self.wait_until_ready().await.expect("Redis answers again");
    }

    /// Freezes it: connections stay open and nothing answers.
    pub async fn pause(&mut self) {
        match &mut self.engine {
            Engine::Container(container) => container.command("pause").await.expect("Redis is paused"),
            Engine::Process { process, .. } => process.signal("STOP").expect("Redis is paused"),
        }
    }

    /// Ends a [`pause`](Self::pause).
    pub async fn resume(&mut self) {
        match &mut self.engine {
            Engine::Container(container) => container.command("unpause").await.expect("Redis goes on"),
            Engine::Process { process, .. } => process.signal("CONT").expect("Redis goes on"),
        }
    }

    /// Forgets everything (`FLUSHALL`).
    pub async fn flush_all(&mut self) {
        let answer = ask(self.port, "FLUSHALL\r\n").await.expect("Redis answers");
        assert!(answer.starts_with("+OK"), "FLUSHALL was refused: {answer}");
    }

    async fn wait_until_ready(&mut self) -> Result<(), Failure> {
        until(START, || async {
            match ask(self.port, "PING\r\n").await? {
                answer if answer.starts_with("+PONG") => Ok(()),
                answer => Err(Failure::from(format!("Redis is not ready: {answer}"))),
            }
        })
        .await
    }
}

fn recipe() -> Recipe {
    Recipe {
        image: "redis",
        tag: "7-alpine",
        port: 6379,
        environment: &[],
        arguments: &["redis-server", "--save", "", "--appendonly", "no"],
    }
}

async fn spawn(scratch: &Scratch, port: u16) -> Result<Process, Failure> {
    let program = find_program("redis-server", &[]).ok_or(
        "no Docker engine answers and there is no redis-server: install the package redis-server, or set PLAZA_TEST_REDIS_URL",
    )?;
    let mut command = keeper::command(&program, "KILL", None);
    command
        .args(["--bind", "127.0.0.1", "--port", &port.to_string()])
        .args(["--save", "", "--appendonly", "no", "--dir"])
        .arg(scratch.path());
    Process::start(command, &scratch.path().join("redis.log")).await
}

/// Sends one inline command (a plain line of the Redis protocol) and reads the beginning of the answer.
async fn ask(port: u16, command: &str) -> Result<String, Failure> {
    let exchange = async {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).await?;
        stream.write_all(command.as_bytes()).await?;
        let mut answer = [0; 128];
        let length = stream.read(&mut answer).await?;
        Ok(String::from_utf8_lossy(&answer[..length]).into_owned())
    };
    timeout(ANSWER, exchange).await?
}
