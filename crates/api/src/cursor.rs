//! Opaque cursors of lists: clients hand them back and need not know what is inside.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use plaza_application::{DEFAULT_PAGE, PageRequest};
use uuid::Uuid;

use crate::problem::{ApiError, FieldErrorView};

/// The cursor that leads to what follows the entry with this id.
pub(crate) fn encode(id: Uuid) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(id.as_bytes())
}

/// Which part of a list is asked for.
///
/// # Errors
/// When the cursor is none of ours.
pub(crate) fn page<Id: From<Uuid>>(
    cursor: Option<&str>,
    limit: Option<u64>,
) -> Result<PageRequest<Id>, ApiError> {
    let cursor = cursor.map(decode).transpose()?;
    Ok(PageRequest::new(cursor.map(Id::from), limit.unwrap_or(DEFAULT_PAGE)))
}

fn decode(text: &str) -> Result<Uuid, ApiError> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).ok();
    bytes.and_then(|bytes| Uuid::from_slice(&bytes).ok()).ok_or_else(|| {
        ApiError::invalid(vec![FieldErrorView::new("cursor", "must be the next_cursor of an earlier answer")])
    })
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
