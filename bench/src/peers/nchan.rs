//! nginx with the module nchan over Redis: what a broker in C reaches that keeps nothing durable.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{Ground, Peer};
use crate::{
    Failure,
    machine::{
        facts::said,
        process::{LastSignal, Launch, find_program},
    },
    wire::{Dialect, NCHAN},
};

const MODULE: &str = "/usr/lib/nginx/modules/ngx_nchan_module.so";

/// As many as the other peers have processes.
const WORKERS: usize = 2;

/// nchan.
#[derive(Clone, Copy, Debug)]
pub(super) struct Nchan;

impl Peer for Nchan {
    fn name(&self) -> &'static str {
        "nchan"
    }

    fn title(&self) -> &'static str {
        "nginx nchan, Redis; nothing durable"
    }

    fn dialect(&self) -> &'static dyn Dialect {
        NCHAN
    }

    fn instances(&self) -> usize {
        1
    }

    fn needs_stores(&self) -> bool {
        true
    }

    fn has_accounts(&self) -> bool {
        false
    }

    /// Each worker connects to Redis by itself, and refuses everybody until then.
    fn ready_words(&self) -> Option<(&'static str, usize)> {
        Some(("Redis upstream bus: ready", WORKERS))
    }

    fn launch(&self, ground: &Ground, port: u16) -> Result<Launch, Failure> {
        let missing = "there is no nchan: install the packages nginx-light and libnginx-mod-nchan";
        let program = find_program("nginx", &["/usr/sbin".into()]).filter(|_| Path::new(MODULE).is_file());
        let (_, redis) = ground.stores.as_ref().ok_or("nchan needs a Redis")?;
        let file = ground.folder.join("nginx.conf");
        fs::create_dir_all(ground.folder.join("temporary"))?;
        fs::write(&file, configuration(port, redis))?;
        let mut launch = Launch::new(program.ok_or(missing)?, &ground.folder);
        // Killed, it would leave its workers behind.
        launch.last_signal = LastSignal::Term;
        let (folder, file) = (ground.folder.display().to_string(), file.display().to_string());
        Ok(launch.arguments(["-p", &folder, "-e", "stderr", "-c", &file]))
    }

    fn versions(&self) -> Vec<(String, String)> {
        let installed = |package: &str| said("dpkg-query", &["-W", "-f", "${Version}", package]);
        vec![
            ("nginx".to_owned(), installed("nginx-light")),
            ("nchan".to_owned(), installed("libnginx-mod-nchan")),
        ]
    }
}

fn configuration(port: u16, redis: &str) -> String {
    // The paths are below the folder that it is started with.
    let paths: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|name| format!("{name}_temp_path {};\n", PathBuf::from("temporary").join(name).display()))
        .concat();
    format!(
        "load_module {MODULE};\n\
         user root;\n\
         daemon off;\n\
         worker_processes {WORKERS};\n\
         worker_rlimit_nofile 20000;\n\
         pid nginx.pid;\n\
         error_log stderr notice;\n\
         events {{ worker_connections 16384; }}\n\
         http {{\n\
         access_log off;\n\
         {paths}\
         nchan_shared_memory_size 512M;\n\
         upstream bus {{ nchan_redis_server {redis}; }}\n\
         server {{\n\
         listen 127.0.0.1:{port} backlog=4096;\n\
         location = /readyz {{ return 200; }}\n\
         location ~ ^/ws/(.+)$ {{\n\
         nchan_pubsub websocket;\n\
         nchan_channel_id $1;\n\
         nchan_redis_pass bus;\n\
         nchan_subscriber_first_message newest;\n\
         nchan_message_buffer_length 1000;\n\
         nchan_message_timeout 30s;\n\
         }} }} }}\n"
    )
}
