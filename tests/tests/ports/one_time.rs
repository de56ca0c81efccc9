//! The store of one-time secrets.

use std::{sync::Arc, time::Duration};

use plaza_application::{in_process::LocalOneTimeStore, ports::OneTimeStore};
use plaza_infrastructure::redis::RedisOneTimeStore;
use tokio::{task::JoinSet, time::sleep};

use super::{Outcome, in_time, redis};

type Secrets = Arc<dyn OneTimeStore>;

const MINUTE: Duration = Duration::from_secs(60);

pub(crate) async fn in_process() -> Outcome<Secrets> {
    Ok(Arc::new(LocalOneTimeStore::new()))
}

pub(crate) async fn on_redis() -> Outcome<Secrets> {
    Ok(Arc::new(RedisOneTimeStore::new(redis::pool().await?)))
}

pub(crate) async fn a_value_is_taken_once(secrets: Secrets) -> Outcome {
    secrets.put("ticket", "ada", MINUTE).await?;
    assert_eq!(secrets.take("another").await?, None);
    assert_eq!(secrets.take("ticket").await?.as_deref(), Some("ada"));
    assert_eq!(secrets.take("ticket").await?, None);
    Ok(())
}

pub(crate) async fn of_racing_takes_one_wins(secrets: Secrets) -> Outcome {
    for round in 0..10 {
        let key = format!("ticket-{round}");
        secrets.put(&key, "ada", MINUTE).await?;
        let mut takes = JoinSet::new();
        for _ in 0..20 {
            let (secrets, key) = (Arc::clone(&secrets), key.clone());
            takes.spawn(async move { secrets.take(&key).await });
        }
        let taken = in_time(takes.join_all()).await?.into_iter().collect::<Result<Vec<_>, _>>()?;
        assert_eq!(taken.into_iter().flatten().collect::<Vec<_>>(), ["ada"]);
    }
    Ok(())
}

pub(crate) async fn a_value_that_expired_is_gone(secrets: Secrets) -> Outcome {
    let ttl = Duration::from_millis(50);
    secrets.put("ticket", "ada", ttl).await?;
    // Time is what this is about; both stores read the machine's.
    sleep(ttl * 2).await;
    assert_eq!(secrets.take("ticket").await?, None);
    Ok(())
}

pub(crate) async fn a_key_is_kept_with_its_last_value(secrets: Secrets) -> Outcome {
    secrets.put("ticket", "ada", MINUTE).await?;
    secrets.put("ticket", "bob", MINUTE).await?;
    assert_eq!(secrets.take("ticket").await?.as_deref(), Some("bob"));
    assert_eq!(secrets.take("ticket").await?, None);
    Ok(())
}
