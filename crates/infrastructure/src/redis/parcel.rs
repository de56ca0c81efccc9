//! What is sent through the bus's channel: the instance that sends it, and events.
//!
//! The instance is 16 bytes, so that what an instance hears of itself is dropped unread. Events follow as JSON, a line
//! each; `null` stands where events of that instance were lost.

use std::sync::Arc;

use plaza_application::{events::Event, ports::Delivery};
use uuid::Uuid;

/// How long a parcel may be before the next event begins another, in bytes.
const LENGTH: usize = 256 * 1024;
const LINE_END: u8 = b'\n';

/// Packs events of `origin` in their order; a gap is `None`.
pub(super) fn pack(
    origin: Uuid,
    events: impl Iterator<Item = Option<Arc<Event>>>,
) -> Result<Vec<Vec<u8>>, serde_json::Error> {
    let mut parcels: Vec<Vec<u8>> = Vec::new();
    for event in events {
        let mut parcel =
            parcels.pop_if(|parcel| parcel.len() < LENGTH).unwrap_or_else(|| origin.as_bytes().to_vec());
        if parcel.len() > origin.as_bytes().len() {
            parcel.push(LINE_END);
        }
        serde_json::to_writer(&mut parcel, &event)?;
        parcels.push(parcel);
    }
    Ok(parcels)
}

/// What a parcel brings to the instance `own`.
pub(super) fn unpack(own: Uuid, parcel: &[u8]) -> impl Iterator<Item = Delivery> {
    let (origin, events) = parcel.split_at_checked(own.as_bytes().len()).unwrap_or((&[], parcel));
    let lines = (origin != own.as_bytes()).then(|| events.split(is_line_end));
    lines.into_iter().flatten().map(|line| match serde_json::from_slice(line) {
        Ok(Some(event)) => Delivery::Event(event),
        // An instance of another version may send what this one does not know: the database has it.
        Ok(None) | Err(_) => Delivery::Gap,
    })
}

fn is_line_end(byte: &u8) -> bool {
    *byte == LINE_END
}

#[cfg(test)]
mod tests {
    use plaza_application::events::UserEvent;
    use plaza_domain::{SessionId, UserId};

    use super::*;

    const HERE: Uuid = Uuid::from_u128(1);
    const THERE: Uuid = Uuid::from_u128(2);

    fn event(number: u128) -> Arc<Event> {
        let session_id = SessionId::from(Uuid::from_u128(number));
        Arc::new(Event::User(UserEvent::SessionEnded { user_id: UserId::from(HERE), session_id }))
    }

    fn unpacked(own: Uuid, parcels: &[Vec<u8>]) -> Vec<Option<Arc<Event>>> {
        let deliveries = parcels.iter().flat_map(|parcel| unpack(own, parcel));
        deliveries
            .map(|delivery| match delivery {
                Delivery::Event(event) => Some(event),
                Delivery::Gap => None,
            })
            .collect()
    }

    #[test]
    fn events_and_gaps_arrive_in_their_order_and_only_elsewhere() -> Result<(), serde_json::Error> {
        let events = vec![None, Some(event(1)), Some(event(2))];
        let parcels = pack(HERE, events.clone().into_iter())?;
        assert_eq!(parcels.len(), 1);
        assert_eq!(unpacked(THERE, &parcels), events);
        assert_eq!(unpacked(HERE, &parcels), Vec::new());
        Ok(())
    }

    #[test]
    fn many_events_are_several_parcels() -> Result<(), serde_json::Error> {
        let events: Vec<_> = (0..5_000).map(|number| Some(event(number))).collect();
        let parcels = pack(HERE, events.clone().into_iter())?;
        assert!(parcels.len() > 1);
        assert!(parcels.iter().all(|parcel| parcel.len() < LENGTH + 1_024));
        assert_eq!(unpacked(THERE, &parcels), events);
        Ok(())
    }

    #[test]
    fn what_is_not_understood_is_a_gap() {
        for parcel in [&b""[..], b"?", br#"{"origin":"00000000-0000-0000-0000-000000000001","event":null}"#] {
            assert_eq!(unpacked(HERE, &[parcel.to_vec()]), [None]);
        }
    }
}
