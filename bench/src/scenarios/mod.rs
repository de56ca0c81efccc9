//! What is measured: each scenario is one shape of work, the same for everybody.

mod history;
mod idle;
mod login;
mod start;
mod storm;
mod talk;
mod work;

use std::{path::Path, time::Duration};

use clap::ValueEnum;
use hdrhistogram::Histogram;

use self::talk::{Load, Shape};
use crate::{
    Failure,
    peers::{Peer, Server},
    report::Outcome,
};

/// Where accounts are only what a run begins with, hashing is as quick as bcrypt can.
const QUICK_HASH: u32 = 4;
/// As many of a sender's messages are under way when it posts as fast as it can.
const WINDOW: u32 = 16;
/// The length of a message, in bytes.
const BODY: usize = 100;

/// A shape of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Scenario {
    /// 1 room with 100 members, 10 of them post as fast as they can.
    Fanout,
    /// 20 rooms with 10 members each, 40 of them post as fast as they can.
    Rooms,
    /// 100 members of a room, 300 messages a second.
    Paced,
    /// 1,000 members of a room, 10 messages a second.
    BigRoom,
    /// Connections that only say that they are there.
    Idle,
    /// Connections that are lost all at once, and come back.
    Storm,
    /// Pages of long histories.
    History,
    /// Logins as fast as they are answered, and messages beside them.
    Login,
    /// Tasks that do nothing.
    Tasks,
    /// Previews and thumbnails of pictures.
    Pictures,
    /// From the start of the processes until they are ready.
    Start,
}

/// How much of it.
#[derive(Clone, Debug)]
pub(crate) struct Scale {
    pub(crate) warm_up: Duration,
    pub(crate) measured: Duration,
    /// How long idle connections are watched.
    pub(crate) idle: Duration,
    pub(crate) idle_connections: usize,
    pub(crate) storm_connections: usize,
    /// The lengths of histories, in messages.
    pub(crate) histories: Vec<u64>,
    pub(crate) tasks: u64,
    pub(crate) pictures: u64,
}

impl Scenario {
    /// As the command line calls it.
    pub(crate) fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }

    /// Who is measured when nobody is named.
    pub(crate) fn peers(self) -> &'static [&'static str] {
        match self {
            Self::Fanout => &[
                "plaza",
                "plaza-two",
                "plaza-embedded",
                "fastapi",
                "socketio",
                "ejabberd",
                "prosody",
                "nchan",
                "bare",
            ],
            Self::Paced => &[
                "plaza",
                "plaza-two",
                "plaza-embedded",
                "fastapi",
                "socketio",
                "ejabberd",
                "prosody",
                "nchan",
            ],
            Self::Rooms | Self::Idle => {
                &["plaza", "plaza-embedded", "fastapi", "socketio", "ejabberd", "prosody", "nchan"]
            }
            Self::BigRoom => &["plaza", "plaza-embedded", "fastapi", "socketio", "nchan"],
            Self::Tasks | Self::Pictures => &["plaza", "celery", "bullmq"],
            Self::Start => {
                &["plaza", "plaza-embedded", "fastapi", "socketio", "ejabberd", "prosody", "nchan"]
            }
            Self::Storm => &["plaza", "plaza-embedded"],
            Self::History => &["plaza", "plaza-embedded", "fastapi", "socketio"],
            Self::Login => &["plaza", "fastapi", "socketio"],
        }
    }

    /// Runs it once with a peer that starts for it, on fresh stores in `home`.
    pub(crate) async fn run(self, peer: &dyn Peer, home: &Path, scale: &Scale) -> Result<Outcome, Failure> {
        let hash = if self == Self::Login { login::HASH } else { QUICK_HASH };
        let mut server = Server::start(peer, home, hash).await?;
        let server = &mut server;
        match self {
            Self::Fanout => talk::run(peer, server, shape(1, 100, 10, Load::Window(WINDOW), scale)).await,
            Self::Rooms => talk::run(peer, server, shape(20, 10, 40, Load::Window(WINDOW), scale)).await,
            Self::Paced => talk::run(peer, server, shape(1, 100, 10, Load::Rate(300.0), scale)).await,
            Self::BigRoom => talk::run(peer, server, shape(1, 1_000, 10, Load::Rate(10.0), scale)).await,
            Self::Idle => idle::run(peer, server, scale).await,
            Self::Storm => storm::run(peer, server, scale).await,
            Self::History => history::run(peer, server, scale).await,
            Self::Login => login::run(peer, server, shape(1, 20, 5, Load::Rate(50.0), scale)).await,
            Self::Tasks => work::tasks(peer, server, scale).await,
            Self::Pictures => work::pictures(peer, server, scale).await,
            Self::Start => start::run(peer, server).await,
        }
    }
}

fn shape(rooms: usize, members: usize, senders: usize, load: Load, scale: &Scale) -> Shape {
    let Scale { warm_up, measured, .. } = *scale;
    Shape { rooms, members, senders, load, body: BODY, warm_up, measured }
}

/// Adds what a histogram of microseconds says, in milliseconds.
fn latencies(outcome: Outcome, histogram: &Histogram<u64>) -> Outcome {
    let at = |quantile| histogram.value_at_quantile(quantile) as f64 / 1_000.0;
    outcome
        .with("p50_ms", at(0.5))
        .with("p90_ms", at(0.9))
        .with("p99_ms", at(0.99))
        .with("max_ms", histogram.max() as f64 / 1_000.0)
}
