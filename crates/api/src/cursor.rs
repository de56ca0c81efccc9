//! Opaque cursors of lists: clients hand them back and need not know what is inside.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use chrono::DateTime;
use plaza_application::{DEFAULT_PAGE, PageRequest};
use plaza_domain::{Activity, Timestamp};
use uuid::Uuid;

use crate::problem::{ApiError, FieldErrorView};

/// How many bytes an id has.
const ID: usize = 16;

/// The cursor that leads to what follows the entry with this id.
pub(crate) fn encode(id: Uuid) -> String {
    encode_key(id.as_bytes())
}

/// The same for entries that are told apart by something else.
pub(crate) fn encode_key(key: &[u8]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(key)
}

/// The cursor that leads to rooms that were active before.
pub(crate) fn encode_activity(Activity { at, room_id }: Activity) -> String {
    let moment = at.timestamp_micros().to_be_bytes();
    encode_key(&[room_id.uuid().as_bytes().as_slice(), &moment].concat())
}

/// Which part of a list is asked for.
///
/// # Errors
/// When the cursor is none of ours.
pub(crate) fn page<Id: From<Uuid>>(
    cursor: Option<&str>,
    limit: Option<u64>,
) -> Result<PageRequest<Id>, ApiError> {
    page_by(cursor, limit, |key| Uuid::from_slice(key).ok().map(Id::from))
}

/// The same for entries that are told apart by something else, which `parse` reads.
///
/// # Errors
/// When the cursor is none of ours.
pub(crate) fn page_by<K>(
    cursor: Option<&str>,
    limit: Option<u64>,
    parse: impl FnOnce(&[u8]) -> Option<K>,
) -> Result<PageRequest<K>, ApiError> {
    let decode = |text| {
        let key = BASE64_URL_SAFE_NO_PAD.decode(text).ok();
        key.and_then(|key| parse(&key)).ok_or_else(|| {
            let must = "must be the next_cursor of an earlier answer";
            ApiError::invalid(vec![FieldErrorView::new("cursor", must)])
        })
    };
    Ok(PageRequest::new(cursor.map(decode).transpose()?, limit.unwrap_or(DEFAULT_PAGE)))
}

/// Which part of the list of rooms by activity is asked for.
///
/// # Errors
/// When the cursor is none of that list.
pub(crate) fn activity_page(
    cursor: Option<&str>,
    limit: Option<u64>,
) -> Result<PageRequest<Activity>, ApiError> {
    page_by(cursor, limit, activity)
}

fn activity(bytes: &[u8]) -> Option<Activity> {
    let (id, moment) = bytes.split_at_checked(ID)?;
    let at = DateTime::from_timestamp_micros(i64::from_be_bytes(moment.try_into().ok()?))?;
    // Of made up moments, some are earlier than a database can think of.
    let at = Some(at).filter(|at| *at >= DateTime::UNIX_EPOCH)?;
    Some(Activity { at, room_id: Uuid::from_slice(id).ok()?.into() })
}

/// The cursor that leads to what follows the entry with this time and id, in a list that is sorted by both.
pub(crate) fn encode_timed(at: Timestamp, id: Uuid) -> String {
    let mut key = at.timestamp_micros().to_be_bytes().to_vec();
    key.extend_from_slice(id.as_bytes());
    encode_key(&key)
}

/// Which part of a list that is sorted by time and id is asked for.
///
/// # Errors
/// When the cursor is none of ours.
pub(crate) fn timed_page<Position: From<(Timestamp, Uuid)>>(
    cursor: Option<&str>,
    limit: Option<u64>,
) -> Result<PageRequest<Position>, ApiError> {
    page_by(cursor, limit, |key| {
        let (micros, id) = key.split_first_chunk()?;
        let at = Timestamp::from_timestamp_micros(i64::from_be_bytes(*micros))?;
        let at = Some(at).filter(|at| *at >= DateTime::UNIX_EPOCH)?;
        Some((at, Uuid::from_slice(id).ok()?).into())
    })
}

#[cfg(test)]
mod tests {
    use plaza_domain::{RoomId, ThreadPosition};

    use super::*;

    #[test]
    fn a_cursor_leads_back_to_its_entry_and_anything_else_is_refused() {
        let id = Uuid::from_u128(42);
        let request = page::<RoomId>(Some(&encode(id)), None).map(|page| page.cursor);
        assert_eq!(request.ok(), Some(Some(RoomId::new(id))));
        for text in ["", "x", "!!", "AAAA"] {
            assert!(page::<RoomId>(Some(text), None).is_err(), "{text:?} was accepted");
        }
    }

    #[test]
    fn a_place_among_rooms_leads_back_to_it_and_only_there() -> Result<(), Box<dyn std::error::Error>> {
        let at = "2026-11-21T08:00:00.123456Z".parse()?;
        let place = Activity { at, room_id: RoomId::new(Uuid::from_u128(42)) };
        let cursor = encode_activity(place);
        assert_eq!(activity_page(Some(&cursor), None).ok().and_then(|page| page.cursor), Some(place));
        assert!(page::<RoomId>(Some(&cursor), None).is_err());
        for text in ["", "AAAA", &encode(Uuid::from_u128(42)), &format!("{cursor}AA")] {
            assert!(activity_page(Some(text), None).is_err(), "{text:?} was accepted");
        }
        Ok(())
    }

    #[test]
    fn a_timed_cursor_leads_back_to_its_entry_and_anything_else_is_refused() {
        let place =
            Timestamp::from_timestamp_micros(1_795_248_000_123_456).map(|at| (at, Uuid::from_u128(42)));
        let text = place.map(|(at, id)| encode_timed(at, id)).unwrap_or_default();
        let request = timed_page::<ThreadPosition>(Some(&text), None).map(|page| page.cursor);
        assert_eq!(request.ok(), Some(place.map(ThreadPosition::from)));
        for text in ["", "x", "AAAA", &encode(Uuid::from_u128(42)), &format!("{text}AAAA")] {
            assert!(timed_page::<ThreadPosition>(Some(text), None).is_err(), "{text:?} was accepted");
        }
    }
}
