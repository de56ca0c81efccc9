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
    stage::{self, Seat},
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

/// A peer that runs, with what a scenario begins with.
pub(crate) struct Stage {
    server: Server,
    seats: Vec<Seat>,
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
            Self::Tasks => &["plaza", "celery", "bullmq", "bullmq-durable"],
            Self::Pictures => &["plaza", "celery", "bullmq"],
            Self::Start => {
                &["plaza", "plaza-embedded", "fastapi", "socketio", "ejabberd", "prosody", "nchan"]
            }
            Self::Storm => &["plaza", "plaza-embedded"],
            Self::History => &["plaza", "plaza-embedded", "fastapi", "socketio"],
            Self::Login => &["plaza", "fastapi", "socketio"],
        }
    }

    /// Whether one run leaves everything as the next one needs it: setting the stage takes longer than measuring.
    pub(crate) fn keeps_stage(self) -> bool {
        matches!(self, Self::BigRoom | Self::Idle | Self::Storm | Self::History)
    }

    /// How many rooms it needs, and how many members in each.
    fn rooms(self, scale: &Scale) -> (usize, usize) {
        match self {
            Self::Fanout | Self::Paced => (1, 100),
            Self::Rooms => (20, 10),
            Self::BigRoom => (1, 1_000),
            Self::Idle => (scale.idle_connections.div_ceil(idle::MEMBERS), idle::MEMBERS),
            Self::Storm => (scale.storm_connections.div_ceil(storm::MEMBERS), storm::MEMBERS),
            Self::History => (scale.histories.len(), 1),
            Self::Login => (1, 20),
            Self::Pictures => (1, work::UPLOADS),
            Self::Tasks | Self::Start => (0, 1),
        }
    }

    /// Starts a peer on fresh stores in `home`, and makes its users and rooms.
    pub(crate) async fn set(self, peer: &dyn Peer, home: &Path, scale: &Scale) -> Result<Stage, Failure> {
        let hash = if self == Self::Login { login::HASH } else { QUICK_HASH };
        let server = Server::start(peer, home, hash).await?;
        let (rooms, members) = self.rooms(scale);
        let seats = stage::set(peer, &server.addresses, rooms, members).await?;
        if self == Self::History {
            history::fill(peer, &server, &seats, scale)?;
        }
        Ok(Stage { server, seats })
    }

    /// Runs it once.
    pub(crate) async fn run(
        self,
        peer: &dyn Peer,
        stage: &mut Stage,
        scale: &Scale,
    ) -> Result<Outcome, Failure> {
        let Stage { server, seats } = stage;
        let shape = |senders, load| {
            let (rooms, members) = self.rooms(scale);
            let Scale { warm_up, measured, .. } = *scale;
            Shape { rooms, members, senders, load, body: BODY, warm_up, measured }
        };
        match self {
            Self::Fanout => talk::run(peer, server, seats, shape(10, Load::Window(WINDOW))).await,
            Self::Rooms => talk::run(peer, server, seats, shape(40, Load::Window(WINDOW))).await,
            Self::Paced => talk::run(peer, server, seats, shape(10, Load::Rate(300.0))).await,
            Self::BigRoom => {
                // Nothing of the run before is still under way.
                server.restart().await?;
                talk::run(peer, server, seats, shape(10, Load::Rate(10.0))).await
            }
            Self::Idle => idle::run(peer, server, seats, scale).await,
            Self::Storm => storm::run(server, seats).await,
            Self::History => history::run(server, seats, scale).await,
            Self::Login => login::run(peer, server, seats, shape(5, Load::Rate(50.0))).await,
            Self::Tasks => work::tasks(peer, server, scale).await,
            Self::Pictures => work::pictures(peer, server, seats, scale).await,
            Self::Start => start::run(peer, server).await,
        }
    }
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
