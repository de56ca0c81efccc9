//! Opaque cursors of lists: clients hand them back and need not know what is inside.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use plaza_application::{DEFAULT_PAGE, PageRequest};
use uuid::Uuid;

use crate::problem::{ApiError, FieldErrorView};

/// The cursor that leads to what follows the entry with this id.
pub(crate) fn encode(id: Uuid) -> String {
    encode_key(id.as_bytes())
}

/// The same for entries that are told apart by something else.
pub(crate) fn encode_key(key: &[u8]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(key)
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

#[cfg(test)]
mod tests {
    use plaza_domain::RoomId;

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
}
