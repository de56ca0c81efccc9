//! Where new messages go when nothing else is stored with them: to the end of their rooms, in the order they have.

use std::collections::{BTreeMap, HashMap};

use super::{Advance, Counters, Result, Store};
use crate::{Message, NewMessage, RoomEpoch, RoomId};

/// [`Store::append`] by the repositories of one transaction.
///
/// # Errors
/// As there.
pub async fn in_transaction<S: Store + ?Sized>(store: &S, messages: Vec<NewMessage>) -> Result<Vec<Message>> {
    if messages.is_empty() {
        return Ok(Vec::new());
    }
    let mut work = store.begin().await?;
    let raised = work.rooms().advance_many(&advances(&messages)).await?;
    let messages = placed(messages, &raised);
    work.messages().insert(&messages).await?;
    work.commit().await?;
    Ok(messages)
}

/// For how much their rooms have to make place, each room once: a message is also a change. Of several epochs of a room
/// the earliest counts: then some were looked up before it changed.
pub fn advances(messages: &[NewMessage]) -> Vec<Advance> {
    let mut rooms: BTreeMap<RoomId, (i64, RoomEpoch)> = BTreeMap::new();
    for message in messages {
        let (count, epoch) = rooms.entry(message.room_id).or_insert((0, message.epoch));
        *count += 1;
        *epoch = message.epoch.min(*epoch);
    }
    let advance =
        |(room_id, (count, epoch))| Advance { epoch: Some(epoch), ..Advance::new(room_id, count, count) };
    rooms.into_iter().map(advance).collect()
}

/// How many messages of the same room come after each.
pub fn followers(messages: &[NewMessage]) -> Vec<i64> {
    let mut counts: HashMap<RoomId, i64> = HashMap::new();
    let mut followers: Vec<i64> = messages
        .iter()
        .rev()
        .map(|message| {
            let count = counts.entry(message.room_id).or_default();
            *count += 1;
            *count - 1
        })
        .collect();
    followers.reverse();
    followers
}

/// Gives messages their places, by what their rooms' counters were raised to. Messages of other rooms are left out.
pub fn placed(messages: Vec<NewMessage>, raised: &[(RoomId, Counters)]) -> Vec<Message> {
    let raised: HashMap<RoomId, Counters> = raised.iter().copied().collect();
    let followers = followers(&messages);
    let place = |(message, back): (NewMessage, i64)| {
        let Counters { last_seq, version } = raised.get(&message.room_id)?;
        Some(message.place(last_seq.back(back), version.back(back)))
    };
    messages.into_iter().zip(followers).filter_map(place).collect()
}
