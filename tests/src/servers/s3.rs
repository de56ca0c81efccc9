//! An S3 server for tests: s3s-fs, inside the test process.

use std::{
    fs, io,
    net::Ipv4Addr,
    sync::{
        Arc, LazyLock,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
};
use s3s::{
    auth::SimpleAuth,
    service::{S3Service, S3ServiceBuilder},
};
use s3s_fs::FileSystem;
use tokio::{
    net::{TcpListener, TcpStream},
    runtime,
    sync::watch,
    task::JoinSet,
};

use super::{Failure, scratch::Scratch};

const ACCESS_KEY_ID: &str = "plaza-test-key";
const SECRET_ACCESS_KEY: &str = "plaza-test-secret";

/// A bucket that no other test uses, and how to reach it.
#[derive(Clone, Debug)]
pub struct Bucket {
    /// The server.
    pub endpoint: String,
    /// The bucket's name.
    pub name: String,
    /// The access key's id.
    pub access_key_id: String,
    /// The access key's secret.
    pub secret_access_key: String,
}

impl Bucket {
    /// An empty bucket of the server that this test process shares.
    pub fn new() -> Self {
        static SHARED: LazyLock<PrivateS3> = LazyLock::new(PrivateS3::start);
        SHARED.bucket()
    }

    /// What an operator sets so that files are kept in it, below `prefix`.
    pub fn variables(&self, prefix: &str) -> [(&'static str, String); 4] {
        [
            ("PLAZA_STORAGE__URL", format!("s3://{}/{prefix}", self.name)),
            ("PLAZA_STORAGE__ENDPOINT", self.endpoint.clone()),
            ("PLAZA_STORAGE__ACCESS_KEY_ID", self.access_key_id.clone()),
            ("PLAZA_STORAGE__SECRET_ACCESS_KEY", self.secret_access_key.clone()),
        ]
    }
}

impl Default for Bucket {
    fn default() -> Self {
        Self::new()
    }
}

/// What a server does with its clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mood {
    Serving,
    /// Hangs up at once.
    Closed,
    /// Says nothing.
    Silent,
}

/// An S3 server of one test, which may fail. Ends when dropped.
#[derive(Debug)]
pub struct PrivateS3 {
    endpoint: String,
    buckets: Scratch,
    mood: watch::Sender<Mood>,
    connections: Arc<AtomicUsize>,
    next_bucket: AtomicUsize,
}

impl PrivateS3 {
    /// Starts one.
    pub fn start() -> Self {
        Self::try_start().unwrap_or_else(|error| panic!("no S3 server for tests: {error}"))
    }

    /// It has a thread of its own, as it may outlive the runtime of the test that asks first.
    fn try_start() -> Result<Self, Failure> {
        let buckets = Scratch::new("s3")?;
        let mut service = S3ServiceBuilder::new(
            FileSystem::new(buckets.path()).map_err(|error| Failure::from(format!("{error:?}")))?,
        );
        service.set_auth(SimpleAuth::from_single(ACCESS_KEY_ID, SECRET_ACCESS_KEY));
        let service = service.build();
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let endpoint = format!("http://{}", listener.local_addr()?);
        let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
        let (mood, watched) = watch::channel(Mood::Serving);
        let connections = Arc::<AtomicUsize>::default();
        let counted = Arc::clone(&connections);
        thread::Builder::new().name("s3".to_owned()).spawn(move || {
            runtime
                .block_on(async { serve(TcpListener::from_std(listener)?, service, watched, &counted).await })
        })?;
        Ok(Self { endpoint, buckets, mood, connections, next_bucket: AtomicUsize::new(0) })
    }

    /// An empty bucket.
    pub fn bucket(&self) -> Bucket {
        let name = format!("plaza-test-{}", self.next_bucket.fetch_add(1, Ordering::Relaxed));
        fs::create_dir(self.buckets.path().join(&name)).expect("a folder for a bucket");
        Bucket {
            endpoint: self.endpoint.clone(),
            name,
            access_key_id: ACCESS_KEY_ID.to_owned(),
            secret_access_key: SECRET_ACCESS_KEY.to_owned(),
        }
    }

    /// Hangs up on everybody, from now on.
    pub fn close(&self) {
        self.mood.send_replace(Mood::Closed);
    }

    /// Takes connections and says nothing, from now on.
    pub fn fall_silent(&self) {
        self.mood.send_replace(Mood::Silent);
    }

    /// Serves again.
    pub fn recover(&self) {
        self.mood.send_replace(Mood::Serving);
    }

    /// How many connections were made so far.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }

    /// How many files uploads in parts have left that were neither completed nor given up.
    pub fn unfinished(&self) -> usize {
        let entries = fs::read_dir(self.buckets.path()).expect("the folder of the server");
        entries.flatten().filter(|entry| entry.file_name().to_string_lossy().starts_with(".upload")).count()
    }

    /// The names of all objects of a bucket.
    pub fn objects(&self, bucket: &Bucket) -> Vec<String> {
        let root = self.buckets.path().join(&bucket.name);
        let mut folders = vec![root.clone()];
        let mut names = Vec::new();
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).expect("a folder of a bucket").flatten() {
                let path = entry.path();
                let hidden = entry.file_name().to_string_lossy().starts_with('.');
                match path.strip_prefix(&root) {
                    Ok(_) if path.is_dir() => folders.push(path),
                    Ok(name) if !hidden => names.push(name.display().to_string()),
                    _ => {}
                }
            }
        }
        names.sort();
        names
    }
}

/// Until nobody holds the server any more.
async fn serve(
    listener: TcpListener,
    service: S3Service,
    mut mood: watch::Receiver<Mood>,
    counted: &AtomicUsize,
) -> io::Result<()> {
    let mut connections = JoinSet::new();
    let mut silent = Vec::new();
    loop {
        tokio::select! {
            changed = mood.changed() => {
                if changed.is_err() {
                    return Ok(());
                }
                connections.shutdown().await;
                silent.clear();
            }
            accepted = listener.accept() => {
                let (stream, _) = accepted?;
                counted.fetch_add(1, Ordering::Relaxed);
                while connections.try_join_next().is_some() {}
                let mood = *mood.borrow();
                match mood {
                    Mood::Serving => drop(connections.spawn(converse(stream, service.clone()))),
                    Mood::Closed => drop(stream),
                    Mood::Silent => silent.push(stream),
                }
            }
        }
    }
}

async fn converse(stream: TcpStream, service: S3Service) {
    // A client that went away in the middle is no concern of the server's.
    auto::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service).await.ok();
}
