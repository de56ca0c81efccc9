//! Transactions.

use std::sync::Arc;

use plaza_domain::{RoomId, Store, repository::Constraint};

use super::{
    Outcome,
    builders::{given_user, id, member, room, user},
    fixture::assert_conflict,
};

pub(crate) async fn what_is_dropped_was_never_written(store: Arc<dyn Store>) -> Outcome {
    let ada = user("ada");
    let mut work = store.begin().await?;
    work.users().insert(&ada).await?;
    drop(work);
    assert_eq!(store.read().await?.users().find(ada.id).await?, None);
    // Nothing is left that would stop the next one.
    let mut work = store.begin().await?;
    work.users().insert(&ada).await?;
    work.commit().await?;
    assert_eq!(store.read().await?.users().find(ada.id).await?, Some(ada));
    Ok(())
}

pub(crate) async fn others_see_a_write_when_it_is_committed_and_not_before(store: Arc<dyn Store>) -> Outcome {
    let ada = user("ada");
    let mut reader = store.read().await?;
    let mut work = store.begin().await?;
    work.users().insert(&ada).await?;
    assert_eq!(work.users().find(ada.id).await?, Some(ada.clone()));
    assert_eq!(reader.users().find(ada.id).await?, None);
    work.commit().await?;
    assert_eq!(reader.users().find(ada.id).await?, Some(ada));
    Ok(())
}

pub(crate) async fn what_refers_to_nothing_is_refused(store: Arc<dyn Store>) -> Outcome {
    let ada = given_user(&store, "ada").await?;
    let mut orphan = member(&room(&ada), &ada);
    orphan.room_id = RoomId::new(id());
    let mut work = store.begin().await?;
    assert_conflict(work.members().save(&orphan).await, Constraint::ForeignKey)
}

pub(crate) async fn a_store_that_works_answers_a_ping(store: Arc<dyn Store>) -> Outcome {
    Ok(store.ping().await?)
}
