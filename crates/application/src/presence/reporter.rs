//! The one task that tells the store what this instance has, and everybody what changed.

use std::{sync::Arc, time::Duration};

use plaza_domain::{Clock, UserId};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep};
use tokio_util::sync::CancellationToken;

use super::{
    roster::{Batch, Roster},
    sightings::Sightings,
};
use crate::{
    events::{Event, PresenceChange, PresenceEvent},
    ports::{EventBus, PresenceStore, PresenceStoreError},
};

/// How many users are reported in one call: bounds how long it keeps others waiting.
const BATCH: usize = 200;
/// How long changes gather. Who waits to be let in does not wait for that.
const GATHER: Duration = Duration::from_millis(50);
/// How often a store that did not answer is tried.
const RETRY: Duration = Duration::from_secs(1);
/// How often it is written when users who stay were last seen, so that a crash forgets little.
const SIGHTING_INTERVAL: Duration = Duration::from_secs(5 * 60);

pub(super) struct Reporter {
    pub(super) roster: Arc<Roster>,
    pub(super) sightings: Arc<Sightings>,
    pub(super) store: Arc<dyn PresenceStore>,
    pub(super) bus: Arc<dyn EventBus>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) refresh_every: Duration,
}

/// How it stands between this instance and the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Contact {
    /// It answers, since then.
    Since(Instant),
    /// It did not answer.
    Lost,
}

impl Reporter {
    /// Runs until `shutdown`; then nobody is here any more.
    pub(super) async fn run(self, shutdown: CancellationToken) {
        let stop = CancellationToken::new();
        let sightings = Arc::clone(&self.sightings);
        let reporting = async {
            self.report_until(shutdown).await;
            stop.cancel();
        };
        tokio::join!(reporting, sightings.run(stop.clone()));
    }

    async fn report_until(&self, shutdown: CancellationToken) {
        let mut contact = Contact::Since(Instant::now());
        let mut refresh = interval(self.refresh_every);
        let mut retry = interval(RETRY);
        let mut sighting = interval(SIGHTING_INTERVAL);
        for ticks in [&mut refresh, &mut retry, &mut sighting] {
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            ticks.reset();
        }
        loop {
            tokio::select! {
                () = shutdown.cancelled() => break,
                () = self.roster.applied.notified() => {}
                () = self.roster.changed.notified() => self.gather().await,
                _ = refresh.tick() => {
                    self.roster.refresh();
                    self.reap(&mut contact).await;
                }
                _ = retry.tick(), if contact == Contact::Lost => self.roster.refresh(),
                _ = sighting.tick() => self.note(&self.roster.connected()),
            }
            self.report_all(&mut contact).await;
        }
        let users = self.roster.send_all_away();
        self.note(&users);
        self.report_all(&mut contact).await;
    }

    async fn gather(&self) {
        tokio::select! {
            () = self.roster.applied.notified() => {}
            () = sleep(GATHER) => {}
        }
    }

    async fn report_all(&self, contact: &mut Contact) {
        loop {
            let batch = self.roster.take(BATCH);
            if batch.reports.is_empty() {
                break;
            }
            let changes = self.report(batch, contact).await;
            self.announce(changes);
        }
    }

    async fn report(&self, batch: Batch, contact: &mut Contact) -> Vec<PresenceChange> {
        let reported = self.store.report(&batch.reports).await;
        let now = self.clock.now();
        match reported {
            Ok(standings) => {
                if *contact == Contact::Lost {
                    tracing::info!("presence is shared with other instances again");
                    *contact = Contact::Since(Instant::now());
                    self.roster.refresh();
                }
                self.roster.settle(batch, &standings, now)
            }
            Err(error) => {
                lose(contact, &error);
                self.roster.settle_alone(batch, now)
            }
        }
    }

    /// Takes over users of instances that died. After the store was away, living ones first get the time to report.
    async fn reap(&self, contact: &mut Contact) {
        while let Contact::Since(since) = *contact
            && since.elapsed() >= self.refresh_every
        {
            match self.store.reap().await {
                Ok(None) => break,
                Ok(Some(departures)) => {
                    let gone = departures.iter().filter(|departure| departure.after.is_none());
                    self.sightings.note(gone.map(|departure| (departure.user_id, departure.seen_at)));
                    let changes = departures.into_iter().map(|departure| PresenceChange {
                        user_id: departure.user_id,
                        availability: departure.after,
                        at: departure.seen_at,
                    });
                    self.publish(changes.collect());
                }
                Err(error) => lose(contact, &error),
            }
        }
    }

    fn announce(&self, changes: Vec<PresenceChange>) {
        let gone = changes.iter().filter(|change| change.availability.is_none());
        self.sightings.note(gone.map(|change| (change.user_id, change.at)));
        self.publish(changes);
    }

    fn publish(&self, changes: Vec<PresenceChange>) {
        if !changes.is_empty() {
            self.bus.publish(Event::Presence(PresenceEvent { changes }));
        }
    }

    fn note(&self, users: &[UserId]) {
        let now = self.clock.now();
        self.sightings.note(users.iter().map(|user_id| (*user_id, now)));
    }
}

fn lose(contact: &mut Contact, error: &PresenceStoreError) {
    if std::mem::replace(contact, Contact::Lost) != Contact::Lost {
        tracing::warn!(error = ?error, "presence is known to each instance for itself");
    }
}
