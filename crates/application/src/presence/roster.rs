//! What this instance has of each user, and what of it is still to be reported.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
};

use plaza_domain::{Availability, Timestamp, UserId};
use tokio::sync::{Notify, oneshot};

use crate::{
    events::PresenceChange,
    ports::{Report, Share, Standing},
};

/// Tells connections of one process apart.
pub(super) type ConnectionNumber = u64;

/// How many users who left while the store was away are remembered, to tell of them when it is back.
const MAX_DEPARTED: usize = 100_000;

/// A connection that waits to be let in.
struct Applicant {
    connection: ConnectionNumber,
    answer: oneshot::Sender<bool>,
}

/// What this instance has of a user.
#[derive(Default)]
struct Entry {
    connections: Vec<(ConnectionNumber, Availability)>,
    applicants: Vec<Applicant>,
    /// What the user was when the last connection was sent away.
    lingering: Option<Availability>,
    /// What was last told of the user; unknown at first.
    announced: Option<Option<Availability>>,
    /// What was told last was told while the store was away, so that others may not have heard it.
    was_alone: bool,
    is_queued: bool,
}

impl Entry {
    fn availability(&self) -> Option<Availability> {
        self.connections.iter().map(|(_, availability)| *availability).max()
    }

    fn settled(&self) -> Option<Share> {
        let connections = count(self.connections.len());
        let availability = self.availability().or(self.lingering)?;
        Some(Share { connections, availability })
    }

    fn wanted(&self) -> Option<Share> {
        let applicants = count(self.applicants.len());
        let settled = self.settled();
        if applicants == 0 {
            return settled;
        }
        let connections = count(self.connections.len()) + applicants;
        let availability =
            self.availability().map_or(Availability::Online, |it| it.max(Availability::Online));
        Some(Share { connections, availability })
    }

    /// Lets in the first of those who wait, as many as are granted; false when one of these was gone already.
    fn let_in(&mut self, applicants: Vec<Applicant>, granted: u32) -> bool {
        let granted = usize::try_from(granted).unwrap_or(usize::MAX);
        let mut are_all_there = true;
        for (number, Applicant { connection, answer }) in applicants.into_iter().enumerate() {
            let is_granted = number < granted;
            let is_there = answer.send(is_granted).is_ok();
            if is_granted && is_there {
                self.connections.push((connection, Availability::Online));
                self.lingering = None;
            }
            are_all_there &= is_there || !is_granted;
        }
        are_all_there
    }

    /// Whether nobody is here, and everybody knows it.
    fn is_over(&self) -> bool {
        self.is_empty() && !self.was_alone
    }

    fn is_empty(&self) -> bool {
        self.connections.is_empty() && self.applicants.is_empty() && !self.is_queued
    }
}

struct Details {
    applicants: Vec<Applicant>,
    is_news: bool,
}

/// Users who are to be reported together.
#[derive(Default)]
pub(super) struct Batch {
    pub(super) reports: Vec<Report>,
    /// Beside each report: who waits, and whether there is something new to tell.
    details: Vec<Details>,
}

#[derive(Default)]
struct State {
    users: HashMap<UserId, Entry>,
    /// Who changed, the first first; each once.
    changed: VecDeque<UserId>,
    /// Who is only to be repeated.
    stale: Vec<UserId>,
    last_number: ConnectionNumber,
}

impl State {
    fn enqueue(&mut self, user_id: UserId) {
        if let Some(entry) = self.users.get_mut(&user_id)
            && !std::mem::replace(&mut entry.is_queued, true)
        {
            self.changed.push_back(user_id);
        }
    }

    fn forget(&mut self, user_id: UserId) {
        if self.users.get(&user_id).is_some_and(Entry::is_empty) {
            self.users.remove(&user_id);
        }
    }
}

/// The users of this instance.
#[derive(Default)]
pub(super) struct Roster {
    state: Mutex<State>,
    /// Somebody waits to be let in.
    pub(super) applied: Notify,
    /// Something changed that can wait a moment.
    pub(super) changed: Notify,
}

impl Roster {
    fn state(&self) -> MutexGuard<'_, State> {
        // Every change is a few steps that cannot panic half way.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A number for a connection.
    pub(super) fn next_number(&self) -> ConnectionNumber {
        let mut state = self.state();
        state.last_number += 1;
        state.last_number
    }

    /// Asks for a connection to be let in. What is received tells whether it is; the connection counts from then on.
    pub(super) fn apply(&self, user_id: UserId, connection: ConnectionNumber) -> oneshot::Receiver<bool> {
        let (answer, answered) = oneshot::channel();
        let mut state = self.state();
        state.users.entry(user_id).or_default().applicants.push(Applicant { connection, answer });
        state.enqueue(user_id);
        drop(state);
        self.applied.notify_one();
        answered
    }

    /// Lets a connection in without asking.
    pub(super) fn admit(&self, user_id: UserId, connection: ConnectionNumber) {
        self.set(user_id, connection, Availability::Online);
    }

