//! What every part of a running worker shares.

use std::sync::{
    Arc,
    atomic::{AtomicU32, AtomicUsize, Ordering},
};

use ::metrics::Gauge;
use chrono::TimeDelta;
use plaza_application::Ports;
use plaza_domain::{WorkerId, repository::ClaimRequest};

use super::{backoff::time_delta, claims::Claims, finisher::Finisher, isolation::Isolation, queues::Queues};
use crate::{Pulse, Registry, WorkerSettings, metrics};

pub(crate) struct Context {
    pub(crate) ports: Ports,
    pub(crate) registry: Arc<dyn Registry>,
    pub(crate) settings: WorkerSettings,
    pub(crate) id: WorkerId,
    pub(crate) queues: Arc<Queues>,
    pub(crate) pulse: Arc<Pulse>,
    pub(super) isolation: Isolation,
    pub(super) claims: Claims,
    pub(super) finisher: Finisher,
    /// How often in a row the queue did not answer: it is listened to by one slot or another.
    pub(super) queue_failures: AtomicU32,
    busy: AtomicUsize,
}

impl Context {
    pub(crate) fn new(ports: Ports, registry: Arc<dyn Registry>, settings: WorkerSettings) -> Self {
        let queues = Arc::new(Queues::new(&settings.queues));
        let id = WorkerId::new(ports.ids.next());
        let pulse = Arc::new(Pulse::new());
        let by = ClaimRequest { worker: id, lease: time_delta(settings.lease) };
        let store = Arc::clone(&ports.store);
        Self {
            ports,
            registry,
            settings,
            id,
            queues,
            pulse,
            isolation: Isolation::new(),
            claims: Claims::start(Arc::clone(&store), by),
            finisher: Finisher::start(store),
            queue_failures: AtomicU32::new(0),
            busy: AtomicUsize::new(0),
        }
    }

    pub(crate) fn lease(&self) -> TimeDelta {
        time_delta(self.settings.lease)
    }

    pub(crate) fn claim_request(&self) -> ClaimRequest {
        ClaimRequest { worker: self.id, lease: self.lease() }
    }

    /// How many tasks at a time. No more than the queues have places for: so a slot that is free has a queue with room.
    pub(crate) fn slots(&self) -> usize {
        self.settings.concurrency.min(self.queues.limit()).max(1)
    }

    /// Notes that a slot works at a task of that queue, until the guard is dropped.
    pub(super) fn occupy(&self, queue: &str) -> Occupied<'_> {
        self.busy.fetch_add(1, Ordering::Relaxed);
        let gauge = metrics::running(queue);
        gauge.increment(1);
        Occupied { busy: &self.busy, gauge }
    }

    /// How many tasks run.
    pub(crate) fn running(&self) -> usize {
        self.busy.load(Ordering::Relaxed)
    }

    /// Whether a slot waits for work, and may begin some.
    pub(crate) fn has_idle_slot(&self) -> bool {
        self.running() < self.slots() && self.isolation.is_open()
    }
}

/// That a slot works.
pub(super) struct Occupied<'a> {
    busy: &'a AtomicUsize,
    gauge: Gauge,
}

impl Drop for Occupied<'_> {
    fn drop(&mut self) {
        self.busy.fetch_sub(1, Ordering::Relaxed);
        self.gauge.decrement(1);
    }
}
