//! The chain: each entry has the hash of the one before it, so that none can be changed, left out or put in unnoticed.
//!
//! The hash of an entry is the SHA-256 of these bytes, one after the other:
//!
//! | bytes | what |
//! |---|---|
//! | 32 | the hash of the entry before it; zeros for the first |
//! | text | `plaza audit 1`: what is hashed here, and in which form |
//! | 8 | its number, which is one more than that of the entry before it; the first is 1 |
//! | 8 | its time, in microseconds since 1970 (UTC, no leap seconds) |
//! | text | its action |
//! | text | the kind of its actor |
//! | optional, 16 | the id of its actor |
//! | optional text | the kind of its target |
//! | optional, 16 | the id of its target |
//! | optional text | the address that it came from |
//! | optional text | the user agent that it came from |
//! | text | its details, as JSON without spaces and with sorted keys |
//!
//! A number has its most significant byte first. A text is its length in bytes, as a number of 4 bytes, and then its
//! UTF-8. What is optional is one byte, 1 when it is there and 0 when it is not, and then, if it is there, itself. So no
//! two different entries give the same bytes (compare RFC 6962, section 2.1).

use serde_json::Value;
use sha2::{Digest, Sha256 as Hasher};
use uuid::Uuid;

use super::NewAuditEntry;
use crate::{Sha256, Timestamp, UserAgent};

/// What is hashed, and in which form.
const FORM: &str = "plaza audit 1";

/// Where a chain ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuditHead {
    /// The number of its last entry; 0 when there is none.
    pub number: i64,
    /// The hash of its last entry.
    pub hash: Sha256,
}

impl AuditHead {
    /// Where a chain ends that has not begun.
    pub const START: Self = Self { number: 0, hash: Sha256([0; 32]) };

    /// What `new` becomes as the next entry.
    pub fn seal(&self, new: &NewAuditEntry, at: Timestamp) -> AuditEntry {
        let details = canonical(Value::Object(new.details.clone()));
        let mut entry = AuditEntry {
            number: self.number + 1,
            at,
            action: new.action.as_str().to_owned(),
            actor_kind: new.actor.kind().to_owned(),
            actor_id: new.actor.user_id().map(|id| id.uuid()),
            target_kind: new.target.map(|target| target.kind().to_owned()),
            target_id: new.target.map(|target| target.id()),
            address: new.device.address.map(|address| address.to_string()),
            user_agent: new.device.user_agent.clone().map(UserAgent::into_string),
            details: details.to_string(),
            previous_hash: self.hash,
            hash: Sha256([0; 32]),
        };
        entry.hash = entry.digest();
        entry
    }

    /// Whether `entry` is a next entry after this one, as it was written.
    pub fn is_followed_by(&self, entry: &AuditEntry) -> bool {
        entry.number == self.number + 1 && entry.previous_hash == self.hash && entry.hash == entry.digest()
    }
}

/// One entry as it is stored. Its words are those of the version that wrote it: a later one may not know them all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEntry {
    /// Its place in the chain, from 1 on.
    pub number: i64,
    /// When it was written, by the clock of the database.
    pub at: Timestamp,
    /// What was done.
    pub action: String,
    /// Who did it: a user, or what else.
    pub actor_kind: String,
    /// Which user.
    pub actor_id: Option<Uuid>,
    /// What it was done to.
    pub target_kind: Option<String>,
    /// Which one of those.
    pub target_id: Option<Uuid>,
    /// The address that it came from.
    pub address: Option<String>,
    /// What the client said it was.
    pub user_agent: Option<String>,
    /// What else there is to tell: an object, as JSON.
    pub details: String,
    /// The hash of the entry before it.
    pub previous_hash: Sha256,
    /// Its own.
    pub hash: Sha256,
}

impl AuditEntry {
    /// Where the chain ends when this is its last entry.
    pub fn head(&self) -> AuditHead {
        AuditHead { number: self.number, hash: self.hash }
    }

    /// What its hash has to be.
    pub fn digest(&self) -> Sha256 {
        let mut bytes = self.previous_hash.0.to_vec();
        put_text(&mut bytes, FORM);
        bytes.extend(self.number.to_be_bytes());
        bytes.extend(self.at.timestamp_micros().to_be_bytes());
        put_text(&mut bytes, &self.action);
        put_text(&mut bytes, &self.actor_kind);
        put_optional(&mut bytes, self.actor_id, put_id);
        put_optional(&mut bytes, self.target_kind.as_deref(), put_text);
        put_optional(&mut bytes, self.target_id, put_id);
        put_optional(&mut bytes, self.address.as_deref(), put_text);
        put_optional(&mut bytes, self.user_agent.as_deref(), put_text);
        put_text(&mut bytes, &self.details);
        Sha256(Hasher::digest(&bytes).into())
    }
}

