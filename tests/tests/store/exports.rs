//! What there is about a user.

use std::sync::Arc;

use plaza_domain::{
    Blob, Emoji, File, FilePurpose, Member, Seq, Sha256, Store, UserId,
    repository::{Result, Stretch},
};

use super::{
    Outcome,
    builders::{at, file, given_members, given_messages, given_room, given_user, member, place, task, text},
};

pub(crate) async fn the_rooms_a_user_was_ever_in_are_found_in_pages(store: Arc<dyn Store>) -> Outcome {
    let (ada, bob) = (given_user(&store, "ada").await?, given_user(&store, "bob").await?);
    let (here, left, gone) =
        (given_room(&store, &ada).await?, given_room(&store, &bob).await?, given_room(&store, &ada).await?);
    given_room(&store, &bob).await?;
    given_members(&store, &[Member { left_at: Some(at(1)), ..member(&left, &ada) }]).await?;
    let mut work = store.begin().await?;
    work.rooms().delete(gone.id, at(1)).await?;
    work.commit().await?;
    let mut read = store.read().await?;
    let all = read.exports().rooms(ada.id, None, 50).await?;
    let ids: Vec<_> = all.iter().map(|(room, member)| (room.id, member.room_id)).collect();
    assert_eq!(ids, [(here.id, here.id), (left.id, left.id), (gone.id, gone.id)]);
    assert_eq!(all[0].0, here);
    assert!(all[1].1.left_at.is_some() && all[2].0.deleted_at.is_some());
    assert_eq!(read.exports().rooms(ada.id, None, 1).await?.len(), 1);
    assert_eq!(read.exports().rooms(ada.id, Some(here.id), 50).await?, all[1..]);
    Ok(())
}

pub(crate) async fn what_a_user_wrote_and_how_they_reacted_is_found_in_stretches(
    store: Arc<dyn Store>,
) -> Outcome {
    let (ada, bob) = (given_user(&store, "ada").await?, given_user(&store, "bob").await?);
    let (room, other) = (given_room(&store, &ada).await?, given_room(&store, &ada).await?);
    given_members(&store, &[member(&room, &bob)]).await?;
    let said = |seq| place(text("words"), &room, if seq % 2 == 0 { &bob } else { &ada }, seq);
    let messages: Vec<_> = (1..=6).map(said).collect();
    given_messages(&store, &messages).await?;
    given_messages(&store, &[place(text("elsewhere"), &other, &ada, 1)]).await?;
    let emoji = Emoji::from_stored("👍".to_owned());
    let mut work = store.begin().await?;
    for (message, user) in [(1, &ada), (3, &ada), (3, &bob), (5, &ada)] {
        work.reactions().insert(messages[message].id, user.id, &emoji, at(9)).await?;
    }
    work.commit().await?;
    let stretch =
        |after, through| Stretch { room_id: room.id, after: Seq::new(after), through: Seq::new(through) };
    let mut read = store.read().await?;
    let found = read.exports().messages(ada.id, stretch(0, 6)).await?;
    assert_eq!(found, [messages[0].clone(), messages[2].clone(), messages[4].clone()]);
    let found = read.exports().messages(ada.id, stretch(1, 4)).await?;
    assert_eq!(found, [messages[2].clone()]);
    let found = read.exports().reactions(ada.id, stretch(0, 6)).await?;
    let expected = [1, 3, 5].map(|index: usize| (messages[index].id, emoji.clone(), at(9)));
    assert_eq!(found, expected);
    assert_eq!(read.exports().reactions(ada.id, stretch(2, 5)).await?, expected[1..2]);
    Ok(())
}

async fn given_file(
    store: &Arc<dyn Store>,
    owner: UserId,
    purpose: FilePurpose,
    seconds: i64,
) -> Result<File> {
    let mut work = store.begin().await?;
    let owner =
        work.users().find(owner).await?.ok_or(plaza_domain::RepositoryError::NotFound { entity: "user" })?;
    let order = task("default");
    work.tasks().insert(&order).await?;
    let content = Sha256([7; 32]);
    let blob = Blob { sha256: content, storage_key: "a".to_owned(), size: 1, created_at: at(0) };
    work.blobs().acquire(&blob).await?;
    let stored = File { purpose, created_at: at(seconds), ..file(&owner, content, &order) };
    work.files().insert(&stored).await?;
    work.commit().await?;
    Ok(stored)
}

pub(crate) async fn archives_are_found_by_their_user_and_by_their_age(store: Arc<dyn Store>) -> Outcome {
    let (ada, bob) = (given_user(&store, "ada").await?, given_user(&store, "bob").await?);
    let young = given_file(&store, ada.id, FilePurpose::Export, 20).await?;
    let old = given_file(&store, bob.id, FilePurpose::Export, 10).await?;
    let deleted = given_file(&store, ada.id, FilePurpose::Export, 5).await?;
    given_file(&store, ada.id, FilePurpose::Attachment, 5).await?;
    let mut work = store.begin().await?;
    work.files().delete(deleted.id, at(6)).await?;
    work.commit().await?;
    let mut read = store.read().await?;
    assert_eq!(read.exports().archives_of(ada.id).await?, [young.id]);
    assert_eq!(read.exports().archives(at(20), 50).await?, [old.id]);
    assert_eq!(read.exports().archives(at(21), 50).await?, [old.id, young.id]);
    assert_eq!(read.exports().archives(at(21), 1).await?, [old.id]);
    Ok(())
}
