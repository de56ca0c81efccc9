//! Users and settings.

use std::sync::Arc;

use chrono::TimeDelta;
use plaza_domain::{
    DisplayName, Email, FileId, Locale, StatusText, Store, Suspension, SuspensionKind, SystemRole, TimeZone,
    User, Username, repository::Constraint,
};

use super::{
    Outcome,
    builders::{at, given_user, id, user},
    fixture::{assert_conflict, assert_not_found, race},
};

pub(crate) async fn a_user_is_found_by_id_email_and_username(store: Arc<dyn Store>) -> Outcome {
    let ada = given_user(&store, "ada").await?;
    given_user(&store, "bob").await?;
    let mut read = store.read().await?;
    assert_eq!(read.users().find(ada.id).await?.as_ref(), Some(&ada));
    assert_eq!(read.users().find_by_email(&ada.email).await?.as_ref(), Some(&ada));
    assert_eq!(read.users().find_by_username(&ada.username).await?.as_ref(), Some(&ada));
    let nobody = user("nobody");
    assert_eq!(read.users().find(nobody.id).await?, None);
    assert_eq!(read.users().find_by_email(&nobody.email).await?, None);
    assert_eq!(read.users().find_by_username(&nobody.username).await?, None);
    Ok(())
}

pub(crate) async fn an_email_and_a_username_are_taken_once(store: Arc<dyn Store>) -> Outcome {
    let ada = given_user(&store, "ada").await?;
    let bob = given_user(&store, "bob").await?;
    let cases = [
        (User { email: ada.email.clone(), ..user("eve") }, Constraint::UserEmail),
        (User { username: ada.username.clone(), ..user("eve") }, Constraint::UserUsername),
    ];
    for (taken, constraint) in cases {
        let mut work = store.begin().await?;
        assert_conflict(work.users().insert(&taken).await, constraint)?;
        drop(work);
        let renamed = User { id: bob.id, ..taken };
        let mut work = store.begin().await?;
        assert_conflict(work.users().update(&renamed).await, constraint)?;
    }
    assert_eq!(store.read().await?.users().find(bob.id).await?, Some(bob));
    Ok(())
}

pub(crate) async fn a_changed_user_is_stored(store: Arc<dyn Store>) -> Outcome {
    let ada = given_user(&store, "ada").await?;
    let changed = User {
        email: Email::from_stored("lovelace@example.org".to_owned()),
        username: Username::from_stored("lovelace".to_owned()),
        display_name: DisplayName::from_stored("Ada Lovelace".to_owned()),
        role: SystemRole::Admin,
        updated_at: at(5),
        status_text: StatusText::from_stored("At the mill".to_owned()),
        time_zone: TimeZone::from_stored("Europe/London".to_owned()),
        locale: Locale::from_stored("en-GB".to_owned()),
        email_verified_at: Some(at(6)),
        suspension: Some(Suspension {
            kind: SuspensionKind::Deactivated,
            since: at(5),
            until: Some(at(50)),
            reason: "Moved away.".to_owned(),
        }),
        erase_at: Some(at(7)),
        erased_at: Some(at(8)),
        avatar_file_id: Some(FileId::new(id())),
        ..ada
    };
    let mut work = store.begin().await?;
    work.users().update(&changed).await?;
    assert_not_found(work.users().update(&user("nobody")).await)?;
    work.commit().await?;
    assert_eq!(store.read().await?.users().find(changed.id).await?, Some(changed));
    Ok(())
}

pub(crate) async fn times_keep_their_microseconds(store: Arc<dyn Store>) -> Outcome {
    for (number, micros) in [0, 1, 10, 1_000, 120_000, 999_999].into_iter().enumerate() {
        let time = at(0) - TimeDelta::microseconds(123_456) + TimeDelta::microseconds(micros);
        let ada = User { created_at: time, email_verified_at: Some(time), ..user(&format!("ada{number}")) };
        let mut work = store.begin().await?;
        work.users().insert(&ada).await?;
        work.commit().await?;
        assert_eq!(store.read().await?.users().find(ada.id).await?, Some(ada));
    }
    Ok(())
}

pub(crate) async fn of_racing_claims_of_a_setting_one_wins(store: Arc<dyn Store>) -> Outcome {
    let won = race(10, |number| {
        let store = Arc::clone(&store);
        async move {
            let mut work = store.begin().await?;
            let won = work.settings().claim("admin", &number.to_string()).await?;
            work.commit().await?;
            Ok(won)
        }
    });
    assert_eq!(won.await?, 1);
    Ok(())
}

pub(crate) async fn a_setting_whose_claim_was_rolled_back_is_free(store: Arc<dyn Store>) -> Outcome {
    let mut work = store.begin().await?;
    assert!(work.settings().claim("admin", "ada").await?);
    drop(work);
    let mut work = store.begin().await?;
    assert!(work.settings().claim("admin", "bob").await?);
    assert!(!work.settings().claim("admin", "eve").await?);
    work.commit().await?;
    Ok(())
}

pub(crate) async fn a_locked_user_is_changed_by_one_after_the_other(store: Arc<dyn Store>) -> Outcome {
    let ada = given_user(&store, "ada").await?;
    let changed = race(10, |_| {
        let (store, id) = (Arc::clone(&store), ada.id);
        async move {
            let mut work = store.begin().await?;
            let Some(user) = work.users().lock(id).await? else { return Ok(false) };
            let updated_at = user.updated_at + TimeDelta::seconds(1);
            work.users().update(&User { updated_at, ..user }).await?;
            work.commit().await?;
            Ok(true)
        }
    });
    assert_eq!(changed.await?, 10);
    let found = store.read().await?.users().find(ada.id).await?;
    assert_eq!(found.map(|user| user.updated_at), Some(ada.updated_at + TimeDelta::seconds(10)));
    Ok(())
}
