//! Starting: the schema is made once, by whoever comes first.

use std::sync::Arc;

use plaza_domain::{AttemptEnd, Store};
use plaza_infrastructure::db::{connect, migrate};
use plaza_migration::{Migrator, MigratorTrait};
use sea_orm::{ConnectionTrait, Database, DbErr, Statement};

use super::{
    Outcome,
    builders::{given_messages, given_room, given_user, place, text, user},
    files::given_file,
    fixture::{race, settings, sqlite_url},
    tasks::{LEASE, reaped, running},
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

#[tokio::test]
async fn files_keep_their_tasks_through_the_step_that_frees_them_on_sqlite() -> Outcome {
    let directory = tempfile::tempdir()?;
    files_keep_their_tasks(sqlite_url(&directory)).await
}

#[tokio::test]
async fn files_keep_their_tasks_through_the_step_that_frees_them_on_postgres() -> Outcome {
    files_keep_their_tasks(plaza_tests::servers::postgres_database().await).await
}

#[tokio::test]
async fn rooms_and_users_that_messages_refer_to_stay_on_sqlite() -> Outcome {
    let directory = tempfile::tempdir()?;
    what_messages_refer_to_stays(sqlite_url(&directory)).await
}

#[tokio::test]
async fn rooms_and_users_that_messages_refer_to_stay_on_postgres() -> Outcome {
    what_messages_refer_to_stays(plaza_tests::servers::postgres_database().await).await
}

/// Plaza deletes neither; somebody at the database's own prompt might. SQLite has keys for it, Postgres triggers.
async fn what_messages_refer_to_stays(url: String) -> Outcome {
    let store = connect(&settings(url.clone())).await?;
    migrate(&store).await?;
    let store: Arc<dyn Store> = Arc::new(store);
    let (ada, bob) = (given_user(&store, "ada").await?, given_user(&store, "bob").await?);
    let room = given_room(&store, &ada).await?;
    given_user(&store, "grace").await?;
    given_room(&store, &ada).await?;
    given_messages(&store, &[place(text("hello"), &room, &bob, 1)]).await?;
    drop(store);
    let database = Database::connect(url.clone()).await?;
    for named in ["rooms WHERE id IN (SELECT room_id", "users WHERE id IN (SELECT sender_id"] {
        let refused = database.execute_unprepared(&format!("DELETE FROM {named} FROM messages)")).await;
        assert!(refused.is_err(), "{named}");
    }
    let others = "DELETE FROM rooms WHERE id NOT IN (SELECT room_id FROM messages)";
    assert_eq!(database.execute_unprepared(others).await?.rows_affected(), 1);
    let others = "DELETE FROM users WHERE username = 'grace'";
    assert_eq!(database.execute_unprepared(others).await?.rows_affected(), 1);
    Ok(database.close().await?)
}

#[tokio::test]
async fn attempts_that_run_keep_running_through_the_step_that_moves_them_on_sqlite() -> Outcome {
    let directory = tempfile::tempdir()?;
    attempts_keep_running(sqlite_url(&directory)).await
}

#[tokio::test]
async fn attempts_that_run_keep_running_through_the_step_that_moves_them_on_postgres() -> Outcome {
    attempts_keep_running(plaza_tests::servers::postgres_database().await).await
}

/// Back, where they are rows that have not ended, and forth again, where tasks say who has begun them.
async fn attempts_keep_running(url: String) -> Outcome {
    let store = connect(&settings(url.clone())).await?;
    migrate(&store).await?;
    let store: Arc<dyn Store> = Arc::new(store);
    let lost = running(&store, -1).await?;
    let begun = store.read().await?.tasks().attempts(lost.id, 10).await?;
    assert!(matches!(&begun[..], [attempt] if attempt.ended_at.is_none()), "{begun:?}");
    drop(store);

    let database = Database::connect(url.clone()).await?;
    let is_open = async || {
        let open = "SELECT 1 AS one FROM task_attempts WHERE ended_at IS NULL";
        let rows =
            database.query_all_raw(Statement::from_string(database.get_database_backend(), open)).await?;
        Ok::<_, DbErr>(rows.len() == 1)
    };
    assert!(!is_open().await?);
    let steps = Migrator::migrations();
    let moving = steps.iter().position(|step| step.name().ends_with("_attempts_when_ended"));
    let back = u32::try_from(steps.len() - moving.ok_or("no such step")?)?;
    Migrator::down(&database, Some(back)).await?;
    assert!(is_open().await?);
    Migrator::up(&database, None).await?;
    assert!(!is_open().await?);
    database.close().await?;

    let store: Arc<dyn Store> = Arc::new(connect(&settings(url)).await?);
    assert_eq!(store.read().await?.tasks().attempts(lost.id, 10).await?, begun);
    assert_eq!(reaped(&store, 3, LEASE).await?, []);
    let ended = store.read().await?.tasks().attempts(lost.id, 10).await?;
    assert!(matches!(&ended[..], [attempt] if attempt.end == Some(AttemptEnd::Crashed)), "{ended:?}");
    Ok(())
}

/// SQLite has to make the column anew.
async fn files_keep_their_tasks(url: String) -> Outcome {
    let store = connect(&settings(url.clone())).await?;
    migrate(&store).await?;
    let store: Arc<dyn Store> = Arc::new(store);
    let ada = given_user(&store, "ada").await?;
    let file = given_file(&store, &ada).await?;
    drop(store);
    let database = Database::connect(url.clone()).await?;
    let steps = Migrator::migrations();
    let freeing = steps.iter().position(|step| step.name().ends_with("_task_lists")).ok_or("no such step")?;
    Migrator::down(&database, Some(u32::try_from(steps.len() - freeing)?)).await?;
    Migrator::up(&database, None).await?;
    database.close().await?;
    let store = connect(&settings(url)).await?;
    let found = store.read().await?.files().find(file.id).await?;
    assert_eq!(found.map(|found| found.task_id), Some(file.task_id));
    Ok(store.close().await?)
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
