//! Users and settings.

use std::sync::Arc;

use chrono::TimeDelta;
use plaza_domain::{
    DisplayName, Email, FileId, Locale, StatusText, Store, Suspension, SuspensionKind, SystemRole, TimeZone,
    User, UserId, Username,
    repository::{Constraint, UserFilter},
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

pub(crate) async fn accounts_are_listed_newest_first_by_what_they_are(store: Arc<dyn Store>) -> Outcome {
    let ada = User { role: SystemRole::Admin, ..user("ada") };
    let name = DisplayName::from_stored("Élan".to_owned());
    let bob = User { suspension: Some(Suspension::ban(at(1))), display_name: name, ..user("bob") };
    let adam = User { display_name: DisplayName::from_stored("Zed".to_owned()), ..user("adam") };
    let mut work = store.begin().await?;
    for user in [&ada, &bob, &adam] {
        work.users().insert(user).await?;
    }
    work.commit().await?;
    let list =
        async |filter: UserFilter, before, limit| -> Result<Vec<UserId>, plaza_domain::RepositoryError> {
            let users = store.read().await?.users().list(&filter, before, limit).await?;
            Ok(users.iter().map(|user| user.id).collect())
        };
    let all = UserFilter::default;
    let search = |text: &str| UserFilter { search: Some(text.to_owned()), ..all() };
    assert_eq!(list(all(), None, 10).await?, [adam.id, bob.id, ada.id]);
    assert_eq!(list(all(), None, 2).await?, [adam.id, bob.id]);
    assert_eq!(list(all(), Some(bob.id), 2).await?, [ada.id]);
    assert_eq!(list(search("ada"), None, 10).await?, [adam.id, ada.id]);
    assert_eq!(list(search("adam"), None, 10).await?, [adam.id]);
    assert_eq!(list(search("zed"), None, 10).await?, [adam.id]);
    assert_eq!(list(search("bob@exa"), None, 10).await?, [bob.id]);
    for (text, found) in [("BOB@Exa", vec![bob.id]), ("ADA", vec![adam.id, ada.id]), ("ÉLan", vec![bob.id])]
    {
        assert_eq!(list(search(text), None, 10).await?, found, "{text}");
    }
    for nothing in ["da", "a%", "_da", "ob@"] {
        assert_eq!(list(search(nothing), None, 10).await?, [], "{nothing}");
    }
    assert_eq!(list(UserFilter { role: Some(SystemRole::Admin), ..all() }, None, 10).await?, [ada.id]);
    assert_eq!(list(UserFilter { is_suspended: Some(true), ..all() }, None, 10).await?, [bob.id]);
    assert_eq!(
        list(UserFilter { is_suspended: Some(false), ..search("ada") }, Some(adam.id), 10).await?,
        [ada.id]
    );
    Ok(())
}

pub(crate) async fn suspensions_that_are_over_are_found(store: Arc<dyn Store>) -> Outcome {
    let until = |until| Some(Suspension { until, ..Suspension::ban(at(0)) });
    let mut work = store.begin().await?;
    let ended = User { suspension: until(Some(at(10))), ..user("ended") };
    for user in [
        ended.clone(),
        User { suspension: until(Some(at(11))), ..user("later") },
        User { suspension: until(None), ..user("never") },
        user("free"),
    ] {
        work.users().insert(&user).await?;
    }
    work.commit().await?;
    let mut read = store.read().await?;
    assert_eq!(read.users().list_released(at(9), 10).await?, []);
    assert_eq!(read.users().list_released(at(10), 10).await?, [ended.id]);
    assert_eq!(read.users().list_released(at(11), 1).await?.len(), 1);
    Ok(())
}

pub(crate) async fn of_two_admins_who_demote_each_other_one_stays(store: Arc<dyn Store>) -> Outcome {
    let admins: Vec<User> =
        ["ada", "bob"].into_iter().map(|name| User { role: SystemRole::Admin, ..user(name) }).collect();
    let mut work = store.begin().await?;
    for user in &admins {
        work.users().insert(user).await?;
    }
    for user in [
        User { role: SystemRole::Admin, suspension: Some(Suspension::ban(at(0))), ..user("banned") },
        User { role: SystemRole::Admin, erase_at: Some(at(9)), ..user("leaving") },
    ] {
        work.users().insert(&user).await?;
    }
    work.commit().await?;
    let demoted = race(2, |number| {
        let (store, target) = (Arc::clone(&store), admins[number].clone());
        async move {
            let mut work = store.begin().await?;
            if work.erasures().lock_admins(target.id).await? == [target.id] {
                return Ok(false);
            }
            work.users().update(&User { role: SystemRole::Member, ..target }).await?;
            work.commit().await?;
            Ok(true)
        }
    });
    assert_eq!(demoted.await?, 1);
    assert_eq!(store.begin().await?.erasures().lock_admins(admins[0].id).await?.len(), 1);
    Ok(())
}
