//! What was sent and what arrived: counts, latencies, and whether anything is missing, repeated or out of order.

use std::{collections::HashSet, ops::Range, time::Duration};

use hdrhistogram::Histogram;

use super::Shape;
use crate::{
    Failure,
    report::{Faults, Outcome},
    scenarios::latencies,
    wire::Body,
};

/// The longest latency that is told apart from longer ones, in microseconds.
const LONGEST: u64 = 60_000_000;

/// What one member has received.
#[derive(Clone, Debug)]
struct Heard {
    /// By sender of the room: the number of the next message.
    next: Vec<u32>,
    /// Messages that came before an earlier one.
    early: HashSet<(usize, u32)>,
    /// Follows from what came in which order.
    order: u64,
}

/// The books of one run.
#[derive(Debug)]
pub(super) struct Ledger {
    shape: Shape,
    /// In microseconds.
    pub(super) measured: Range<u64>,
    latencies: Histogram<u64>,
    /// While it was measured.
    deliveries: u64,
    all_deliveries: u64,
    /// By sender.
    posted: Vec<u32>,
    members: Vec<Heard>,
    faults: Faults,
}

impl Ledger {
    pub(super) fn new(shape: Shape) -> Result<Self, Failure> {
        let in_room = |room: usize| (shape.senders + shape.rooms - 1 - room) / shape.rooms;
        let heard = |number: usize| Heard {
            next: vec![1; in_room(number / shape.members)],
            early: HashSet::new(),
            order: 0,
        };
        Ok(Self {
            shape,
            measured: 0..0,
            latencies: Histogram::new_with_bounds(1, LONGEST, 3)?,
            deliveries: 0,
            all_deliveries: 0,
            posted: vec![0; shape.senders],
            members: (0..shape.rooms * shape.members).map(heard).collect(),
            faults: Faults::default(),
        })
    }

    pub(super) fn posted(&mut self, sender: usize) {
        self.posted[sender] += 1;
    }

    pub(super) fn received(&mut self, member: usize, body: Body, now: u64) -> Result<(), Failure> {
        let Body { sender, number, stamp } = body;
        let room = member / self.shape.members;
        let heard = &mut self.members[member];
        let place = sender / self.shape.rooms;
        let Some(next) = heard.next.get_mut(place).filter(|_| sender % self.shape.rooms == room) else {
            return Err("a message came to a room that it was not for".into());
        };
        if number == *next {
            *next += 1;
            while !heard.early.is_empty() && heard.early.remove(&(place, *next)) {
                *next += 1;
            }
        } else if number < *next || !heard.early.insert((place, number)) {
            self.faults.duplicated += 1;
            return Ok(());
        } else {
            self.faults.reordered += 1;
        }
        // FNV-1a (Fowler, Noll, Vo).
        let what = (sender as u64) << 32 | u64::from(number);
        heard.order = (heard.order ^ what).wrapping_mul(0x0100_0000_01b3).wrapping_add(1);
        self.all_deliveries += 1;
        if self.measured.contains(&now) {
            self.deliveries += 1;
        }
        if self.measured.contains(&stamp) {
            self.latencies.saturating_record(now.saturating_sub(stamp));
        }
        Ok(())
    }

    fn expected(&self) -> u64 {
        self.posted.iter().map(|posted| u64::from(*posted) * self.shape.members as u64).sum()
    }

    /// How much has arrived.
    pub(super) fn arrived(&self) -> u64 {
        self.all_deliveries
    }

    /// Whether everything that was sent has come to everybody.
    pub(super) fn is_complete(&self) -> bool {
        self.all_deliveries >= self.expected()
    }

    fn has_one_order(&self) -> bool {
        let mut rooms = self.members.chunks(self.shape.members);
        rooms.all(|members| members.iter().all(|heard| heard.order == members[0].order))
    }

    pub(super) fn outcome(&self, measured: Duration) -> Outcome {
        let rate = self.deliveries as f64 / measured.as_secs_f64();
        let lost = self.expected().saturating_sub(self.all_deliveries);
        let outcome = Outcome {
            faults: Faults { lost, ..self.faults },
            one_order: Some(self.has_one_order()),
            ..Outcome::default()
        };
        let outcome = outcome
            .with("deliveries_per_second", rate)
            .with("messages_per_second", rate / self.shape.members as f64);
        latencies(outcome, &self.latencies)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenarios::talk::Load;

    fn ledger() -> Result<Ledger, Failure> {
        let (warm_up, measured) = (Duration::ZERO, Duration::from_secs(1));
        let load = Load::Window(1);
        let shape = Shape { rooms: 1, members: 2, senders: 1, load, body: 64, warm_up, measured };
        Ok(Ledger { measured: 0..1_000_000, ..Ledger::new(shape)? })
    }

    fn told(messages: &[(usize, u32)]) -> Result<Outcome, Failure> {
        let mut ledger = ledger()?;
        for _ in 0..3 {
            ledger.posted(0);
        }
        for (member, number) in messages {
            ledger.received(*member, Body { sender: 0, number: *number, stamp: 10 }, 20)?;
        }
        Ok(ledger.outcome(Duration::from_secs(1)))
    }

    #[test]
    fn what_everybody_received_once_and_in_order_is_without_fault() -> Result<(), Failure> {
        let outcome = told(&[(0, 1), (0, 2), (1, 1), (0, 3), (1, 2), (1, 3)])?;
        assert!(outcome.counts());
        assert_eq!(outcome.one_order, Some(true));
        assert_eq!(outcome.figure("deliveries_per_second"), Some(6.0));
        Ok(())
    }

    #[test]
    fn what_is_missing_repeated_or_early_is_counted() -> Result<(), Failure> {
        let lost = told(&[(0, 1), (0, 2), (0, 3), (1, 1), (1, 3)])?;
        assert_eq!(lost.faults, Faults { lost: 1, duplicated: 0, reordered: 1 });
        let repeated = told(&[(0, 1), (0, 2), (0, 2), (0, 3), (1, 1), (1, 2), (1, 3)])?;
        assert_eq!(repeated.faults, Faults { lost: 0, duplicated: 1, reordered: 0 });
        let early = told(&[(0, 2), (0, 1), (0, 3), (1, 1), (1, 2), (1, 3)])?;
        assert_eq!(early.faults, Faults { lost: 0, duplicated: 0, reordered: 1 });
        assert_eq!(early.one_order, Some(false));
        Ok(())
    }

    #[test]
    fn a_message_of_another_room_is_an_error() -> Result<(), Failure> {
        assert!(ledger()?.received(0, Body { sender: 1, number: 1, stamp: 0 }, 0).is_err());
        Ok(())
    }
}
