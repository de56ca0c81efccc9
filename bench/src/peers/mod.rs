//! Who is measured, and how each is started: with its defaults where it has some, tuned as its operators would.

mod bare;
mod nchan;
mod node;
mod plaza;
mod reference;
mod server;
mod workers;
mod xmpp;

use std::path::{Path, PathBuf};

pub(crate) use bare::serve as serve_bare;
pub(crate) use server::{Server, folder_in};

use self::{
    bare::Bare,
    nchan::Nchan,
    plaza::{Plaza, Setup},
    reference::{FastApi, SocketIo},
    workers::{BullMq, Celery},
    xmpp::{Ejabberd, Prosody},
};
use crate::{Failure, machine::process::Launch, wire::Dialect};

/// What servers are started with.
#[derive(Clone, Debug)]
pub(crate) struct Ground {
    /// A folder of the server's own.
    pub(crate) folder: PathBuf,
    /// A Postgres and a Redis, for those who need them.
    pub(crate) stores: Option<(String, String)>,
    /// How slow hashing a password is. Low where accounts are only what a run begins with.
    pub(crate) bcrypt_cost: u32,
}

/// Somebody to measure.
pub(crate) trait Peer: Sync {
    /// As the command line calls it.
    fn name(&self) -> &'static str;

    /// As tables call it.
    fn title(&self) -> &'static str;

    /// How clients speak to it.
    fn dialect(&self) -> &'static dyn Dialect;

    /// How many processes serve, each on a port of its own.
    fn instances(&self) -> usize;

    /// Whether it keeps messages in Postgres, and uses Redis.
    fn needs_stores(&self) -> bool;

    /// Whether its Redis has each write on the disk before it answers. The others' keeps nothing over a restart.
    fn needs_durable_redis(&self) -> bool {
        false
    }

    /// Whether it knows accounts and rooms.
    fn has_accounts(&self) -> bool {
        true
    }

    /// What answers with 200 when it is ready.
    fn ready_path(&self) -> &'static str {
        "/readyz"
    }

    /// What its log says when it is ready, and how often, for those who answer earlier than that.
    fn ready_words(&self) -> Option<(&'static str, usize)> {
        None
    }

    /// The tables that it does not make of itself.
    fn schema(&self) -> Result<Option<String>, Failure> {
        Ok(None)
    }

    /// One of its processes.
    fn launch(&self, ground: &Ground, port: u16) -> Result<Launch, Failure>;

    /// A program of its own that orders work and measures it, for those who are only workers.
    fn driver(&self, _ground: &Ground) -> Result<Option<Launch>, Failure> {
        Ok(None)
    }

    /// What it is and is made of, with versions.
    fn versions(&self) -> Vec<(String, String)> {
        Vec::new()
    }

    /// The program, when its size tells something.
    fn program(&self) -> Option<PathBuf> {
        None
    }

    /// Its SQLite file below the folder of its first process, for those who have no other database.
    fn database_file(&self) -> Option<&'static str> {
        None
    }

    /// Statements that put so many messages into a room at once, for those whose tables are known.
    fn fill(&self, _room_id: &str, _user_id: &str, _count: u64) -> Option<String> {
        None
    }
}

/// Everybody, in the order of tables.
pub(crate) fn all(plaza: &Path) -> Vec<Box<dyn Peer>> {
    let plaza = |setup| Plaza { setup, program: plaza.to_owned() };
    vec![
        Box::new(plaza(Setup::Distributed)),
        Box::new(plaza(Setup::TwoInstances)),
        Box::new(plaza(Setup::Embedded)),
        Box::new(FastApi),
        Box::new(SocketIo),
        Box::new(Ejabberd),
        Box::new(Prosody),
        Box::new(Nchan),
        Box::new(Bare),
        Box::new(Celery),
        Box::new(BullMq { is_durable: false }),
        Box::new(BullMq { is_durable: true }),
    ]
}