fn put_text(bytes: &mut Vec<u8>, text: &str) {
    // No text here comes near to 4 GiB; one that did would be told from others by what follows.
    let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
    bytes.extend(length.to_be_bytes());
    bytes.extend(text.as_bytes());
}

fn put_id(bytes: &mut Vec<u8>, id: Uuid) {
    bytes.extend(id.as_bytes());
}

fn put_optional<T>(bytes: &mut Vec<u8>, value: Option<T>, put: fn(&mut Vec<u8>, T)) {
    bytes.push(u8::from(value.is_some()));
    if let Some(value) = value {
        put(bytes, value);
    }
}

/// Keys sorted, whatever order a map was made in.
fn canonical(mut value: Value) -> Value {
    value.sort_all_objects();
    value
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use chrono::DateTime;

    use super::*;
    use crate::{AuditAction, AuditTarget, Device, UserId};

    fn at(micros: i64) -> Timestamp {
        DateTime::from_timestamp_micros(micros).unwrap_or_default()
    }

    fn entry() -> AuditEntry {
        let device = Device {
            user_agent: UserAgent::read("curl/8.9.1"),
            address: Some(IpAddr::V4(Ipv4Addr::LOCALHOST)),
        };
        let (ada, bob) = (UserId::new(Uuid::from_u128(1)), UserId::new(Uuid::from_u128(2)));
        let new = NewAuditEntry::by(ada, &device, AuditAction::UserBanned)
            .about(AuditTarget::User(bob))
            .with("until", Value::Null)
            .with("b", 2)
            .with("a", "ü");
        AuditHead::START.seal(&new, at(1_700_000_000_123_456))
    }

    #[test]
    fn the_hash_of_an_entry_is_that_of_the_documented_bytes() {
        let mut bytes = vec![0; 32];
        let texts = ["plaza audit 1", "user.banned", "user", "127.0.0.1", "curl/8.9.1"];
        let [form, action, user, address, agent] = texts.map(|text| {
            let mut bytes = vec![0, 0, 0, u8::try_from(text.len()).unwrap_or_default()];
            bytes.extend(text.as_bytes());
            bytes
        });
        bytes.extend(form);
        bytes.extend([0, 0, 0, 0, 0, 0, 0, 1]);
        bytes.extend(1_700_000_000_123_456_i64.to_be_bytes());
        bytes.extend(action);
        bytes.extend(&user);
        bytes.extend([1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
        bytes.push(1);
        bytes.extend(user);
        bytes.extend([1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2]);
        bytes.push(1);
        bytes.extend(address);
        bytes.push(1);
        bytes.extend(agent);
        let details = "{\"a\":\"ü\",\"b\":2,\"until\":null}";
        bytes.extend([0, 0, 0, u8::try_from(details.len()).unwrap_or_default()]);
        bytes.extend(details.as_bytes());
        assert_eq!(entry().details, details);
        assert_eq!(entry().hash, Sha256(Hasher::digest(&bytes).into()));
    }

    #[test]
    fn whatever_is_changed_breaks_the_chain() {
        let good = entry();
        assert!(AuditHead::START.is_followed_by(&good));
        let other = |change: fn(&mut AuditEntry)| {
            let mut entry = entry();
            change(&mut entry);
            entry
        };
        for changed in [
            other(|entry| entry.number = 2),
            other(|entry| entry.at = at(1_700_000_000_123_457)),
            other(|entry| entry.action = "user.unbanned".to_owned()),
            other(|entry| entry.actor_kind = "system".to_owned()),
            other(|entry| entry.actor_id = None),
            other(|entry| entry.target_kind = None),
            other(|entry| entry.target_id = Some(Uuid::from_u128(3))),
            other(|entry| entry.address = Some("127.0.0.2".to_owned())),
            other(|entry| entry.user_agent = None),
            other(|entry| entry.details = "{}".to_owned()),
            other(|entry| entry.previous_hash = Sha256([1; 32])),
            other(|entry| entry.hash = Sha256([1; 32])),
        ] {
            assert!(!AuditHead::START.is_followed_by(&changed), "{changed:?}");
        }
        assert!(!good.head().is_followed_by(&good));
    }
}
