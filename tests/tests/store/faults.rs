//! A Postgres that goes away and comes back.

use plaza_domain::{RepositoryError, Store};
use plaza_infrastructure::db::{connect, migrate};
use plaza_tests::servers::PrivatePostgres;

use super::{
    Outcome,
    builders::user,
    fixture::{race, settings},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restarted_postgres_is_used_again_with_what_was_committed() -> Outcome {
    let mut postgres = PrivatePostgres::start().await;
    let store = connect(&settings(postgres.database().await)).await?;
    migrate(&store).await?;
    let (ada, bob) = (user("ada"), user("bob"));
    let mut work = store.begin().await?;
    work.users().insert(&ada).await?;
    work.commit().await?;
    // Several connections are open when it happens.
    let pings = race(8, |_| {
        let store = store.clone();
        async move { Ok(store.ping().await.is_ok()) }
    });
    assert_eq!(pings.await?, 8);
    let mut interrupted = store.begin().await?;
    interrupted.users().insert(&bob).await?;

    postgres.restart().await;
    assert!(matches!(interrupted.commit().await, Err(RepositoryError::Unavailable(_))));
    // Each dead connection may fail once.
    let mut failures = 0;
    while store.begin().await.is_err() {
        failures += 1;
        assert!(failures <= 8, "the dead connections are never replaced");
    }
    let mut work = store.begin().await?;
    assert_eq!(work.users().find(ada.id).await?, Some(ada));
    assert_eq!(work.users().find(bob.id).await?, None);
    work.users().insert(&bob).await?;
    work.commit().await?;
    Ok(())
}
