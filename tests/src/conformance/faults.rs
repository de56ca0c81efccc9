//! A run against a deployment of its own, whose servers are killed, restarted and emptied meanwhile.

use std::sync::Arc;

use tokio::sync::watch;

use super::{Settings, Verdict, run};
use crate::{
    Options, Plaza, Setup,
    servers::{Failure, PrivateRedis},
};

/// The largest gap that is replayed, as a part of what happens in a room: a client that is away for long begins anew.
const REPLAYED: usize = 4;

/// Starts two instances on Postgres and Redis, and runs clients while Redis is killed, restarted and emptied, and each
/// instance is killed and started again. `settings.urls` is not looked at.
///
/// # Errors
/// As [`run()`].
pub async fn run_with_faults(
    settings: &Settings,
    acknowledged: Arc<watch::Sender<usize>>,
) -> Result<Verdict, Failure> {
    let mut redis = PrivateRedis::start().await;
    let max_replay = (settings.messages / settings.rooms / REPLAYED).max(1).to_string();
    let options = Options::new(Setup::Distributed).variable("PLAZA_LIMITS__MAX_REPLAY", &max_replay);
    let mut plaza = options.redis(redis.url()).start().await;
    let settings = Settings { urls: vec![plaza.a().to_owned(), plaza.b().to_owned()], ..settings.clone() };
    let progress = acknowledged.subscribe();
    let trouble = make_trouble(&mut plaza, &mut redis, progress, settings.messages);
    Box::pin(run(&settings, acknowledged, trouble)).await
}

async fn make_trouble(
    plaza: &mut Plaza,
    redis: &mut PrivateRedis,
    mut progress: watch::Receiver<usize>,
    messages: usize,
) {
    let mut percent = async |share: usize| {
        let count = messages * share / 100;
        // The sender lives as long as the run, and this no longer.
        progress.wait_for(|acknowledged| *acknowledged >= count).await.is_ok()
    };
    percent(10).await;
    redis.kill().await;
    percent(20).await;
    redis.restart().await;
    percent(30).await;
    plaza.kill(1);
    percent(40).await;
    plaza.restart(1).await;
    percent(50).await;
    redis.flush_all().await;
    percent(55).await;
    redis.restart().await;
    percent(65).await;
    plaza.kill(0);
    percent(70).await;
    // Nobody is told by Redis while the first instance comes back.
    redis.kill().await;
    plaza.restart(0).await;
    percent(80).await;
    redis.restart().await;
    percent(90).await;
    redis.restart().await;
}
