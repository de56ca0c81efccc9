//! What messages said before they were edited.

use std::sync::Arc;

use plaza_domain::repository::{Constraint, Result};
use plaza_domain::{Content, MessageEdit, MessageId, Store, Version};

use super::{
    Outcome,
    builders::{at, id},
    fixture::assert_conflict,
    messages::given_talk,
};

fn edit(message_id: MessageId, version: i64) -> MessageEdit {
    MessageEdit {
        message_id,
        version: Version::new(version),
        content: Content::from_stored(format!("draft {version} ✎")),
        replaced_at: at(version),
    }
}

/// Edits of two messages; those of the second must never show up.
async fn given_edits(store: &Arc<dyn Store>) -> Result<(MessageId, Vec<MessageEdit>)> {
    let (_, _, talk) = given_talk(store).await?;
    let (message, other) = (talk[0].message.id, talk[1].message.id);
    let edits: Vec<MessageEdit> = (1..=7).map(|version| edit(message, version)).collect();
    let mut work = store.begin().await?;
    for version in 1..=3 {
        work.edits().insert(&edit(other, version)).await?;
    }
    for edit in &edits {
        work.edits().insert(edit).await?;
    }
    work.commit().await?;
    Ok((message, edits))
}

pub(crate) async fn edits_are_kept_until_they_are_deleted(store: Arc<dyn Store>) -> Outcome {
    let (message, edits) = given_edits(&store).await?;
    let mut work = store.begin().await?;
    assert_conflict(work.edits().insert(&edits[0]).await, Constraint::Other)?;
    drop(work);
    let mut work = store.begin().await?;
    work.messages().forget(message).await?;
    work.commit().await?;
    assert_eq!(store.read().await?.edits().list(message, None, 9).await?, []);
    Ok(())
}

pub(crate) async fn edits_are_listed_newest_first_in_pages(store: Arc<dyn Store>) -> Outcome {
    let (message, mut edits) = given_edits(&store).await?;
    edits.reverse();
    let mut read = store.read().await?;
    assert_eq!(read.edits().list(message, None, 100).await?, edits);
    assert_eq!(read.edits().list(message, None, 2).await?, edits[..2]);
    assert_eq!(read.edits().list(message, Some(edits[1].version), 3).await?, edits[2..5]);
    assert_eq!(read.edits().list(message, Some(edits[6].version), 3).await?, []);
    assert_eq!(read.edits().list(MessageId::new(id()), None, 3).await?, []);
    Ok(())
}

pub(crate) async fn all_but_the_newest_edits_are_forgotten(store: Arc<dyn Store>) -> Outcome {
    let (message, mut edits) = given_edits(&store).await?;
    edits.reverse();
    for (keep, left) in [(8, 7), (7, 7), (4, 4), (0, 0)] {
        let mut work = store.begin().await?;
        work.edits().trim(message, keep).await?;
        work.commit().await?;
        let kept = store.read().await?.edits().list(message, None, 100).await?;
        assert_eq!(kept, edits[..left], "of those that were there {keep} are kept");
    }
    Ok(())
}
