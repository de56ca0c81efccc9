//! Sends events to other instances: one task, many in one round trip.

use std::{
    mem,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use fred::{
    bytes::Bytes,
    clients::Client,
    error::Error,
    interfaces::{ClientLike, EventInterface, PubsubInterface},
    types::{Value, config::Server},
};
use plaza_application::events::Event;
use tokio::{
    sync::{
        broadcast::{self, error::RecvError},
        mpsc,
    },
    time::{Instant, MissedTickBehavior, interval, timeout, timeout_at},
};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::parcel;

/// How many events are sent in one round trip.
const BATCH: usize = 256;
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(2);
/// How often a failed connection is tried, and losses are told.
const RETRY: Duration = Duration::from_secs(1);
/// How long what is left may take at the end, and the connection that it needs.
const LAST_WORDS: Duration = Duration::from_secs(2);
const QUIT_TIMEOUT: Duration = Duration::from_secs(1);

/// The sending end, with room for so many events.
pub(super) const CAPACITY: usize = 4096;

pub(super) struct Publisher {
    pub(super) client: Client,
    pub(super) channel: String,
    pub(super) origin: Uuid,
    pub(super) events: mpsc::Receiver<Arc<Event>>,
    /// How many events found no room.
    pub(super) overflowed: Arc<AtomicU64>,
}

/// What the others miss.
#[derive(Default)]
struct Debt {
    /// They must be told that events were lost.
    gap: bool,
    /// How many, since it was last logged.
    lost: u64,
    /// Whether Redis takes events, as far as is known.
    reachable: bool,
}

impl Publisher {
    pub(super) async fn run(mut self, shutdown: CancellationToken) {
        let mut connected = self.client.reconnect_rx();
        let _connection = self.client.connect();
        let mut debt = Debt::default();
        let mut retry = interval(RETRY);
        retry.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut batch = Vec::with_capacity(BATCH);
        loop {
            tokio::select! {
                biased;
                () = shutdown.cancelled() => break,
                Ok(_) | Err(RecvError::Lagged(_)) = connected.recv() => {
                    debt.reachable = true;
                    self.settle(&mut debt).await;
                }
                _ = retry.tick() => self.settle(&mut debt).await,
                // While nothing gets through, events wait here instead of being thrown at a dead connection.
                count = self.events.recv_many(&mut batch, BATCH), if debt.reachable => {
                    if count == 0 {
                        break;
                    }
                    self.send(mem::take(&mut batch), &mut debt).await;
                }
            }
        }
        self.say_the_rest(&mut connected, &mut debt).await;
        let _ = timeout(QUIT_TIMEOUT, self.client.quit()).await;
    }

    /// Sends what waits at the end. A command has hardly connected when it ends: then that is waited for.
    async fn say_the_rest(&mut self, connected: &mut broadcast::Receiver<Server>, debt: &mut Debt) {
        let mut rest = Vec::new();
        while let Ok(event) = self.events.try_recv() {
            rest.push(event);
        }
        let deadline = Instant::now() + LAST_WORDS;
        if !rest.is_empty() && !debt.reachable {
            let heard = timeout_at(deadline, connected.recv()).await;
            debt.reachable = matches!(heard, Ok(Ok(_) | Err(RecvError::Lagged(_))));
        }
        for events in rest.chunks(BATCH) {
            if debt.reachable && Instant::now() < deadline {
                self.send(events.to_vec(), debt).await;
            } else {
                debt.lost += events.len() as u64;
            }
        }
        debt.lost += self.overflowed.swap(0, Ordering::Relaxed);
        if debt.lost > 0 {
            tracing::warn!(
                bus.lost = debt.lost,
                "events were not carried to servers that run; they learn of it later"
            );
        }
    }

    /// Tells the operator what was lost, and the others that they must look into the database.
    async fn settle(&self, debt: &mut Debt) {
        let overflowed = self.overflowed.swap(0, Ordering::Relaxed);
        debt.lost += overflowed;
        debt.gap |= overflowed > 0;
        if debt.lost > 0 {
            let events = mem::take(&mut debt.lost);
            tracing::warn!(bus.lost = events, "events were not carried to other instances; they will heal");
        }
        if debt.gap {
            self.send(Vec::new(), debt).await;
        }
    }

    async fn send(&self, events: Vec<Arc<Event>>, debt: &mut Debt) {
        let count = events.len() as u64;
        let gap = debt.gap.then_some(None);
        let events = gap.into_iter().chain(events.into_iter().map(Some));
        match self.publish(events).await {
            Ok(()) => {
                if !mem::replace(&mut debt.reachable, true) {
                    tracing::info!("events are carried to other instances again");
                }
                debt.gap = false;
            }
            Err(error) => {
                if mem::replace(&mut debt.reachable, false) {
                    let error: &(dyn std::error::Error + 'static) = &*error;
                    tracing::warn!(error, "events are not carried to other instances");
                }
                debt.gap = true;
                debt.lost += count;
            }
        }
    }

    async fn publish(
        &self,
        events: impl Iterator<Item = Option<Arc<Event>>>,
    ) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        let pipeline = self.client.pipeline();
        for parcel in parcel::pack(self.origin, events)? {
            let _queued: Value = pipeline.publish(self.channel.as_str(), Bytes::from(parcel)).await?;
        }
        let answers: Vec<Result<Value, Error>> = timeout(RESPONSE_TIMEOUT, pipeline.try_all()).await?;
        answers.into_iter().collect::<Result<Vec<_>, _>>()?;
        Ok(())
    }
}
