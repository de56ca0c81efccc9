//! Debian's ejabberd and prosody: group chats with their archive in Postgres.

use std::{fs, path::PathBuf};

use super::{Ground, Peer};
use crate::{
    Failure,
    machine::{
        facts::said,
        process::{Launch, find_program},
    },
    wire::{Dialect, XMPP},
};

const EJABBERD_SCHEMA: &str = "/usr/share/ejabberd/sql/pg.sql";

/// Host, port and so on of `postgres://bench@127.0.0.1:5432/bench`.
fn port_of(database: &str) -> Result<&str, Failure> {
    let port = database.rsplit(':').next().and_then(|rest| rest.split('/').next());
    Ok(port.ok_or("a database without a port")?)
}

fn database(ground: &Ground) -> Result<&str, Failure> {
    let (database, _) = ground.stores.as_ref().ok_or("an archive needs a Postgres")?;
    port_of(database)
}

fn version_of(package: &str) -> Vec<(String, String)> {
    vec![(package.to_owned(), said("dpkg-query", &["-W", "-f", "${Version}", package]))]
}

/// ejabberd.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ejabberd;

impl Peer for Ejabberd {
    fn name(&self) -> &'static str {
        "ejabberd"
    }

    fn title(&self) -> &'static str {
        "ejabberd, archive in Postgres"
    }

    fn dialect(&self) -> &'static dyn Dialect {
        XMPP
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

    fn ready_path(&self) -> &'static str {
        "/xmpp-websocket"
    }

    fn schema(&self) -> Result<Option<String>, Failure> {
        Ok(Some(fs::read_to_string(EJABBERD_SCHEMA)?))
    }

    /// As `ejabberdctl` starts it, but that it has no name in the network.
    fn launch(&self, ground: &Ground, port: u16) -> Result<Launch, Failure> {
        let program = find_program("erl", &[]).filter(|_| PathBuf::from(EJABBERD_SCHEMA).is_file());
        let program =
            program.ok_or("there is no ejabberd: install the packages ejabberd and erlang-p1-pgsql")?;
        let file = ground.folder.join("ejabberd.yml");
        fs::write(&file, ejabberd_configuration(port, database(ground)?))?;
        let tables = format!("{:?}", ground.folder.join("tables").display().to_string());
        Ok(Launch::new(program, &ground.folder)
            .variable("EJABBERD_CONFIG_PATH", file.display().to_string())
            .variable("EJABBERD_LOG_PATH", ground.folder.join("ejabberd.log").display().to_string())
            .variable("ERL_LIBS", "/usr/lib/x86_64-linux-gnu:/usr/lib/aarch64-linux-gnu")
            .variable("HOME", ground.folder.display().to_string())
            .arguments([
                "+K", "true", "+P", "250000", "-noinput", "-mnesia", "dir", &tables, "-s", "ejabberd",
            ]))
    }

    fn versions(&self) -> Vec<(String, String)> {
        version_of("ejabberd")
    }
}

fn ejabberd_configuration(port: u16, database: &str) -> String {
    format!(
        "hosts: [localhost]
loglevel: error
auth_method: [anonymous]
anonymous_protocol: sasl_anon
allow_multiple_connections: true
sql_type: pgsql
sql_server: 127.0.0.1
sql_port: {database}
sql_database: bench
sql_username: bench
sql_password: bench
sql_start_interval: 1
negotiation_timeout: 120
max_fsm_queue: 100000
listen:
  - port: {port}
    ip: 127.0.0.1
    module: ejabberd_http
    backlog: 4096
    request_handlers:
      /xmpp-websocket: ejabberd_http_ws
modules:
  mod_mam:
    db_type: sql
    default: never
  mod_muc:
    host: rooms.localhost
    max_users: 5000
    max_user_conferences: 100
    min_message_interval: 0
    min_presence_interval: 0
    default_room_options:
      mam: true
      max_users: 5000
      anonymous: true
"
    )
}

/// prosody.
#[derive(Clone, Copy, Debug)]
pub(super) struct Prosody;

impl Peer for Prosody {
    fn name(&self) -> &'static str {
        "prosody"
    }

    fn title(&self) -> &'static str {
        "prosody, archive in Postgres"
    }

    fn dialect(&self) -> &'static dyn Dialect {
        XMPP
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

    fn ready_path(&self) -> &'static str {
        "/xmpp-websocket"
    }

    fn launch(&self, ground: &Ground, port: u16) -> Result<Launch, Failure> {
        let missing = "there is no prosody: install the packages prosody and lua-dbi-postgresql";
        let program = find_program("prosody", &[]).ok_or(missing)?;
        let file = ground.folder.join("prosody.cfg.lua");
        fs::write(&file, prosody_configuration(port, database(ground)?, ground))?;
        Ok(Launch::new(program, &ground.folder).arguments(["--config", &file.display().to_string(), "-F"]))
    }

    fn versions(&self) -> Vec<(String, String)> {
        version_of("prosody")
    }
}

fn prosody_configuration(port: u16, database: &str, ground: &Ground) -> String {
    let data = ground.folder.display();
    format!(
        "run_as_root = true
data_path = \"{data}\"
pidfile = \"{data}/prosody.pid\"
network_backend = \"epoll\"
network_settings = {{ nagle = false, opportunistic_writes = true, tcp_backlog = 4096 }}
gc = {{ mode = \"generational\" }}
log = {{ error = \"*console\" }}
c2s_ports = {{}}
c2s_direct_tls_ports = {{}}
s2s_ports = {{}}
http_ports = {{ {port} }}
http_interfaces = {{ \"127.0.0.1\" }}
https_ports = {{}}
modules_enabled = {{ \"saslauth\", \"websocket\" }}
modules_disabled = {{ \"s2s\" }}
consider_websocket_secure = true
c2s_require_encryption = false
allow_unencrypted_plain_auth = true
authentication = \"anonymous\"
storage = \"memory\"
sql = {{ driver = \"PostgreSQL\", database = \"bench\", username = \"bench\", password = \"bench\",
    host = \"127.0.0.1\", port = {database} }}
VirtualHost \"localhost\"
    http_host = \"127.0.0.1\"
Component \"rooms.localhost\" \"muc\"
    modules_enabled = {{ \"muc_mam\" }}
    storage = {{ muc_log = \"sql\" }}
    muc_log_by_default = true
    muc_room_locking = false
    archive_expires_after = \"never\"
"
    )
}
