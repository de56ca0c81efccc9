//! Which handles accounts had.

use std::sync::Arc;

use plaza_domain::{Store, User, Username, UsernameChange, UsernameChangeId, repository::Constraint};

use super::{
    Outcome,
    builders::{at, given_user, id, user},
    fixture::{assert_conflict, race},
};

/// That the user's handle became `name`, so many seconds after the beginning.
fn change(user: &User, name: &str, seconds: i64) -> UsernameChange {
    UsernameChange {
        id: UsernameChangeId::new(id()),
        user_id: user.id,
        old_username: user.username.clone(),
        new_username: Username::from_stored(name.to_owned()),
        changed_at: at(seconds),
    }
}

async fn given_changes(store: &Arc<dyn Store>, changes: &[UsernameChange]) -> Outcome {
    let mut work = store.begin().await?;
    for change in changes {
        work.username_changes().insert(change).await?;
    }
    Ok(work.commit().await?)
}

pub(crate) async fn changes_of_a_handle_are_listed_newest_first_in_pages(store: Arc<dyn Store>) -> Outcome {
    let (ada, bob) = (given_user(&store, "ada").await?, given_user(&store, "bob").await?);
    let first = change(&ada, "ada.l", 1);
    let renamed = User { username: first.new_username.clone(), ..ada.clone() };
    let second = change(&renamed, "lovelace", 2);
    given_changes(&store, &[first.clone(), change(&bob, "bobby", 2), second.clone()]).await?;
    let first_id = first.id;
    let mut read = store.read().await?;
    assert_eq!(read.username_changes().list(ada.id, None, 50).await?, [second.clone(), first.clone()]);
    assert_eq!(read.username_changes().list(ada.id, None, 1).await?, std::slice::from_ref(&second));
    assert_eq!(read.username_changes().list(ada.id, Some(second.id), 50).await?, [first]);
    assert_eq!(read.username_changes().list(ada.id, Some(first_id), 50).await?, []);
    Ok(())
}

pub(crate) async fn a_handle_that_was_given_up_is_kept_for_who_had_it(store: Arc<dyn Store>) -> Outcome {
    let (ada, bob) = (given_user(&store, "ada").await?, given_user(&store, "bob").await?);
    given_changes(&store, &[change(&ada, "lovelace", 10)]).await?;
    let mut work = store.begin().await?;
    let again = change(&User { id: bob.id, ..ada.clone() }, "bob", 10);
    assert_conflict(work.username_changes().insert(&again).await, Constraint::Other)?;
    drop(work);

    let mut work = store.begin().await?;
    assert!(!work.username_changes().claim(&ada.username, bob.id, at(10)).await?);
    assert!(work.username_changes().claim(&ada.username, bob.id, at(11)).await?, "its time is over");
    drop(work);
    let mut work = store.begin().await?;
    assert!(work.username_changes().claim(&bob.username, ada.id, at(0)).await?, "nobody gave it up");
    assert!(work.username_changes().claim(&ada.username, ada.id, at(0)).await?, "it is theirs");
    assert!(work.username_changes().claim(&ada.username, bob.id, at(0)).await?, "it is kept no more");
    work.commit().await?;
    assert_eq!(store.read().await?.username_changes().list(ada.id, None, 50).await?.len(), 1);
    Ok(())
}

pub(crate) async fn a_handle_is_not_caught_while_it_is_given_up(store: Arc<dyn Store>) -> Outcome {
    let ada = given_user(&store, "ada").await?;
    let caught = race(10, |racer| {
        let (store, ada) = (Arc::clone(&store), ada.clone());
        async move {
            let mut work = store.begin().await?;
            if racer == 0 {
                let gone = change(&ada, "lovelace", 1);
                work.users().update(&User { username: gone.new_username.clone(), ..ada }).await?;
                work.username_changes().insert(&gone).await?;
                work.commit().await?;
                return Ok(false);
            }
            let eve = User { username: ada.username.clone(), ..user(&format!("eve{racer}")) };
            if work.users().insert(&eve).await.is_err()
                || !work.username_changes().claim(&eve.username, eve.id, at(0)).await?
            {
                return Ok(false);
            }
            work.commit().await?;
            Ok(true)
        }
    });
    assert_eq!(caught.await?, 0);
    assert_eq!(store.read().await?.users().find_by_username(&ada.username).await?, None);
    Ok(())
}
