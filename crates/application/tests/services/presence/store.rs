//! What an instance does while the store of presence is lost, or has forgotten.

use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use plaza_application::{
    in_process::LocalPresence,
    ports::{Departure, PresenceStore, PresenceStoreError, Report, Standing},
};

use super::*;

/// A store that several worlds share as instances share Redis, until it is cut off.
struct Shared {
    inner: LocalPresence,
    is_lost: AtomicBool,
}

impl Shared {
    fn new() -> Arc<Self> {
        Arc::new(Self { inner: LocalPresence::new(), is_lost: AtomicBool::new(false) })
    }

    fn check(&self) -> std::result::Result<(), PresenceStoreError> {
        if self.is_lost.load(Ordering::Relaxed) {
            return Err(PresenceStoreError("cut off by the test".into()));
        }
        Ok(())
    }
}

#[async_trait]
impl PresenceStore for Shared {
    async fn report(&self, reports: &[Report]) -> std::result::Result<Vec<Standing>, PresenceStoreError> {
        self.check()?;
        self.inner.report(reports).await
    }

    async fn query(
        &self,
        user_ids: &[UserId],
    ) -> std::result::Result<Vec<Option<Availability>>, PresenceStoreError> {
        self.check()?;
        self.inner.query(user_ids).await
    }

    async fn reap(&self) -> std::result::Result<Option<Vec<Departure>>, PresenceStoreError> {
        self.check()?;
        self.inner.reap().await
    }
}

#[tokio::test(start_paused = true)]
async fn without_the_store_an_instance_goes_by_what_it_knows_and_tells_it_again_later() -> Result<()> {
    let store = Shared::new();
    let world = World::with_ports(|ports| ports.presence = Arc::clone(&store) as Arc<dyn PresenceStore>);
    let (ada, grace) = world.people().await?;
    world.shared_room(&ada, &grace).await?;
    let mut events = world.ports.bus.subscribe();
    let before = connect(&world, &ada).await?;
    assert_eq!(availability(&mut events).await, Some(Some(Online)));

    store.is_lost.store(true, Ordering::Relaxed);
    let during = connect(&world, &grace).await?;
    assert_eq!(change(&mut events).await.map(|change| change.user_id), Some(grace.id()));
    drop(before);
    let gone = change(&mut events).await;
    assert_eq!(gone.map(|change| (change.user_id, change.availability)), Some((ada.id(), None)));
    assert_eq!(seen_by(&world, &grace, &grace).await?, is(&grace, Online));
    assert_eq!(seen_by(&world, &grace, &ada).await?.availability, None);

    store.is_lost.store(false, Ordering::Relaxed);
    let again = changes(&mut events).await.into_iter();
    let mut told: Vec<_> = again.map(|change| (change.user_id, change.availability)).collect();
    told.sort_unstable();
    let mut expected = [(ada.id(), None), (grace.id(), Some(Online))];
    expected.sort_unstable();
    assert_eq!(told, expected, "others may not have heard it");
    assert_eq!(store.inner.query(&[ada.id(), grace.id()]).await.ok(), Some(vec![None, Some(Online)]));
    drop(during);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_store_that_forgot_everything_is_told_again_and_nobody_else() -> Result<()> {
    let store = Shared::new();
    let world = World::with_ports(|ports| ports.presence = Arc::clone(&store) as Arc<dyn PresenceStore>);
    let (ada, _) = world.people().await?;
    let mut events = world.ports.bus.subscribe();
    let _there = connect(&world, &ada).await?;
    assert_eq!(availability(&mut events).await, Some(Some(Online)));
    let forgotten = Report { user_id: ada.id(), settled: None, wanted: None };
    store.inner.report(&[forgotten]).await.ok();
    assert_eq!(change(&mut events).await, None);
    assert_eq!(store.inner.query(&[ada.id()]).await.ok(), Some(vec![Some(Online)]));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn who_was_told_to_be_gone_and_is_not_is_told_to_be_there() -> Result<()> {
    let world = World::new();
    let (ada, _) = world.people().await?;
    let mut events = world.ports.bus.subscribe();
    let _there = connect(&world, &ada).await?;
    assert_eq!(availability(&mut events).await, Some(Some(Online)));
    // Another instance took this one for dead.
    let gone = PresenceChange { user_id: ada.id(), availability: None, at: world.clock.now() };
    world.services.presence.hear(&[gone]);
    assert_eq!(availability(&mut events).await, Some(Some(Online)));
    Ok(())
}
