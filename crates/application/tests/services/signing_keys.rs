//! Signing keys are made once, announced, and kept until the last token that they signed has expired.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU8, Ordering},
    },
    time::Duration,
};

use plaza_application::{
    Error, Result, Services, Settings,
    ports::{BoxError, KeyRing, NewKey, PublicKey},
};
use plaza_domain::{Clock, SigningKey};
use tokio::{task::JoinSet, time::timeout};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::world::World;

const MINUTE: Duration = Duration::from_secs(60);
const ANNOUNCEMENT: Duration = Duration::from_secs(5 * 60);

/// Its keys are sealed with a number.
#[derive(Default)]
struct TestRing {
    secret: u8,
    made: AtomicU8,
    held: Mutex<Vec<SigningKey>>,
}

impl KeyRing for TestRing {
    fn generate(&self) -> std::result::Result<NewKey, BoxError> {
        let number = self.made.fetch_add(1, Ordering::Relaxed);
        let kid = format!("{}-{number}", self.secret);
        Ok(NewKey { kid, public_key: [number; 32], sealed_key: vec![self.secret] })
    }

    fn hold(&self, keys: &[SigningKey]) -> usize {
        let ours: Vec<_> = keys.iter().filter(|key| key.sealed_key == [self.secret]).cloned().collect();
        let foreign = keys.len() - ours.len();
        *self.held.lock().unwrap_or_else(PoisonError::into_inner) = ours;
        foreign
    }

    fn published(&self) -> Vec<PublicKey> {
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.iter().map(|key| PublicKey { kid: key.kid.clone(), public_key: key.public_key }).collect()
    }
}

fn given_world() -> World {
    World::with_ports(|ports| ports.key_ring = Some(Arc::new(TestRing::default())))
}

/// One more instance on the same database.
fn another(world: &World, secret: u8) -> Services {
    let mut ports = world.ports.clone();
    ports.key_ring = Some(Arc::new(TestRing { secret, ..TestRing::default() }));
    Services::start(&ports, &Settings::default(), &TaskTracker::new(), &CancellationToken::new())
}

async fn stored(world: &World) -> Result<Vec<SigningKey>> {
    Ok(world.ports.store.read().await?.signing_keys().list(world.clock.now()).await?)
}

fn names(services: &Services) -> Vec<String> {
    services.signing_keys.published().into_iter().map(|key| key.kid).collect()
}

#[tokio::test]
async fn the_first_start_makes_a_key_that_signs_at_once_and_the_next_makes_none() -> Result<()> {
    let world = given_world();
    for _ in 0..2 {
        world.services.signing_keys.prepare().await?;
        let [key] = <[_; 1]>::try_from(stored(&world).await?).map_err(|keys| failed(keys.len()))?;
        assert_eq!((key.number, key.signs_from, key.verifies_until), (1, world.clock.now(), None));
        assert_eq!(names(&world.services), ["0-0"]);
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn instances_that_start_at_the_same_time_share_one_key() -> Result<()> {
    let world = given_world();
    let mut starting = JoinSet::new();
    for _ in 0..20 {
        let instance = another(&world, 0);
        starting.spawn(async move { instance.signing_keys.prepare().await.map(|()| names(&instance)) });
    }
    for known in starting.join_all().await {
        assert_eq!(known?, ["0-0"]);
    }
    assert_eq!(stored(&world).await?.len(), 1);
    Ok(())
}

#[tokio::test]
async fn a_new_key_is_known_before_it_signs_and_the_old_one_checks_what_it_signed() -> Result<()> {
    let world = given_world();
    let keys = &world.services.signing_keys;
    keys.prepare().await?;
    let rotated_at = world.clock.now();
    let new = keys.rotate().await?;
    assert_eq!((new.number, new.signs_from), (2, rotated_at + ANNOUNCEMENT));
    keys.prepare().await?;
    assert_eq!(names(&world.services), ["0-0", "0-1"]);

    // What the old key signed last expires 15 minutes after the new one signs; clocks differ by a minute at most.
    world.clock.advance(ANNOUNCEMENT + 16 * MINUTE - Duration::from_micros(1));
    keys.prepare().await?;
    assert_eq!(names(&world.services), ["0-0", "0-1"]);
    world.clock.advance(Duration::from_micros(1));
    keys.prepare().await?;
    assert_eq!(names(&world.services), ["0-1"]);
    Ok(())
}

#[tokio::test]
async fn keys_are_rotated_one_after_the_other() -> Result<()> {
    let world = given_world();
    let keys = &world.services.signing_keys;
    keys.prepare().await?;
    keys.rotate().await?;
    world.clock.advance(ANNOUNCEMENT - Duration::from_micros(1));
    let early = keys.rotate().await;
    assert!(matches!(&early, Err(Error::Conflict(why)) if why.contains("0-1")), "{early:?}");
    world.clock.advance(Duration::from_micros(1));
    assert_eq!(keys.rotate().await?.number, 3);
    world.clock.advance(60 * MINUTE);
    assert_eq!(keys.rotate().await?.number, 4);
    // The first two are of no use any more, and forgotten.
    let numbers: Vec<_> = stored(&world).await?.iter().map(|key| key.number).collect();
    assert_eq!(numbers, [3, 4]);
    Ok(())
}

#[tokio::test]
async fn of_operators_who_rotate_at_the_same_time_one_does() -> Result<()> {
    let world = given_world();
    world.services.signing_keys.prepare().await?;
    let mut racing = JoinSet::new();
    for _ in 0..10 {
        let services = world.services.clone();
        racing.spawn(async move { services.signing_keys.rotate().await });
    }
    let rotated = racing.join_all().await.into_iter().filter(Result::is_ok).count();
    assert_eq!((rotated, stored(&world).await?.len()), (1, 2));
    Ok(())
}

#[tokio::test]
async fn keys_that_were_sealed_with_another_secret_are_left_alone() -> Result<()> {
    let world = given_world();
    world.services.signing_keys.prepare().await?;
    let stranger = another(&world, 7);
    stranger.signing_keys.prepare().await?;
    assert_eq!(names(&stranger), ["7-0"]);
    stranger.signing_keys.rotate().await?;
    world.services.signing_keys.prepare().await?;
    assert_eq!(names(&world.services), ["0-0"]);
    let ends: Vec<_> = stored(&world).await?.iter().map(|key| key.verifies_until.is_some()).collect();
    assert_eq!(ends, [false, true, false]);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn every_instance_learns_of_a_new_key_before_it_signs() -> Result<()> {
    let world = given_world();
    let other = another(&world, 0);
    for services in [&world.services, &other] {
        services.signing_keys.prepare().await?;
    }
    other.signing_keys.watch(&world.tracker, world.shutdown.clone());
    world.services.signing_keys.rotate().await?;
    let learned = timeout(ANNOUNCEMENT, async {
        while names(&other).len() < 2 {
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    });
    assert!(learned.await.is_ok(), "it knows {:?}", names(&other));
    Ok(())
}

#[tokio::test]
async fn a_secret_key_is_neither_published_nor_rotated() -> Result<()> {
    let world = World::new();
    world.services.signing_keys.prepare().await?;
    assert!(names(&world.services).is_empty() && stored(&world).await?.is_empty());
    let refused = world.services.signing_keys.rotate().await;
    assert!(matches!(refused, Err(Error::Conflict(_))), "{refused:?}");
    Ok(())
}

fn failed(keys: usize) -> Error {
    Error::Conflict(format!("{keys} keys"))
}
