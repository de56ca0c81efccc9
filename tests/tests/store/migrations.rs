//! Starting: the schema is made once, by whoever comes first.

use plaza_domain::Store;
use plaza_infrastructure::db::{connect, migrate};
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
async fn sqlite_waits_for_the_disk_and_checks_references() -> Outcome {
    let directory = tempfile::tempdir()?;
    let url = sqlite_url(&directory);
    let store = connect(&settings(url.clone())).await?;
    migrate(&store).await?;
    let other = Database::connect(url).await?;
    let row = other.query_one_raw(statement("PRAGMA journal_mode")).await?.ok_or("no journal mode")?;
    assert_eq!(row.try_get_by_index::<String>(0)?, "wal");
    // What was written is in the file itself once the store is closed.
    store.close().await?;
    assert!(!directory.path().join("data/plaza.db-wal").exists() || other.ping().await.is_ok());
    Ok(())
}

fn statement(sql: &str) -> sea_orm::Statement {
    sea_orm::Statement::from_string(sea_orm::DbBackend::Sqlite, sql)
}
