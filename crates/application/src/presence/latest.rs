//! What was last told of users.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use plaza_domain::{Availability, UserId};

/// Of how many users it is remembered.
const CAPACITY: usize = 100_000;

/// What was last told of each user, in some 30 bytes each. Of whom it is forgotten, the same is told once more.
#[derive(Default)]
pub(super) struct Latest {
    users: Mutex<HashMap<UserId, Option<Availability>>>,
}

impl Latest {
    /// Whether that was last told of a user.
    pub(super) fn is(&self, user_id: UserId, availability: Option<Availability>) -> bool {
        self.users().get(&user_id) == Some(&availability)
    }

    /// Notes what was told. When there are too many, those who went are forgotten, and everybody when these are few.
    pub(super) fn note(&self, told: impl IntoIterator<Item = (UserId, Option<Availability>)>) {
        let mut users = self.users();
        for (user_id, availability) in told {
            if users.len() >= CAPACITY && !users.contains_key(&user_id) {
                users.retain(|_, availability| availability.is_some());
                if users.len() > CAPACITY / 2 {
                    users.clear();
                }
            }
            users.insert(user_id, availability);
        }
    }

    fn users(&self) -> MutexGuard<'_, HashMap<UserId, Option<Availability>>> {
        // Every change is a single call that cannot panic half way.
        self.users.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const ONLINE: Option<Availability> = Some(Availability::Online);

    fn user(number: usize) -> UserId {
        UserId::new(Uuid::from_u128(number as u128))
    }

    #[test]
    fn only_what_was_told_last_is_known() {
        let latest = Latest::default();
        assert!(!latest.is(user(1), ONLINE));
        latest.note([(user(1), ONLINE)]);
        assert!(latest.is(user(1), ONLINE));
        latest.note([(user(1), None)]);
        assert!(!latest.is(user(1), ONLINE));
        assert!(latest.is(user(1), None));
    }

    #[test]
    fn those_who_went_are_forgotten_first_and_more_than_there_is_room_for_are_not_remembered() {
        let latest = Latest::default();
        latest.note((0..CAPACITY).map(|number| (user(number), ONLINE.filter(|_| number % 2 == 0))));
        latest.note([(user(CAPACITY), ONLINE)]);
        assert!(latest.is(user(0), ONLINE));
        assert!(!latest.is(user(1), None));
        latest.note((CAPACITY + 1..CAPACITY * 2).map(|number| (user(number), ONLINE)));
        assert!(latest.users().len() <= CAPACITY);
        assert!(!latest.is(user(0), ONLINE));
    }
}
