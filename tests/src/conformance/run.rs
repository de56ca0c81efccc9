//! A run: clients work, come to rest, and what they hold is compared with what is stored.

use std::{collections::HashMap, future::Future, sync::Arc, time::Duration};

use reqwest::Method;
use tokio::{
    sync::watch,
    task::JoinSet,
    time::{Instant, timeout_at},
};

use super::{
    Settings, Verdict, call,
    client::Client,
    disruption::Disruptions,
    evidence::Evidence,
    read_room,
    record::Record,
    shared::{Goals, Shared},
    stage::Stage,
    work::Work,
};
use crate::servers::Failure;

/// How long it may take until everybody holds what was done last: an event that the bus lost is noticed within 30 s.
const SETTLING: Duration = Duration::from_secs(90);
/// How often clients catch up with what a broken connection still did after everything was acknowledged.
const ROUNDS: usize = 3;

/// Runs clients against a deployment while `trouble` happens; `acknowledged` counts posts.
///
/// # Errors
/// When the deployment is not fit for it, or refuses what it must not.
pub async fn run(
    settings: &Settings,
    acknowledged: Arc<watch::Sender<usize>>,
    trouble: impl Future<Output = ()>,
) -> Result<Verdict, Failure> {
    let stage = Stage::set(settings).await?;
    let begun = Instant::now();
    let deadline = begun + settings.patience;
    let (goals, shared) = share(settings, acknowledged, deadline);
    let clients = cast(settings, &stage, &shared);
    let finished = shared.finished.subscribe();
    let counted = shared.acknowledged.subscribe();
    let announce = async {
        let all_posted = reached(counted, settings.messages, deadline).await;
        let elapsed = begun.elapsed();
        let all_done = reached(finished, settings.clients, deadline);
        // Who is late is found out by the clients' own deadline.
        let (all_done, _) = tokio::join!(all_done, timeout_at(deadline, trouble));
        if all_posted && all_done {
            goals.send_replace(aim(&stage, &settings.urls).await?);
        }
        Ok(elapsed)
    };
    let (elapsed, mut clients) = tokio::try_join!(announce, perform(clients))?;
    let mut evidence = gather(&stage, &settings.urls).await?;
    for _ in 0..ROUNDS {
        if goals.borrow().until.is_none() || evidence.is_held_by(&clients) {
            break;
        }
        // Something that a broken connection had asked for was done after the goals were set.
        goals.send_replace(aim(&stage, &settings.urls).await?);
        clients = perform(clients).await?;
        evidence = gather(&stage, &settings.urls).await?;
    }
    Ok(Verdict::new(settings, elapsed, &clients, &evidence))
}

fn share(
    settings: &Settings,
    acknowledged: Arc<watch::Sender<usize>>,
    deadline: Instant,
) -> (watch::Sender<Goals>, Shared) {
    let (goals, followed) = watch::channel(Goals::default());
    let shared = Shared {
        urls: settings.urls.clone().into(),
        frames: Arc::default(),
        acknowledged,
        finished: Arc::new(watch::Sender::new(0)),
        goals: followed,
        deadline,
    };
    (goals, shared)
}

fn cast(settings: &Settings, stage: &Stage, shared: &Shared) -> Vec<Client> {
    let mut rng = fastrand::Rng::with_seed(settings.seed);
    let count = stage.users.len();
    let cast = stage.users.iter().enumerate().map(|(number, (user, room_ids))| {
        let mut rng = rng.fork();
        let quota = settings.messages / count + usize::from(number < settings.messages % count);
        Client {
            username: user.username.clone(),
            user_id: user.id.clone(),
            api: user.api.clone(),
            rooms: room_ids.iter().map(|id| (id.clone(), Default::default())).collect(),
            work: Work::new(&user.username, room_ids.clone(), quota, settings.spread, stage.reacts),
            disruptions: Disruptions::plan(settings.disconnects, quota, &mut rng),
            record: Record::default(),
            rng,
            shared: shared.clone(),
            is_counted: false,
        }
    });
    cast.collect()
}

/// Lets every client run to its end.
async fn perform(clients: Vec<Client>) -> Result<Vec<Client>, Failure> {
    let mut running: JoinSet<_> = clients.into_iter().map(Client::run).collect();
    let mut ended = Vec::new();
    while let Some(client) = running.join_next().await {
        ended.push(client??);
    }
    Ok(ended)
}

async fn reached(mut counter: watch::Receiver<usize>, count: usize, deadline: Instant) -> bool {
    matches!(timeout_at(deadline, counter.wait_for(|now| *now >= count)).await, Ok(Ok(_)))
}

/// The versions of the rooms now, which everybody shall reach.
async fn aim(stage: &Stage, urls: &[String]) -> Result<Goals, Failure> {
    let mut versions = HashMap::new();
    for room_id in &stage.room_ids {
        let (member, _) = member_of(stage, room_id)?;
        let room = call(&member.api, urls, Method::GET, &format!("/rooms/{room_id}"), None).await?;
        versions.insert(room_id.clone(), room["version"].as_i64().ok_or("a room without a version")?);
    }
    Ok(Goals { versions: Arc::new(versions), until: Some(Instant::now() + SETTLING) })
}

/// Reads everything that is stored.
async fn gather(stage: &Stage, urls: &[String]) -> Result<Evidence, Failure> {
    let mut rooms = HashMap::new();
    for room_id in &stage.room_ids {
        let (member, _) = member_of(stage, room_id)?;
        rooms.insert(room_id.clone(), read_room(&member.api, urls, room_id).await?);
    }
    Ok(Evidence { rooms })
}

fn member_of<'a>(
    stage: &'a Stage,
    room_id: &String,
) -> Result<&'a (crate::client::User, Vec<String>), Failure> {
    let member = stage.users.iter().find(|(_, rooms)| rooms.contains(room_id));
    Ok(member.ok_or("a room without members")?)
}
