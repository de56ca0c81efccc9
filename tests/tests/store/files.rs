//! Uploads and variants.

use std::sync::Arc;

use plaza_domain::repository::Result;
use plaza_domain::{
    Content, File, FileFailure, FileId, FileStatus, FileText, MAX_FILE_TEXT, Member, MessageDraft, ScanState,
    Sha256, Store, User, Variant, VariantName, Version,
};

use super::{
    Outcome,
    blobs::blob,
    builders::{at, file, given_members, given_messages, given_room, given_user, id, member, place, task},
    fixture::assert_not_found,
};

pub(crate) const CONTENT: Sha256 = Sha256([0xab; 32]);

/// An upload stored as the service does it: the file first, the task that processes it in the same transaction.
pub(crate) async fn given_file(store: &Arc<dyn Store>, owner: &User) -> Result<File> {
    let task = task("media");
    let file = file(owner, CONTENT, &task);
    let mut work = store.begin().await?;
    work.blobs().acquire(&blob("key")).await?;
    work.files().insert(&file).await?;
    work.tasks().insert(&task).await?;
    work.commit().await?;
    Ok(file)
}

pub(crate) async fn a_file_is_stored_and_updated(store: Arc<dyn Store>) -> Outcome {
    let ada = given_user(&store, "ada").await?;
    let stored = given_file(&store, &ada).await?;
    let other = given_file(&store, &ada).await?;
    let changed = File {
        status: FileStatus::Failed,
        failure: Some(FileFailure::TooManyPixels),
        width: Some(u32::MAX),
        height: Some(2),
        page_count: Some(3),
        blur_hash: Some("LEHV6nWB2yk8pyo0adR*.7kCMdnj".to_owned()),
        dominant_color: Some(0x00ff_ffff),
        is_animated: true,
        scan: ScanState::Clean,
        updated_at: at(9),
        ..stored.clone()
    };
    let mut work = store.begin().await?;
    work.files().update(&changed).await?;
    assert_not_found(work.files().update(&File { id: FileId::new(id()), ..stored }).await)?;
    work.commit().await?;
    let mut read = store.read().await?;
    assert_eq!(read.files().find(changed.id).await?.as_ref(), Some(&changed));
    let mut found = read.files().find_many(&[other.id, FileId::new(id()), changed.id]).await?;
    found.sort_by_key(|file| file.id);
    assert_eq!(found, [changed, other]);
    assert_eq!(read.files().find_many(&[]).await?, []);
    Ok(())
}

pub(crate) async fn a_variant_takes_the_place_of_its_predecessor(store: Arc<dyn Store>) -> Outcome {
    let ada = given_user(&store, "ada").await?;
    let file = given_file(&store, &ada).await?;
    let thumbnail = Variant {
        file_id: file.id,
        name: VariantName::Thumbnail,
        media_type: "image/webp".to_owned(),
        width: 256,
        height: 100,
        size: 9_000,
        sha256: CONTENT,
    };
    let preview = Variant { name: VariantName::Preview, width: 1280, ..thumbnail.clone() };
    let better = Variant { media_type: "image/jpeg".to_owned(), height: 99, size: 1, ..thumbnail.clone() };
    let mut work = store.begin().await?;
    for variant in [&thumbnail, &preview, &better] {
        work.files().save_variant(variant).await?;
    }
    work.commit().await?;
    let mut read = store.read().await?;
    assert_eq!(read.files().variants(file.id).await?, [preview, better.clone()]);
    assert_eq!(read.files().find_variant(file.id, VariantName::Thumbnail).await?, Some(better));
    assert_eq!(read.files().find_variant(FileId::new(id()), VariantName::Thumbnail).await?, None);
    Ok(())
}

pub(crate) async fn the_words_of_a_file_take_the_place_of_older_ones(store: Arc<dyn Store>) -> Outcome {
    let ada = given_user(&store, "ada").await?;
    let file = given_file(&store, &ada).await?;
    let other = given_file(&store, &ada).await?;
    let long = FileText { file_id: file.id, content: "ü".repeat(MAX_FILE_TEXT / 2), is_truncated: true };
    let short =
        FileText { content: "Whereas recognition…\t1\n".to_owned(), is_truncated: false, ..long.clone() };
    for text in [&long, &short] {
        let mut work = store.begin().await?;
        work.files().save_text(text).await?;
        work.commit().await?;
        assert_eq!(store.read().await?.files().find_text(file.id).await?.as_ref(), Some(text));
    }
    assert_eq!(store.read().await?.files().find_text(other.id).await?, None);
    Ok(())
}

pub(crate) async fn a_deleted_file_is_found_only_by_who_locks_it(store: Arc<dyn Store>) -> Outcome {
    let ada = given_user(&store, "ada").await?;
    let file = given_file(&store, &ada).await?;
    let thumbnail = Variant {
        file_id: file.id,
        name: VariantName::Thumbnail,
        media_type: "image/webp".to_owned(),
        width: 256,
        height: 100,
        size: 9_000,
        sha256: CONTENT,
    };
    let mut work = store.begin().await?;
    work.files().save_variant(&thumbnail).await?;
    let text = FileText { file_id: file.id, content: "words".to_owned(), is_truncated: false };
    work.files().save_text(&text).await?;
    work.files().delete(file.id, at(5)).await?;
    work.commit().await?;

    let mut work = store.begin().await?;
    assert_eq!(work.files().find(file.id).await?, None);
    assert_eq!(work.files().find_many(&[file.id]).await?, []);
    assert_eq!(work.files().variants(file.id).await?, []);
    assert_eq!(work.files().find_text(file.id).await?, None);
    let deleted = File { deleted_at: Some(at(5)), ..file.clone() };
    assert_eq!(work.files().lock(file.id).await?, Some(deleted));
    assert_not_found(work.files().update(&file).await)?;
    assert_not_found(work.files().delete(file.id, at(6)).await)?;
    Ok(())
}

pub(crate) async fn a_file_is_shared_while_a_message_shows_it(store: Arc<dyn Store>) -> Outcome {
    let (ada, bob) = (given_user(&store, "ada").await?, given_user(&store, "bob").await?);
    let room = given_room(&store, &ada).await?;
    let file = given_file(&store, &ada).await?;
    let shared = async |user: &User| store.read().await?.files().is_shared_with(file.id, user.id).await;
    let mut here = member(&room, &bob);
    given_members(&store, &[here.clone()]).await?;
    assert!(!shared(&bob).await?, "before it was posted");

    let show = || MessageDraft::file(file.id, Content::from_stored(String::new()));
    let mut message = place(show(), &room, &ada, 1);
    given_messages(&store, &[message.clone()]).await?;
    assert!(shared(&bob).await?, "posted in his room");
    assert!(!shared(&given_user(&store, "eve").await?).await?, "to a stranger");

    here.left_at = Some(at(1));
    given_members(&store, &[here.clone()]).await?;
    assert!(!shared(&bob).await?, "after he left");
    given_members(&store, &[Member { left_at: None, ..here }]).await?;

    message.delete(Version::new(2), at(2));
    let mut work = store.begin().await?;
    work.messages().update(&message).await?;
    work.commit().await?;
    assert!(!shared(&bob).await?, "after the message was deleted");

    given_messages(&store, &[place(show(), &room, &ada, 2)]).await?;
    assert!(shared(&bob).await?, "posted again");
    let mut work = store.begin().await?;
    work.rooms().delete(room.id, at(3)).await?;
    work.commit().await?;
    assert!(!shared(&bob).await?, "after the room was deleted");
    Ok(())
}
