//! Two clients on two instances talk at full speed while Redis is restarted and an instance is killed.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use plaza_tests::{Options, Setup, client::User, servers::PrivateRedis};
use tokio::{sync::watch, time::Instant};

use crate::chatter::{Chatter, Known, Report};

const EACH: usize = 5_000;
/// A debug build on two cores, with every commit on disk.
const DEADLINE: Duration = Duration::from_secs(300);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_or_repeated_when_redis_restarts_and_an_instance_is_killed() {
    let mut redis = PrivateRedis::start().await;
    let mut plaza = Options::new(Setup::Distributed).redis(redis.url()).start().await;
    let ada = User::register(plaza.a(), "ada").await;
    let bob = User::register(plaza.b(), "bob").await;
    let room_id = ada.open_room("Exchange").await;
    bob.join(&room_id).await;

    let (progress, mut acknowledged) = watch::channel(0);
    let progress = Arc::new(progress);
    let deadline = Instant::now() + DEADLINE;
    let start = |user: &User| {
        let chatter = Chatter {
            user: user.clone(),
            room_id: room_id.clone(),
            total: EACH,
            expected: 2 * EACH,
            progress: Arc::clone(&progress),
        };
        chatter.run(deadline)
    };
    let begun = Instant::now();
    let faults = async {
        reached(&mut acknowledged, EACH / 2).await;
        redis.kill().await;
        reached(&mut acknowledged, EACH).await;
        redis.restart().await;
        reached(&mut acknowledged, EACH + EACH / 4).await;
        plaza.kill(1);
        // Ada goes on alone; half of what is left of hers passes while Bob is away.
        reached(&mut acknowledged, EACH + EACH / 2).await;
        plaza.restart(1).await;
        reached(&mut acknowledged, EACH + EACH / 2 + EACH / 4).await;
        redis.restart().await;
    };
    let (ada_saw, bob_saw, ()) = tokio::join!(start(&ada), start(&bob), faults);
    let elapsed = begun.elapsed();

    let stored = history(&ada, &room_id).await;
    let counts = Counts::of(&stored, [&ada_saw, &bob_saw]);
    println!(
        "exchange: {} messages acknowledged in {:.1} s; lost = {}, duplicated = {}, reordered = {}; \
         seq 1 to {} without holes = {}; reconnects = {} + {}",
        counts.acknowledged,
        elapsed.as_secs_f64(),
        counts.lost,
        counts.duplicated,
        counts.reordered,
        stored.len(),
        counts.is_gapless,
        ada_saw.reconnects,
        bob_saw.reconnects,
    );
    assert_eq!(counts.acknowledged, 2 * EACH);
    assert_eq!((counts.lost, counts.duplicated, counts.reordered), (0, 0, 0));
    assert!(counts.is_gapless);
    assert!(bob_saw.reconnects > 0, "the killed instance was Bob's");
    assert_eq!(ada_saw.seen, stored_as_known(&stored), "Ada holds what is stored");
    assert_eq!(bob_saw.seen, stored_as_known(&stored), "Bob holds what is stored");
}

/// Waits until so many sends are acknowledged.
async fn reached(acknowledged: &mut watch::Receiver<usize>, count: usize) {
    acknowledged.wait_for(|now| *now >= count).await.expect("the clients are running");
}

/// A stored message: its name at the client, and what clients know about it.
type Stored = BTreeMap<i64, (Option<String>, Known)>;

async fn history(user: &User, room_id: &str) -> Stored {
    let mut stored = Stored::new();
    loop {
        let after = stored.keys().next_back().copied().unwrap_or(0);
        let page = user.history(room_id, &format!("?after={after}&limit=100")).await;
        if page.is_empty() {
            return stored;
        }
        for message in page {
            let known = Known {
                id: message["id"].as_str().expect("an id").to_owned(),
                content: message["content"].as_str().expect("content").to_owned(),
            };
            let name = message["client_id"].as_str().map(str::to_owned);
            stored.insert(message["seq"].as_i64().expect("a seq"), (name, known));
        }
    }
}

fn stored_as_known(stored: &Stored) -> BTreeMap<i64, Known> {
    stored.iter().map(|(seq, (_, known))| (*seq, known.clone())).collect()
}

struct Counts {
    acknowledged: usize,
    lost: usize,
    duplicated: usize,
    reordered: usize,
    is_gapless: bool,
}

impl Counts {
    fn of(stored: &Stored, reports: [&Report; 2]) -> Self {
        let places: HashMap<&str, (i64, &str)> = stored
            .iter()
            .filter_map(|(seq, (name, known))| Some((name.as_deref()?, (*seq, known.id.as_str()))))
            .collect();
        let named = stored.values().filter(|(name, _)| name.is_some()).count();
        let names: HashSet<&str> = places.keys().copied().collect();
        let is_kept = |name: &str, (seq, id): &(i64, String)| places.get(name) == Some(&(*seq, id.as_str()));
        let acknowledged = reports.iter().flat_map(|report| &report.acknowledged);
        Self {
            acknowledged: reports.iter().map(|report| report.acknowledged.len()).sum(),
            lost: acknowledged.filter(|(name, place)| !is_kept(name, place)).count(),
            duplicated: named - names.len() + reports.iter().map(|report| report.duplicated).sum::<usize>(),
            reordered: reports.iter().map(|report| report.reordered).sum(),
            is_gapless: stored.keys().copied().eq(1..=i64::try_from(stored.len()).unwrap_or(i64::MAX)),
        }
    }
}
