//! The servers that tests use are themselves tested: whoever relies on them must be able to.
#![expect(clippy::expect_used, reason = "a failed expectation is a failed test")]

use plaza_tests::servers::{PrivatePostgres, PrivateRedis, postgres_database, redis_prefix, redis_url};
use sea_orm::{ConnectionTrait, Database};

#[tokio::test]
async fn every_test_gets_a_database_of_its_own() {
    let (first, second) = (postgres_database().await, postgres_database().await);
    assert_ne!(first, second);
    for url in [first, second] {
        let database = Database::connect(url).await.expect("the database answers");
        database
            .execute_unprepared("CREATE TABLE only_here (id bigint)")
            .await
            .expect("nobody else made that table");
    }
}

#[tokio::test]
async fn a_private_postgres_keeps_what_was_committed_over_a_kill() {
    let mut postgres = PrivatePostgres::start().await;
    let url = postgres.database().await;
    let database = Database::connect(&url).await.expect("the database answers");
    database.execute_unprepared("CREATE TABLE kept (id bigint)").await.expect("a table");
    postgres.kill().await;
    postgres.restart().await;
    let database = Database::connect(&url).await.expect("the database answers again");
    database.execute_unprepared("SELECT * FROM kept").await.expect("the table is still there");
}

#[tokio::test]
async fn a_redis_can_be_shared_frozen_flushed_and_killed() {
    assert_eq!(redis_url().await, redis_url().await);
    assert_ne!(redis_prefix(), redis_prefix());

    let mut redis = PrivateRedis::start().await;
    let url = redis.url();
    redis.pause().await;
    redis.resume().await;
    redis.flush_all().await;
    redis.kill().await;
    redis.restart().await;
    assert_eq!(redis.url(), url);
    redis.flush_all().await;
}
