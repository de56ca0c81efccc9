//! What is left of accounts whose users are gone.

use super::{
    Bio, DisplayName, Email, Locale, PasswordHash, StatusText, Suspension, SuspensionKind, TimeZone, User,
    Username,
};
use crate::{Timestamp, UserId};

/// What is shown in place of the name of somebody who is gone.
const NAME: &str = "Deleted user";

/// An account whose time to be erased has come; these are ordered by how long they have waited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DueErasure {
    /// Since when.
    pub erase_at: Timestamp,
    /// The account.
    pub user_id: UserId,
}

impl User {
    /// Whether its time to be erased has come: nobody can use it, and nobody can save it.
    pub fn is_given_up(&self, now: Timestamp) -> bool {
        self.erase_at.is_some_and(|at| at <= now)
    }

    /// Whether its personal data was erased.
    pub const fn is_erased(&self) -> bool {
        self.erased_at.is_some()
    }

    /// The same account without anything that tells of its user. Its handle is longer than anybody's can be, so that it
    /// is taken by nobody; its own handle and address are free again.
    #[must_use]
    pub fn erased(self, now: Timestamp) -> Self {
        let id = self.id;
        Self {
            email: Email::from_stored(format!("{id}@deleted.invalid")),
            username: Username::from_stored(format!("deleted-{id}")),
            display_name: DisplayName::from_stored(NAME.to_owned()),
            bio: Bio::from_stored(String::new()),
            avatar_file_id: None,
            password_hash: PasswordHash::none(),
            updated_at: now,
            status_text: StatusText::from_stored(String::new()),
            time_zone: TimeZone::from_stored("UTC".to_owned()),
            locale: Locale::from_stored("en".to_owned()),
            email_verified_at: None,
            suspension: Some(Suspension {
                kind: SuspensionKind::Deactivated,
                since: now,
                until: None,
                reason: String::new(),
            }),
            erased_at: Some(now),
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta};
    use uuid::Uuid;

    use super::*;

    fn ada() -> User {
        let text = str::to_owned;
        let (email, username) =
            (Email::from_stored(text("ada@example.org")), Username::from_stored(text("ada")));
        let name = DisplayName::from_stored(text("Ada Lovelace"));
        let hash = PasswordHash::new(text("hash"));
        let user =
            User::new(UserId::new(Uuid::from_u128(7)), email, username, name, hash, DateTime::UNIX_EPOCH);
        User { bio: Bio::from_stored(text("Ada")), status_text: StatusText::from_stored(text("Ada")), ..user }
    }

    #[test]
    fn nothing_of_an_erased_account_tells_of_its_user() {
        let now = DateTime::UNIX_EPOCH + TimeDelta::days(14);
        let erased = User { erase_at: Some(now), ..ada() }.erased(now);
        assert!(!format!("{erased:?}").to_lowercase().contains("ada"));
        assert!(erased.is_erased() && erased.is_suspended(now) && !erased.password_hash.is_some());
        assert_eq!((erased.id, erased.created_at), (ada().id, ada().created_at));
        assert!(Username::parse(erased.username.as_str()).is_err(), "nobody can take its handle");
    }

    #[test]
    fn an_account_is_given_up_when_its_time_has_come() {
        let now = DateTime::UNIX_EPOCH + TimeDelta::days(14);
        let leaving = User { erase_at: Some(now), ..ada() };
        assert!(!ada().is_given_up(now));
        assert!(!leaving.is_suspended(now - TimeDelta::seconds(1)));
        assert!(leaving.is_suspended(now));
    }
}
