//! Keys that sign access tokens.

use std::sync::Arc;

use plaza_domain::{RepositoryError, SigningKey, Store, repository::Result};

use super::{Outcome, builders::at, fixture::race};

fn key(number: i64) -> SigningKey {
    let byte = u8::try_from(number).unwrap_or_default();
    SigningKey {
        number,
        kid: format!("key-{number}"),
        public_key: [byte; 32],
        sealed_key: vec![byte; 60],
        created_at: at(number),
        signs_from: at(number + 300),
        verifies_until: None,
    }
}

async fn given_keys(store: &Arc<dyn Store>, keys: &[SigningKey]) -> Result<()> {
    let mut work = store.begin().await?;
    for key in keys {
        work.signing_keys().insert(key).await?;
    }
    work.commit().await
}

pub(crate) async fn keys_are_listed_by_number_while_they_check(store: Arc<dyn Store>) -> Outcome {
    let (first, second, third) = (SigningKey { verifies_until: Some(at(50)), ..key(1) }, key(2), key(10));
    given_keys(&store, &[third.clone(), first.clone(), second.clone()]).await?;
    let mut read = store.read().await?;
    assert_eq!(read.signing_keys().list(at(49)).await?, [first, second.clone(), third.clone()]);
    assert_eq!(read.signing_keys().list(at(50)).await?, [second, third]);
    Ok(())
}

pub(crate) async fn a_key_is_retired_once_and_forgotten_when_it_checks_no_more(
    store: Arc<dyn Store>,
) -> Outcome {
    given_keys(&store, &[key(1), key(2), key(3)]).await?;
    let mut work = store.begin().await?;
    work.signing_keys().retire(&[], at(10)).await?;
    work.signing_keys().retire(&[1], at(50)).await?;
    work.signing_keys().retire(&[1, 2], at(90)).await?;
    work.commit().await?;
    let ends: Vec<_> = store.read().await?.signing_keys().list(at(0)).await?;
    let ends: Vec<_> = ends.into_iter().map(|key| key.verifies_until).collect();
    assert_eq!(ends, [Some(at(50)), Some(at(90)), None]);

    let mut work = store.begin().await?;
    assert_eq!(work.signing_keys().delete_retired(at(49)).await?, 0);
    assert_eq!(work.signing_keys().delete_retired(at(50)).await?, 1);
    work.commit().await?;
    let left = store.read().await?.signing_keys().list(at(0)).await?;
    assert_eq!(left.iter().map(|key| key.number).collect::<Vec<_>>(), [2, 3]);
    Ok(())
}

pub(crate) async fn of_ten_keys_with_one_number_one_is_stored(store: Arc<dyn Store>) -> Outcome {
    let stored = race(10, |racer| {
        let store = Arc::clone(&store);
        async move {
            let mut work = store.begin().await?;
            let kid = format!("racer-{racer}");
            match work.signing_keys().insert(&SigningKey { kid, ..key(1) }).await {
                Ok(()) => work.commit().await?,
                Err(RepositoryError::Conflict { .. }) => return Ok(false),
                Err(error) => return Err(error.into()),
            }
            Ok(true)
        }
    });
    assert_eq!(stored.await?, 1);
    assert_eq!(store.read().await?.signing_keys().list(at(0)).await?.len(), 1);
    Ok(())
}
