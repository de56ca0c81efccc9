//! An S3 server for tests: s3s-fs, inside the test process.

use std::{
    io,
    net::Ipv4Addr,
    sync::{
        OnceLock,
        atomic::{AtomicU64, Ordering},
    },
    thread,
};

use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
};
use s3s::{auth::SimpleAuth, service::S3ServiceBuilder};
use s3s_fs::FileSystem;
use tokio::{net::TcpListener, runtime, task::JoinSet};

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
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let server = Server::shared();
        let name = format!("plaza-test-{}", NEXT.fetch_add(1, Ordering::Relaxed));
        std::fs::create_dir(server.buckets.path().join(&name)).expect("a folder for a bucket");
        Self {
            endpoint: server.endpoint.clone(),
            name,
            access_key_id: ACCESS_KEY_ID.to_owned(),
            secret_access_key: SECRET_ACCESS_KEY.to_owned(),
        }
    }
}

impl Default for Bucket {
    fn default() -> Self {
        Self::new()
    }
}

struct Server {
    endpoint: String,
    buckets: Scratch,
}

impl Server {
    /// It has a thread of its own, as it outlives the runtime of the test that asks first.
    fn shared() -> &'static Self {
        static SHARED: OnceLock<Server> = OnceLock::new();
        SHARED.get_or_init(|| Self::start().unwrap_or_else(|error| panic!("no S3 server for tests: {error}")))
    }

    fn start() -> Result<Self, Failure> {
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
        thread::Builder::new().name("s3".to_owned()).spawn(move || {
            runtime.block_on(async {
                let listener = TcpListener::from_std(listener)?;
                let mut connections = JoinSet::new();
                loop {
                    let (stream, _) = listener.accept().await?;
                    while connections.try_join_next().is_some() {}
                    let service = service.clone();
                    connections.spawn(async move {
                        let server = auto::Builder::new(TokioExecutor::new());
                        // A client that went away in the middle is no concern of the server's.
                        server.serve_connection(TokioIo::new(stream), service).await.ok();
                    });
                }
                #[expect(unreachable_code, reason = "tells the type of the errors above")]
                Ok::<(), io::Error>(())
            })
        })?;
        Ok(Self { endpoint, buckets })
    }
}
