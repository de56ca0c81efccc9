//! Presence within this process, which is the only instance.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use plaza_domain::{Availability, UserId};

use crate::ports::{Departure, MAX_CONNECTIONS, PresenceStore, PresenceStoreError, Report, Share, Standing};

/// Knows the users of this process. Nothing expires: what it knows ends with the process.
#[derive(Default)]
pub struct LocalPresence {
    users: Mutex<HashMap<UserId, Share>>,
}

impl LocalPresence {
    /// Nobody is there.
    pub fn new() -> Self {
        Self::default()
    }

    fn users(&self) -> MutexGuard<'_, HashMap<UserId, Share>> {
        self.users.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn take(users: &mut HashMap<UserId, Share>, report: &Report) -> Standing {
    let connections = |share: Option<Share>| share.map_or(0, |share| share.connections);
    let settled = connections(report.settled);
    let granted = settled.max(connections(report.wanted).min(MAX_CONNECTIONS));
    let share = if granted > settled {
        report.wanted.map(|wanted| Share { connections: granted, ..wanted })
    } else {
        report.settled
    };
    let before = match share {
        Some(share) => users.insert(report.user_id, share),
        None => users.remove(&report.user_id),
    };
    let availability = |share: Share| share.availability;
    Standing { granted, before: before.map(availability), after: share.map(availability) }
}

#[async_trait]
impl PresenceStore for LocalPresence {
    async fn report(&self, reports: &[Report]) -> Result<Vec<Standing>, PresenceStoreError> {
        let mut users = self.users();
        Ok(reports.iter().map(|report| take(&mut users, report)).collect())
    }

    async fn query(&self, user_ids: &[UserId]) -> Result<Vec<Option<Availability>>, PresenceStoreError> {
        let users = self.users();
        Ok(user_ids.iter().map(|user_id| users.get(user_id).map(|share| share.availability)).collect())
    }

    async fn reap(&self) -> Result<Option<Vec<Departure>>, PresenceStoreError> {
        Ok(None)
    }
}
