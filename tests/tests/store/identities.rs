//! Accounts at OpenID providers by which users log in.

use std::sync::Arc;

use plaza_domain::{
    Email, Identity, IdentityId, Issuer, RepositoryError, Store, Subject, UserId,
    repository::{Constraint, Result},
};

use super::{
    Outcome,
    builders::{at, given_user, id},
    fixture::{assert_conflict, race},
};

const LIMIT: u64 = 10;

fn issuer(name: &str) -> Issuer {
    Issuer::from_stored(format!("https://{name}.example.org"))
}

fn subject(text: &str) -> Subject {
    Subject::from_stored(text.to_owned())
}

fn identity(user_id: UserId, of: &str, named: &str) -> Identity {
    Identity {
        id: IdentityId::new(id()),
        user_id,
        issuer: issuer(of),
        subject: subject(named),
        email: Some(Email::from_stored("ada@example.org".to_owned())),
        created_at: at(1),
        last_used_at: at(1),
    }
}

async fn given(store: &Arc<dyn Store>, identity: &Identity) -> Result<()> {
    let mut work = store.begin().await?;
    work.identities().insert(identity).await?;
    work.commit().await
}

pub(crate) async fn an_identity_is_found_by_issuer_and_subject(store: Arc<dyn Store>) -> Outcome {
    let ada = given_user(&store, "ada").await?;
    let known = identity(ada.id, "corp", "A1");
    given(&store, &known).await?;
    let mut read = store.read().await?;
    assert_eq!(read.identities().find(&issuer("corp"), &subject("A1")).await?, Some(known.clone()));
    assert_eq!(read.identities().find_by_id(known.id).await?, Some(known));
    assert_eq!(read.identities().find_by_id(IdentityId::new(id())).await?, None);
    // Letters count as they are, and others call others the same.
    for (of, named) in [("corp", "a1"), ("corp", "A1 "), ("other", "A1")] {
        assert_eq!(read.identities().find(&issuer(of), &subject(named)).await?, None, "{of} {named}");
    }
    Ok(())
}

pub(crate) async fn an_identity_belongs_to_one_user_who_has_one_of_each_issuer(
    store: Arc<dyn Store>,
) -> Outcome {
    let (ada, bob) = (given_user(&store, "ada").await?, given_user(&store, "bob").await?);
    let (first, second) = (identity(ada.id, "corp", "A1"), identity(ada.id, "club", "A1"));
    given(&store, &first).await?;
    given(&store, &second).await?;
    assert_conflict(given(&store, &identity(bob.id, "corp", "A1")).await, Constraint::IdentitySubject)?;
    assert_conflict(given(&store, &identity(ada.id, "corp", "A2")).await, Constraint::IdentityUser)?;
    let nobody = UserId::new(id());
    assert_conflict(given(&store, &identity(nobody, "corp", "A3")).await, Constraint::ForeignKey)?;
    let mut read = store.read().await?;
    assert_eq!(read.identities().list(ada.id, LIMIT).await?, [first.clone(), second]);
    assert_eq!(read.identities().list(ada.id, 1).await?, [first]);
    assert_eq!(read.identities().list(bob.id, LIMIT).await?, []);
    Ok(())
}

pub(crate) async fn an_identity_was_last_used_with_the_address_that_was_told_then(
    store: Arc<dyn Store>,
) -> Outcome {
    let ada = given_user(&store, "ada").await?;
    let known = identity(ada.id, "corp", "A1");
    let other = identity(ada.id, "club", "A1");
    given(&store, &known).await?;
    given(&store, &other).await?;
    for (email, seconds) in [(Some("ada@club.example"), 5), (None, 9)] {
        let email = email.map(|text| Email::from_stored(text.to_owned()));
        let mut work = store.begin().await?;
        work.identities().note_use(known.id, email.clone(), at(seconds)).await?;
        work.commit().await?;
        let used = Identity { email, last_used_at: at(seconds), ..known.clone() };
        let listed = store.read().await?.identities().list(ada.id, LIMIT).await?;
        assert_eq!(listed, [used, other.clone()]);
    }
    Ok(())
}

pub(crate) async fn identities_go_one_by_one(store: Arc<dyn Store>) -> Outcome {
    let ada = given_user(&store, "ada").await?;
    let (first, second) = (identity(ada.id, "corp", "A1"), identity(ada.id, "club", "A1"));
    given(&store, &first).await?;
    given(&store, &second).await?;
    let mut work = store.begin().await?;
    assert!(work.identities().delete(first.id).await?);
    assert!(!work.identities().delete(first.id).await?);
    work.commit().await?;
    assert_eq!(store.read().await?.identities().list(ada.id, LIMIT).await?, [second]);
    // What was let go can be linked again, by whomever.
    let bob = given_user(&store, "bob").await?;
    given(&store, &identity(bob.id, "corp", "A1")).await?;
    Ok(())
}

pub(crate) async fn of_ten_users_who_link_one_identity_one_succeeds(store: Arc<dyn Store>) -> Outcome {
    let mut users = Vec::new();
    for number in 0..10 {
        users.push(given_user(&store, &format!("user-{number}")).await?.id);
    }
    let linked = race(users.len(), |racer| {
        let (store, user_id) = (Arc::clone(&store), users[racer]);
        async move {
            match given(&store, &identity(user_id, "corp", "A1")).await {
                Ok(()) => Ok(true),
                Err(RepositoryError::Conflict { constraint: Constraint::IdentitySubject }) => Ok(false),
                Err(error) => Err(error.into()),
            }
        }
    });
    assert_eq!(linked.await?, 1);
    Ok(())
}
