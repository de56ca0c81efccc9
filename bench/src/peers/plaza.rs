//! Plaza, as its release binary.

use std::path::PathBuf;

use super::{Ground, Peer};
use crate::{
    Failure,
    machine::process::Launch,
    wire::{Dialect, PLAZA},
};

const SECRET: &str = "a secret of 32 characters or more, shared by the instances of one run";
/// How many tasks it has in hand; each of BullMQ's two processes has a hundred.
const SLOTS: &str = "64";
/// One for each of two processors, as with the others.
const PICTURES_AT_ONCE: &str = "2";

/// The sizes that Plaza comes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Setup {
    /// One process with SQLite.
    Embedded,
    /// One process on Postgres and Redis.
    Distributed,
    /// Two of them.
    TwoInstances,
}

/// Plaza.
#[derive(Clone, Debug)]
pub(super) struct Plaza {
    pub(super) setup: Setup,
    pub(super) program: PathBuf,
}

impl Peer for Plaza {
    fn name(&self) -> &'static str {
        match self.setup {
            Setup::Embedded => "plaza-embedded",
            Setup::Distributed => "plaza",
            Setup::TwoInstances => "plaza-two",
        }
    }

    fn title(&self) -> &'static str {
        match self.setup {
            Setup::Embedded => "Plaza, embedded (SQLite)",
            Setup::Distributed => "Plaza, Postgres + Redis",
            Setup::TwoInstances => "Plaza ×2, Postgres + Redis",
        }
    }

    fn dialect(&self) -> &'static dyn Dialect {
        PLAZA
    }

    fn instances(&self) -> usize {
        if self.setup == Setup::TwoInstances { 2 } else { 1 }
    }

    fn needs_stores(&self) -> bool {
        self.setup != Setup::Embedded
    }

    fn launch(&self, ground: &Ground, port: u16) -> Result<Launch, Failure> {
        let launch = Launch::new(&self.program, &ground.folder)
            .variable("PLAZA_SERVER__LISTEN", format!("127.0.0.1:{port}"))
            .variable("PLAZA_DATA_DIR", ground.folder.join("data").display().to_string())
            .variable("PLAZA_LIMITS__ENABLED", "false")
            .variable("PLAZA_AUTH__BCRYPT_COST", ground.bcrypt_cost.to_string())
            .variable("PLAZA_AUTH__SECRET", SECRET)
            .variable("PLAZA_WORKER__EMBEDDED", "true")
            .variable("PLAZA_WORKER__CONCURRENCY", SLOTS)
            .variable("PLAZA_WORKER__QUEUES__MEDIA__CONCURRENCY", PICTURES_AT_ONCE)
            .variable("PLAZA_LOG__LEVEL", "warn");
        Ok(match &ground.stores {
            Some((database, redis)) => {
                launch.variable("PLAZA_DATABASE__URL", database).variable("PLAZA_REDIS__URL", redis)
            }
            None => launch,
        })
    }

    fn program(&self) -> Option<PathBuf> {
        Some(self.program.clone())
    }

    fn database_file(&self) -> Option<&'static str> {
        (!self.needs_stores()).then_some("data/plaza.db")
    }

    fn fill(&self, room_id: &str, user_id: &str, count: u64) -> Option<String> {
        Some(if self.needs_stores() {
            // In statements of one query string, which is one transaction.
            format!(
                "INSERT INTO messages (id, room_id, seq, version, created_version, sender_id, kind, content, \
                 content_html, created_at) \
                 SELECT gen_random_uuid(), r.id, r.last_seq + n, r.version + n, r.version + n, '{user_id}', 'text', \
                 'message number ' || n || ' of a long history', \
                 '<p>message number ' || n || ' of a long history</p>', now() \
                 FROM rooms r, generate_series(1, {count}) AS n WHERE r.id = '{room_id}'; \
                 UPDATE rooms SET last_seq = last_seq + {count}, version = version + {count} WHERE id = '{room_id}'; \
                 ANALYZE messages"
            )
        } else {
            let blob = |id: &str| format!("X'{}'", id.replace('-', ""));
            let (room_id, user_id) = (blob(room_id), blob(user_id));
            format!(
                "BEGIN IMMEDIATE; \
                 WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {count}) \
                 INSERT INTO messages (id, room_id, seq, version, created_version, sender_id, kind, content, \
                 content_html, created_at) \
                 SELECT randomblob(16), r.id, r.last_seq + n, r.version + n, r.version + n, {user_id}, 'text', \
                 'message number ' || n || ' of a long history', \
                 '<p>message number ' || n || ' of a long history</p>', r.created_at \
                 FROM rooms r, numbers WHERE r.id = {room_id}; \
                 UPDATE rooms SET last_seq = last_seq + {count}, version = version + {count} WHERE id = {room_id}; \
                 COMMIT; ANALYZE"
            )
        })
    }
}
