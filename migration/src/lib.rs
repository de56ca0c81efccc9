//! The schema of Plaza's database, one file per step, for SQLite and Postgres.
//!
//! A step that was released is never changed: what comes after it gets a step of its own.

mod ddl;
mod m20261121_000001_accounts;
mod m20261121_000002_rooms;
mod m20261121_000003_tasks;
mod m20261121_000004_files;
mod m20261121_000005_messages;
mod m20261121_000006_realtime;
mod m20261121_000007_mentions_of_users;
mod m20261121_000008_operations;
mod m20261121_000009_contents;
mod m20261121_000010_task_lists;
mod m20261121_000011_friends;
mod m20261121_000012_sessions;
mod m20261121_000013_profiles;
mod m20261121_000014_suspects;
mod m20261121_000015_audit;
mod m20261121_000016_credentials;
mod m20261121_000017_invitations;
mod m20261121_000018_user_lists;
mod m20261122_000019_messages_unchecked;
mod m20261122_000020_attempts_when_ended;

pub use sea_orm_migration::MigratorTrait;
use sea_orm_migration::{MigrationTrait, async_trait};

/// Every step, in order.
#[derive(Debug)]
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261121_000001_accounts::Migration),
            Box::new(m20261121_000002_rooms::Migration),
            Box::new(m20261121_000003_tasks::Migration),
            Box::new(m20261121_000004_files::Migration),
            Box::new(m20261121_000005_messages::Migration),
            Box::new(m20261121_000006_realtime::Migration),
            Box::new(m20261121_000007_mentions_of_users::Migration),
            Box::new(m20261121_000008_operations::Migration),
            Box::new(m20261121_000009_contents::Migration),
            Box::new(m20261121_000010_task_lists::Migration),
            Box::new(m20261121_000012_sessions::Migration),
            Box::new(m20261121_000011_friends::Migration),
            Box::new(m20261121_000013_profiles::Migration),
            Box::new(m20261121_000014_suspects::Migration),
            Box::new(m20261121_000015_audit::Migration),
            Box::new(m20261121_000016_credentials::Migration),
            Box::new(m20261121_000017_invitations::Migration),
            Box::new(m20261121_000018_user_lists::Migration),
            Box::new(m20261122_000019_messages_unchecked::Migration),
            Box::new(m20261122_000020_attempts_when_ended::Migration),
        ]
    }
}
