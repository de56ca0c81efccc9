//! Tests of opening databases.

use sea_orm::{ConnectionTrait, DatabaseConnection, Statement};

use super::*;

type Outcome = Result<(), Box<dyn std::error::Error>>;

fn settings(url: &str) -> DatabaseSettings {
    DatabaseSettings { url: url.to_owned(), max_connections: 2, acquire_timeout: Duration::from_secs(2) }
}

async fn pragma(connection: &DatabaseConnection, name: &str) -> Result<String, DbErr> {
    let sql = format!("SELECT CAST({name} AS TEXT) AS value FROM pragma_{name}");
    let row = connection.query_one_raw(Statement::from_string(sea_orm::DbBackend::Sqlite, sql)).await?;
    row.ok_or(DbErr::RecordNotFound(name.to_owned()))?.try_get("", "value")
}

#[tokio::test]
async fn sqlite_waits_for_the_disk_and_checks_references() -> Outcome {
    let directory = tempfile::tempdir()?;
    let store = connect(&settings(&format!("sqlite:{}/new/plaza.db", directory.path().display()))).await?;
    let expected =
        [("journal_mode", "wal"), ("synchronous", "2"), ("foreign_keys", "1"), ("cache_size", WRITERS_CACHE)];
    for (name, value) in expected {
        assert_eq!(pragma(store.writer(), name).await?, value, "{name}");
    }
    Ok(())
}

#[tokio::test]
async fn sqlites_readers_cannot_write() -> Outcome {
    let directory = tempfile::tempdir()?;
    let store = connect(&settings(&format!("sqlite:{}/plaza.db", directory.path().display()))).await?;
    assert!(store.writer().execute_unprepared("CREATE TABLE written (id INTEGER)").await.is_ok());
    assert!(store.reader().execute_unprepared("INSERT INTO written VALUES (1)").await.is_err());
    Ok(())
}

#[cfg(unix)]
#[tokio::test]
async fn a_new_sqlite_file_is_for_its_owner_only() -> Outcome {
    use std::os::unix::fs::PermissionsExt;
    let directory = tempfile::tempdir()?;
    let path = directory.path().join("plaza.db");
    connect(&settings(&format!("sqlite:{}", path.display()))).await?;
    assert_eq!(std::fs::metadata(path)?.permissions().mode() & 0o777, 0o600);
    Ok(())
}

#[tokio::test]
async fn a_url_that_cannot_be_used_is_refused_with_a_reason() {
    for url in ["", "plaza.db", "mysql://localhost/plaza", "sqlite3:plaza.db"] {
        assert!(matches!(connect(&settings(url)).await, Err(ConnectError::Unsupported)), "{url}");
    }
    for url in ["sqlite::memory:", "sqlite:", "sqlite:plaza.db?mode=memory"] {
        assert!(matches!(connect(&settings(url)).await, Err(ConnectError::InMemory)), "{url}");
    }
}

#[tokio::test]
async fn a_password_shows_up_in_no_error_and_no_debug_output() {
    for url in ["postgres://ada:hunter2@127.0.0.1:1/plaza", "postgres://ada:hunter2@127.0.0.1:port/plaza"] {
        let settings = settings(url);
        let error = connect(&settings).await.map(drop);
        assert!(error.is_err(), "{url} was opened");
        assert!(!format!("{settings:?} {error:?}").contains("hunter2"), "{error:?}");
    }
}
