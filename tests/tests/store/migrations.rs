//! Starting: the schema is made once, by whoever comes first.

use plaza_domain::Store;
use plaza_infrastructure::db::{connect, migrate};
use plaza_migration::{Migrator, MigratorTrait};
use sea_orm::{ConnectionTrait, Database};

use super::{
    Outcome,
    builders::user,
    fixture::{race, settings, sqlite_url},
};

async fn several_may_migrate_at_the_same_time(url: String) -> Outcome {
    let done = race(6, |_| {
        let settings = settings(url.clone());
        async move {
            let store = connect(&settings).await?;
            migrate(&store).await?;
            store.close().await?;
            Ok(true)
        }
    });
    assert_eq!(done.await?, 6);
    let store = connect(&settings(url.clone())).await?;
    migrate(&store).await?;
    let mut work = store.begin().await?;
    work.users().insert(&user("ada")).await?;
    work.commit().await?;
    store.close().await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_instances_may_migrate_sqlite_at_the_same_time() -> Outcome {
    let directory = tempfile::tempdir()?;
    several_may_migrate_at_the_same_time(sqlite_url(&directory)).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_instances_may_migrate_postgres_at_the_same_time() -> Outcome {
    several_may_migrate_at_the_same_time(plaza_tests::servers::postgres_database().await).await
}

#[tokio::test]
async fn the_steps_can_be_taken_back_on_sqlite() -> Outcome {
    let directory = tempfile::tempdir()?;
    steps_can_be_taken_back(sqlite_url(&directory)).await
}

#[tokio::test]
async fn the_steps_can_be_taken_back_on_postgres() -> Outcome {
    steps_can_be_taken_back(plaza_tests::servers::postgres_database().await).await
}

async fn steps_can_be_taken_back(url: String) -> Outcome {
    let store = connect(&settings(url.clone())).await?;
    migrate(&store).await?;
    store.close().await?;
    let database = Database::connect(url.clone()).await?;
    Migrator::down(&database, None).await?;
    assert!(database.execute_unprepared("SELECT 1 FROM users").await.is_err(), "a table was left");
    database.close().await?;
    let store = connect(&settings(url)).await?;
    Ok(migrate(&store).await?)
}
