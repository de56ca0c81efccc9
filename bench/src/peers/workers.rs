//! Celery and BullMQ of `bench/peers`, each with a program that orders work and measures it.

use std::path::{Path, PathBuf};

use super::{
    Ground, Peer,
    node::{node, said_by_node},
};
use crate::{
    Failure,
    machine::{facts::said, process::Launch},
    wire::{Dialect, PLAZA},
};

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("peers").join(name)
}

fn redis(ground: &Ground) -> Result<&str, Failure> {
    let (_, redis) = ground.stores.as_ref().ok_or("a queue needs a Redis")?;
    Ok(redis)
}

/// Celery with two processes, and Pillow.
#[derive(Clone, Copy, Debug)]
pub(super) struct Celery;

/// BullMQ with two processes, and sharp.
#[derive(Clone, Copy, Debug)]
pub(super) struct BullMq {
    /// Whether its Redis has each write on the disk before it answers.
    pub(super) is_durable: bool,
}

macro_rules! no_server {
    () => {
        /// Nobody connects to it.
        fn dialect(&self) -> &'static dyn Dialect {
            PLAZA
        }

        fn instances(&self) -> usize {
            0
        }

        fn needs_stores(&self) -> bool {
            true
        }

        fn has_accounts(&self) -> bool {
            false
        }

        fn launch(&self, _: &Ground, _: u16) -> Result<Launch, Failure> {
            Err("it has no server".into())
        }
    };
}

impl Peer for Celery {
    no_server!();

    fn name(&self) -> &'static str {
        "celery"
    }

    fn title(&self) -> &'static str {
        "Celery ×2, Redis; Pillow"
    }

    fn driver(&self, ground: &Ground) -> Result<Option<Launch>, Failure> {
        let folder = folder("celery");
        let program = folder.join(".venv/bin/python");
        if !program.is_file() {
            return Err("Celery is not installed: bench/peers/celery/install.sh does it".into());
        }
        let launch =
            Launch::new(program, &folder).arguments(["bench.py"]).variable("BENCH_REDIS_URL", redis(ground)?);
        Ok(Some(launch.variable("PYTHONDONTWRITEBYTECODE", "1")))
    }

    fn versions(&self) -> Vec<(String, String)> {
        let python = folder("celery").join(".venv/bin/python");
        let code = "import importlib.metadata as m; print(m.version('celery'), m.version('pillow'))";
        let versions = said(&python.display().to_string(), &["-c", code]);
        let names = ["Celery", "Pillow"].map(str::to_owned);
        names.into_iter().zip(versions.split_whitespace().map(str::to_owned)).collect()
    }
}

impl Peer for BullMq {
    no_server!();

    fn name(&self) -> &'static str {
        if self.is_durable { "bullmq-durable" } else { "bullmq" }
    }

    fn title(&self) -> &'static str {
        if self.is_durable {
            "BullMQ ×2 durable, Redis with appendfsync always"
        } else {
            "BullMQ ×2, Redis; sharp"
        }
    }

    fn needs_durable_redis(&self) -> bool {
        self.is_durable
    }

    fn driver(&self, ground: &Ground) -> Result<Option<Launch>, Failure> {
        let folder = folder("bullmq");
        if !folder.join("node_modules").is_dir() {
            return Err("BullMQ is not installed: bench/peers/bullmq/install.sh does it".into());
        }
        let launch = Launch::new(node()?, &folder).arguments(["bench.js"]).variable("NODE_ENV", "production");
        Ok(Some(launch.variable("BENCH_REDIS_URL", redis(ground)?)))
    }

    fn versions(&self) -> Vec<(String, String)> {
        let version = |package: &str| {
            let file = folder("bullmq").join("node_modules").join(package).join("package.json");
            said_by_node(&["-p", &format!("require({:?}).version", file.display().to_string())])
        };
        vec![("BullMQ".to_owned(), version("bullmq")), ("sharp".to_owned(), version("sharp"))]
    }
}
