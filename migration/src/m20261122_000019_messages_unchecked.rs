//! Postgres no longer looks up the room and the sender of each new message: who stores one has done so (ADR 0020). What
//! messages refer to still stays. SQLite would have to write the table anew, and keeps its keys.

use sea_orm_migration::{prelude::*, sea_orm::DbBackend};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// The other half of what the keys did, for rooms and users that somebody deletes by hand: Plaza keeps their rows.
const KEEP_WHAT_MESSAGES_NAME: [&str; 3] = [
    "CREATE FUNCTION stay_for_messages() RETURNS trigger LANGUAGE plpgsql AS $$ \
     DECLARE named boolean; \
     BEGIN \
     EXECUTE format('SELECT EXISTS (SELECT FROM %I.messages WHERE %I = $1)', TG_TABLE_SCHEMA, TG_ARGV[0]) \
     INTO named USING OLD.id; \
     IF named THEN \
     RAISE foreign_key_violation USING MESSAGE = format('messages refer to %s %s', TG_TABLE_NAME, OLD.id); \
     END IF; \
     RETURN OLD; \
     END $$",
    "CREATE TRIGGER rooms_stay_for_messages BEFORE DELETE ON rooms \
     FOR EACH ROW EXECUTE FUNCTION stay_for_messages('room_id')",
    "CREATE TRIGGER users_stay_for_messages BEFORE DELETE ON users \
     FOR EACH ROW EXECUTE FUNCTION stay_for_messages('sender_id')",
];

const DROP_KEYS: [&str; 2] = [
    "ALTER TABLE messages DROP CONSTRAINT messages_room_id_fkey",
    "ALTER TABLE messages DROP CONSTRAINT messages_sender_id_fkey",
];

/// Fails when a message refers to nothing.
const ADD_KEYS: [&str; 2] = [
    "ALTER TABLE messages ADD CONSTRAINT messages_room_id_fkey FOREIGN KEY (room_id) REFERENCES rooms (id)",
    "ALTER TABLE messages ADD CONSTRAINT messages_sender_id_fkey FOREIGN KEY (sender_id) REFERENCES users (id)",
];

const LET_GO: [&str; 3] = [
    "DROP TRIGGER rooms_stay_for_messages ON rooms",
    "DROP TRIGGER users_stay_for_messages ON users",
    "DROP FUNCTION stay_for_messages()",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        on_postgres(manager, DROP_KEYS.into_iter().chain(KEEP_WHAT_MESSAGES_NAME)).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        on_postgres(manager, LET_GO.into_iter().chain(ADD_KEYS)).await
    }
}

async fn on_postgres(
    manager: &SchemaManager<'_>,
    statements: impl Iterator<Item = &'static str>,
) -> Result<(), DbErr> {
    if manager.get_database_backend() != DbBackend::Postgres {
        return Ok(());
    }
    for statement in statements {
        manager.get_connection().execute_unprepared(statement).await?;
    }
    Ok(())
}
