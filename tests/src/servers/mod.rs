//! Postgres, Redis, S3, clamd and SMTP for tests: Postgres and Redis given by the environment, in containers, or from this
//! machine's own binaries; clamd and SMTP from those; S3, and a clamd that misbehaves, inside the test process.
//!
//! Shared servers start with the first test that needs one and end with the test process, however it ends. Each test
//! gets a database of its own from [`postgres_database`] and, on the shared Redis, a prefix from [`redis_prefix`].
//! Fault tests start a [`PrivatePostgres`] or [`PrivateRedis`] and do with it as they like.

mod clamd;
mod docker;
mod fake_openid;
pub(crate) mod keeper;
mod openid;
mod postgres;
mod postgres_cluster;
pub(crate) mod process;
mod redis;
mod s3;
pub(crate) mod scratch;
mod smtp;
pub mod wait;

pub use clamd::{Clamd, EICAR, EICAR_SIGNATURE, FakeClamd, Manner};
pub use fake_openid::{BadManner, FakeOpenId};
pub use openid::OpenIdServer;
pub use postgres::{PrivatePostgres, postgres_database};
pub use redis::{PrivateRedis, redis_prefix, redis_url};
pub use s3::{Bucket, PrivateS3};
pub use smtp::{ReceivedMail, Smtp};
pub use wait::until;

/// Why a fixture could not be had.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;
