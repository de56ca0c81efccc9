//! Secrets of authenticators, and the codes that stand in for a lost one.

use std::sync::Arc;

use plaza_domain::{Store, TokenDigest, TotpSecret, User, repository::Constraint};

use super::{
    Outcome,
    builders::{at, given_user, user},
    fixture::{Result, assert_conflict, race},
};

fn secret(user: &User, byte: u8) -> TotpSecret {
    let sealed_secret = vec![byte; 48];
    TotpSecret { user_id: user.id, sealed_secret, created_at: at(1), confirmed_at: None, last_step: 0 }
}

/// A user whose authenticator has proved itself with the code of step 100.
async fn given_confirmed(store: &Arc<dyn Store>) -> Result<User> {
    let ada = given_user(store, "ada").await?;
    let mut work = store.begin().await?;
    assert!(work.totp().begin(&secret(&ada, 1)).await?);
    assert!(work.totp().confirm(ada.id, 100, at(5)).await?);
    work.commit().await?;
    Ok(ada)
}

async fn given_codes(store: &Arc<dyn Store>, user: &User, bytes: &[u8]) -> Outcome {
    let digests: Vec<_> = bytes.iter().map(|byte| TokenDigest([*byte; 32])).collect();
    let mut work = store.begin().await?;
    work.recovery_codes().replace(user.id, &digests).await?;
    Ok(work.commit().await?)
}

pub(crate) async fn a_secret_takes_the_place_of_another_until_it_is_confirmed(
    store: Arc<dyn Store>,
) -> Outcome {
    let ada = given_user(&store, "ada").await?;
    let mut work = store.begin().await?;
    assert_eq!(work.totp().find(ada.id).await?, None);
    assert!(!work.totp().confirm(ada.id, 7, at(2)).await?, "there is nothing to confirm");
    assert!(work.totp().begin(&secret(&ada, 1)).await?);
    assert!(work.totp().begin(&secret(&ada, 2)).await?);
    assert_eq!(work.totp().find(ada.id).await?, Some(secret(&ada, 2)));
    assert!(!work.totp().use_step(ada.id, 9).await?, "it is not confirmed");
    assert!(work.totp().confirm(ada.id, 7, at(2)).await?);
    assert!(!work.totp().confirm(ada.id, 8, at(3)).await?, "once is enough");
    assert!(!work.totp().begin(&secret(&ada, 3)).await?, "it is in use");
    work.commit().await?;
    let confirmed = TotpSecret { confirmed_at: Some(at(2)), last_step: 7, ..secret(&ada, 2) };
    assert_eq!(store.read().await?.totp().find(ada.id).await?, Some(confirmed));

    let mut work = store.begin().await?;
    assert!(work.totp().delete(ada.id).await?);
    assert!(!work.totp().delete(ada.id).await?);
    assert!(work.totp().begin(&secret(&ada, 3)).await?);
    assert!(!work.totp().delete(ada.id).await?, "it was not confirmed");
    work.commit().await?;
    assert_eq!(store.read().await?.totp().find(ada.id).await?, None);
    Ok(())
}

pub(crate) async fn no_step_is_used_after_itself_or_a_later_one(store: Arc<dyn Store>) -> Outcome {
    let ada = given_confirmed(&store).await?;
    let grace = given_user(&store, "grace").await?;
    let mut work = store.begin().await?;
    for (step, is_new) in [(99, false), (100, false), (102, true), (101, false), (102, false), (103, true)] {
        assert_eq!(work.totp().use_step(ada.id, step).await?, is_new, "step {step}");
    }
    assert!(!work.totp().use_step(grace.id, 104).await?, "grace has no authenticator");
    work.commit().await?;
    let stored = store.read().await?.totp().find(ada.id).await?;
    assert_eq!(stored.map(|secret| secret.last_step), Some(103));
    Ok(())
}

pub(crate) async fn of_twenty_uses_of_a_step_one_succeeds(store: Arc<dyn Store>) -> Outcome {
    let ada = given_confirmed(&store).await?;
    let used = race(20, |_| {
        let store = Arc::clone(&store);
        async move {
            let mut work = store.begin().await?;
            let is_first = work.totp().use_step(ada.id, 101).await?;
            work.commit().await?;
            Ok(is_first)
        }
    });
    assert_eq!(used.await?, 1);
    Ok(())
}

pub(crate) async fn a_recovery_code_is_taken_once_by_its_owner(store: Arc<dyn Store>) -> Outcome {
    let (ada, grace) = (given_user(&store, "ada").await?, given_user(&store, "grace").await?);
    given_codes(&store, &ada, &[1, 2, 3]).await?;
    given_codes(&store, &grace, &[1, 4]).await?;
    let code = |byte| TokenDigest([byte; 32]);
    let mut work = store.begin().await?;
    assert!(!work.recovery_codes().take(ada.id, code(4), at(1)).await?, "it is another's");
    assert!(work.recovery_codes().take(ada.id, code(1), at(1)).await?);
    assert!(!work.recovery_codes().take(ada.id, code(1), at(2)).await?, "it was taken");
    assert_eq!(work.recovery_codes().count_left(ada.id).await?, 2);
    assert_eq!(work.recovery_codes().count_left(grace.id).await?, 2);
    work.commit().await?;

    given_codes(&store, &ada, &[1, 5]).await?;
    let mut work = store.begin().await?;
    assert_eq!(work.recovery_codes().count_left(ada.id).await?, 2);
    assert!(!work.recovery_codes().take(ada.id, code(2), at(3)).await?, "it was replaced");
    assert!(work.recovery_codes().take(ada.id, code(1), at(3)).await?, "it is a new one");
    work.recovery_codes().replace(ada.id, &[]).await?;
    assert_eq!(work.recovery_codes().count_left(ada.id).await?, 0);
    assert_eq!(work.recovery_codes().count_left(grace.id).await?, 2);
    Ok(())
}

pub(crate) async fn of_twenty_uses_of_a_recovery_code_one_succeeds(store: Arc<dyn Store>) -> Outcome {
    let ada = given_user(&store, "ada").await?;
    given_codes(&store, &ada, &[1, 2]).await?;
    let taken = race(20, |_| {
        let store = Arc::clone(&store);
        async move {
            let mut work = store.begin().await?;
            let is_first = work.recovery_codes().take(ada.id, TokenDigest([1; 32]), at(1)).await?;
            work.commit().await?;
            Ok(is_first)
        }
    });
    assert_eq!(taken.await?, 1);
    assert_eq!(store.read().await?.recovery_codes().count_left(ada.id).await?, 1);
    Ok(())
}

pub(crate) async fn second_factors_are_those_of_users(store: Arc<dyn Store>) -> Outcome {
    let nobody = user("nobody");
    let mut work = store.begin().await?;
    assert_conflict(work.totp().begin(&secret(&nobody, 1)).await, Constraint::ForeignKey)?;
    drop(work);
    let mut work = store.begin().await?;
    let code = TokenDigest([1; 32]);
    assert_conflict(work.recovery_codes().replace(nobody.id, &[code]).await, Constraint::ForeignKey)
}
