//! How admins find accounts: by role, by suspension, and by how a handle, an address or a name begins.

use sea_orm_migration::{prelude::*, sea_orm::DbBackend};

use crate::ddl::{index, partial};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// SQLite sorts texts by their bytes anyway, and has indexes of handles and addresses.
const PREFIXES_ON_SQLITE: [(&str, &str); 1] =
    [("users_name_prefix_idx", "CREATE INDEX users_name_prefix_idx ON users (lower(display_name))")];

const PREFIXES_ON_POSTGRES: [(&str, &str); 3] = [
    (
        "users_name_prefix_idx",
        "CREATE INDEX users_name_prefix_idx ON users (lower(display_name) text_pattern_ops)",
    ),
    (
        "users_username_prefix_idx",
        "CREATE INDEX users_username_prefix_idx ON users (username text_pattern_ops)",
    ),
    ("users_email_prefix_idx", "CREATE INDEX users_email_prefix_idx ON users (email text_pattern_ops)"),
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for index in indexes() {
            manager.create_index(index).await?;
        }
        for (_, statement) in prefixes(manager) {
            manager.get_connection().execute_unprepared(statement).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let names = prefixes(manager).iter().map(|(name, _)| *name);
        for name in names.chain(["users_role_idx", "users_disabled_idx", "users_disabled_until_idx"]) {
            manager.drop_index(Index::drop().name(name).table("users").to_owned()).await?;
        }
        Ok(())
    }
}

fn indexes() -> [IndexCreateStatement; 3] {
    [
        index("users_role_idx", "users", &["role", "id"]),
        partial(index("users_disabled_idx", "users", &["id"]), "disabled_at IS NOT NULL"),
        partial(
            index("users_disabled_until_idx", "users", &["disabled_until"]),
            "disabled_until IS NOT NULL",
        ),
    ]
}

fn prefixes(manager: &SchemaManager) -> &'static [(&'static str, &'static str)] {
    if manager.get_database_backend() == DbBackend::Postgres {
        return &PREFIXES_ON_POSTGRES;
    }
    &PREFIXES_ON_SQLITE
}
