//! An embedded Plaza, from nothing.

use std::{fs, path::Path, time::Duration};

use super::{Plaza, Role, StartError};
use crate::config::{Config, Overrides, Sources};

type TestResult = Result<(), Box<dyn std::error::Error>>;

const DEADLINE: Duration = Duration::from_secs(10);

fn config(overrides: Overrides) -> Result<Config, Box<dyn std::error::Error>> {
    Ok(Config::from_sources(&Sources { overrides, ..Sources::default() })?)
}

fn in_folder(folder: &Path) -> Overrides {
    Overrides::default().with("data_dir", Some(folder.display()))
}

#[tokio::test]
async fn an_empty_folder_is_all_it_takes() -> TestResult {
    let folder = tempfile::tempdir()?;
    let config = config(in_folder(&folder.path().join("data")))?;
    for _ in ["new", "again"] {
        let plaza = Plaza::connect(&config, Role::Server).await?;
        let statuses = plaza.health.check().await;
        assert_eq!(statuses.iter().map(|status| status.name).collect::<Vec<_>>(), ["database", "storage"]);
        assert!(statuses.iter().all(|status| status.healthy), "{statuses:?}");
        let tracker = plaza.tracker.clone();
        plaza.stop(DEADLINE).await;
        assert!(tracker.is_empty(), "a task outlived Plaza");
    }
    Ok(())
}

#[tokio::test]
async fn lost_storage_is_reported() -> TestResult {
    let folder = tempfile::tempdir()?;
    let plaza = Plaza::connect(&config(in_folder(folder.path()))?, Role::Server).await?;
    fs::remove_dir_all(folder.path().join("files"))?;
    let statuses = plaza.health.check().await;
    let storage = statuses.iter().find(|status| status.name == "storage").ok_or("no storage")?;
    assert!(!storage.healthy);
    plaza.stop(DEADLINE).await;
    Ok(())
}

#[tokio::test]
async fn redis_need_not_answer_and_is_reported() -> TestResult {
    let folder = tempfile::tempdir()?;
    let overrides = in_folder(folder.path())
        .with("redis.url", Some("redis://127.0.0.1:1"))
        .with("auth.secret", Some("0123456789abcdef0123456789abcdef"));
    let plaza = Plaza::connect(&config(overrides)?, Role::Server).await?;
    let statuses = plaza.health.check().await;
    let redis = statuses.iter().find(|status| status.name == "redis").ok_or("no redis")?;
    assert!(!redis.healthy && !redis.required);
    plaza.stop(DEADLINE).await;
    Ok(())
}

#[tokio::test]
async fn a_worker_alone_needs_to_learn_of_tasks() -> TestResult {
    let folder = tempfile::tempdir()?;
    let outcome = Plaza::connect(&config(in_folder(folder.path()))?, Role::Worker).await;
    assert!(matches!(outcome, Err(StartError::WorkerWithoutQueue)));
    Ok(())
}

#[tokio::test]
async fn what_cannot_be_opened_is_named_by_its_key() -> TestResult {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("file");
    fs::write(&file, "x")?;
    for (key, url) in [
        ("storage.url", format!("file:{}", file.display())),
        ("database.url", format!("sqlite:{}/plaza.db", file.display())),
    ] {
        let config = config(in_folder(folder.path()).with(key, Some(url)))?;
        let Err(error) = Plaza::connect(&config, Role::Server).await else {
            return Err(format!("{key} was accepted").into());
        };
        assert!(error.to_string().starts_with(key), "{error}");
    }
    Ok(())
}