    /// Notes what a connection says.
    pub(super) fn set(&self, user_id: UserId, connection: ConnectionNumber, availability: Availability) {
        let mut state = self.state();
        let connections = &mut state.users.entry(user_id).or_default().connections;
        match connections.iter_mut().find(|(number, _)| *number == connection) {
            Some((_, known)) if *known == availability => return,
            Some((_, known)) => *known = availability,
            None => connections.push((connection, availability)),
        }
        state.enqueue(user_id);
        drop(state);
        self.changed.notify_one();
    }

    /// Notes that a connection is gone; twice does no harm. With `lingers`, its user is expected back.
    pub(super) fn remove(&self, user_id: UserId, connection: ConnectionNumber, lingers: bool) {
        let mut state = self.state();
        let Some(entry) = state.users.get_mut(&user_id) else { return };
        let Some(at) = entry.connections.iter().position(|(number, _)| *number == connection) else { return };
        let was = entry.availability();
        entry.connections.swap_remove(at);
        entry.lingering = was.filter(|_| lingers && entry.connections.is_empty());
        state.enqueue(user_id);
        drop(state);
        self.changed.notify_one();
    }

    /// Everybody is to be reported again.
    pub(super) fn refresh(&self) {
        let mut state = self.state();
        state.stale = state.users.keys().copied().collect();
    }

    /// Every connection is gone; the users are expected back. Who they are.
    pub(super) fn send_all_away(&self) -> Vec<UserId> {
        let mut state = self.state();
        let users: Vec<UserId> = state.users.keys().copied().collect();
        for user_id in &users {
            if let Some(entry) = state.users.get_mut(user_id) {
                entry.lingering = entry.availability().or(entry.lingering);
                entry.connections.clear();
            }
            state.enqueue(*user_id);
        }
        users
    }

    /// The users who are connected here.
    pub(super) fn connected(&self) -> Vec<UserId> {
        let state = self.state();
        state.users.iter().filter(|(_, entry)| !entry.connections.is_empty()).map(|(id, _)| *id).collect()
    }

    /// What users are by what this instance knows.
    pub(super) fn known(&self, user_ids: &[UserId]) -> Vec<Option<Availability>> {
        let state = self.state();
        user_ids.iter().map(|user_id| state.users.get(user_id).and_then(Entry::availability)).collect()
    }

    /// What others have told of users of this instance.
    pub(super) fn hear(&self, changes: &[PresenceChange]) {
        let mut state = self.state();
        for change in changes {
            if let Some(entry) = state.users.get_mut(&change.user_id) {
                entry.announced = Some(change.availability);
            }
        }
    }

    /// The next users to report, at most `limit`: those who changed, then those who are to be repeated.
    pub(super) fn take(&self, limit: usize) -> Batch {
        let mut state = self.state();
        let mut batch = Batch::default();
        while batch.reports.len() < limit {
            let Some(user_id) = state.changed.pop_front().or_else(|| state.stale.pop()) else { break };
            let Some(entry) = state.users.get_mut(&user_id) else { continue };
            let is_news = std::mem::take(&mut entry.is_queued);
            batch.reports.push(Report { user_id, settled: entry.settled(), wanted: entry.wanted() });
            batch.details.push(Details { applicants: std::mem::take(&mut entry.applicants), is_news });
        }
        batch
    }

    /// Lets in whom the store has granted it, and finds what must be told.
    pub(super) fn settle(&self, batch: Batch, standings: &[Standing], now: Timestamp) -> Vec<PresenceChange> {
        self.conclude(batch, standings, now, false)
    }

    /// Lets everybody in, as the store does not answer, and finds what must be told by what is known here.
    pub(super) fn settle_alone(&self, batch: Batch, now: Timestamp) -> Vec<PresenceChange> {
        let standing = |report: &Report| Standing {
            granted: report.wanted.map_or(0, |share| share.connections),
            before: None,
            after: report.wanted.filter(|share| share.connections > 0).map(|share| share.availability),
        };
        let standings: Vec<Standing> = batch.reports.iter().map(standing).collect();
        self.conclude(batch, &standings, now, true)
    }

    fn conclude(
        &self,
        batch: Batch,
        standings: &[Standing],
        now: Timestamp,
        is_alone: bool,
    ) -> Vec<PresenceChange> {
        let mut changes = Vec::new();
        let mut state = self.state();
        let answered = batch.reports.iter().zip(batch.details).zip(standings);
        for ((report, details), standing) in answered {
            // While alone, what is only repeated is no news: what others have of the user is not known.
            if is_alone && !details.is_news {
                continue;
            }
            let user_id = report.user_id;
            let entry = state.users.entry(user_id).or_default();
            let settled = report.settled.map_or(0, |share| share.connections);
            let are_all_there = entry.let_in(details.applicants, standing.granted.saturating_sub(settled));
            let was_told = entry.announced.unwrap_or(standing.before);
            if was_told != standing.after || (entry.was_alone && !is_alone) {
                changes.push(PresenceChange { user_id, availability: standing.after, at: now });
            }
            entry.was_alone = is_alone;
            entry.announced = Some(standing.after);
            let is_over = entry.is_over();
            if !are_all_there {
                state.enqueue(user_id);
            } else if is_over || state.users.len() > MAX_DEPARTED {
                state.forget(user_id);
            }
        }
        changes
    }
}

fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
