//! The two servers of `bench/peers`, written for comparison: the part of Plaza's API that is measured.

use std::path::{Path, PathBuf};

use super::{
    Ground, Peer,
    node::{node, said_by_node},
};
use crate::{
    Failure,
    machine::{facts::said, process::Launch},
    wire::{Dialect, PLAZA, SOCKET_IO},
};

const SECRET: &str = "a secret of 32 characters or more, shared by the processes of one run";

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("peers").join(name)
}

fn with_ground(launch: Launch, ground: &Ground) -> Launch {
    let launch =
        launch.variable("BENCH_SECRET", SECRET).variable("BENCH_BCRYPT_COST", ground.bcrypt_cost.to_string());
    match &ground.stores {
        Some((database, redis)) => {
            launch.variable("BENCH_DATABASE_URL", database).variable("BENCH_REDIS_URL", redis)
        }
        None => launch,
    }
}

/// Their tables are the same.
fn fill(room_id: &str, user_id: &str, count: u64) -> String {
    format!(
        "INSERT INTO messages (id, room_id, sender_id, content) \
         SELECT gen_random_uuid(), '{room_id}', '{user_id}', 'message number ' || n || ' of a long history' \
         FROM generate_series(1, {count}) AS n; ANALYZE messages"
    )
}

/// FastAPI on two processes of uvicorn, with asyncpg and Redis.
#[derive(Clone, Copy, Debug)]
pub(super) struct FastApi;

impl Peer for FastApi {
    fn name(&self) -> &'static str {
        "fastapi"
    }

    fn title(&self) -> &'static str {
        "FastAPI, uvicorn ×2, asyncpg, Redis"
    }

    fn dialect(&self) -> &'static dyn Dialect {
        PLAZA
    }

    fn instances(&self) -> usize {
        2
    }

    fn needs_stores(&self) -> bool {
        true
    }

    fn launch(&self, ground: &Ground, port: u16) -> Result<Launch, Failure> {
        let folder = folder("fastapi");
        let program = folder.join(".venv/bin/uvicorn");
        if !program.is_file() {
            return Err("FastAPI is not installed: bench/peers/fastapi/install.sh does it".into());
        }
        let port = port.to_string();
        let launch = Launch::new(program, &folder)
            .arguments(["app:app", "--host", "127.0.0.1", "--port", &port, "--backlog", "4096"])
            .arguments(["--loop", "uvloop", "--http", "httptools", "--ws", "websockets-sansio"])
            .arguments(["--ws-per-message-deflate", "false", "--no-access-log", "--log-level", "warning"])
            // Clients tell that they are there; Plaza sends no pings of its own, either.
            .arguments(["--ws-ping-interval", "0", "--no-server-header", "--no-date-header"]);
        Ok(with_ground(launch, ground).variable("PYTHONDONTWRITEBYTECODE", "1"))
    }

    fn versions(&self) -> Vec<(String, String)> {
        let python = folder("fastapi").join(".venv/bin/python");
        let code = "import platform, importlib.metadata as m; \
                    print(platform.python_version(), m.version('fastapi'), m.version('uvicorn'), m.version('asyncpg'))";
        let versions = said(&python.display().to_string(), &["-c", code]);
        let names = ["Python", "FastAPI", "uvicorn", "asyncpg"].map(str::to_owned);
        names.into_iter().zip(versions.split_whitespace().map(str::to_owned)).collect()
    }

    fn fill(&self, room_id: &str, user_id: &str, count: u64) -> Option<String> {
        Some(fill(room_id, user_id, count))
    }
}

/// Socket.IO on two processes of Node.js, with pg and the Redis adapter.
#[derive(Clone, Copy, Debug)]
pub(super) struct SocketIo;

impl Peer for SocketIo {
    fn name(&self) -> &'static str {
        "socketio"
    }

    fn title(&self) -> &'static str {
        "Socket.IO, Node.js ×2, Postgres, Redis"
    }

    fn dialect(&self) -> &'static dyn Dialect {
        SOCKET_IO
    }

    fn instances(&self) -> usize {
        2
    }

    fn needs_stores(&self) -> bool {
        true
    }

    fn launch(&self, ground: &Ground, port: u16) -> Result<Launch, Failure> {
        let folder = folder("socketio");
        if !folder.join("node_modules").is_dir() {
            return Err("Socket.IO is not installed: bench/peers/socketio/install.sh does it".into());
        }
        let launch =
            Launch::new(node()?, &folder).arguments(["server.js"]).variable("NODE_ENV", "production");
        Ok(with_ground(launch, ground).variable("PORT", port.to_string()))
    }

    fn versions(&self) -> Vec<(String, String)> {
        let package = folder("socketio").join("node_modules/socket.io/package.json").display().to_string();
        let socket_io = said_by_node(&["-p", &format!("require({package:?}).version")]);
        vec![("Node.js".to_owned(), said_by_node(&["--version"])), ("Socket.IO".to_owned(), socket_io)]
    }

    fn fill(&self, room_id: &str, user_id: &str, count: u64) -> Option<String> {
        Some(fill(room_id, user_id, count))
    }
}
