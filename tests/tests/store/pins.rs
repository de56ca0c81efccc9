//! Pinned messages.

use std::sync::Arc;

use plaza_domain::{Pin, RoomId, SentMessage, Store, Version};

use super::{
    Outcome,
    builders::{at, id},
    messages::given_talk,
};

pub(crate) async fn pinned_messages_are_listed_with_the_newest_pin_first(store: Arc<dyn Store>) -> Outcome {
    let (ada, room, talk) = given_talk(&store).await?;
    assert_eq!(store.read().await?.pins().count(room.id).await?, 0);
    let mut pinned: Vec<SentMessage> = Vec::new();
    let mut work = store.begin().await?;
    // The last two at the same moment: the later message comes first.
    for (place, second) in [(6, 20), (2, 21), (4, 22), (8, 22)] {
        let mut sent = talk[place].clone();
        sent.message.pinned = Some(Pin { at: at(second), by: ada.id });
        sent.message.version = Version::new(100 + i64::try_from(place)?);
        work.messages().update(&sent.message).await?;
        pinned.insert(0, sent);
    }
    work.commit().await?;
    let mut read = store.read().await?;
    assert_eq!(read.pins().list(room.id, 50).await?, pinned);
    assert_eq!(read.pins().list(room.id, 2).await?, pinned[..2]);
    assert_eq!(read.pins().count(room.id).await?, 4);
    assert_eq!(read.pins().count(RoomId::new(id())).await?, 0);

    let mut unpinned = pinned.remove(1).message;
    unpinned.pinned = None;
    let mut work = store.begin().await?;
    work.messages().update(&unpinned).await?;
    work.commit().await?;
    assert_eq!(store.read().await?.pins().list(room.id, 50).await?, pinned);
    Ok(())
}
