//! The one place where a database's error becomes a [`RepositoryError`].

use plaza_domain::repository::{Constraint, RepositoryError};
use sea_orm::sqlx::{
    Error as SqlxError,
    error::{DatabaseError, ErrorKind},
};
use sea_orm::{DbErr, RuntimeErr};

/// What Postgres calls each rule that several users can run into, and the columns by which SQLite does.
const UNIQUE: [(Constraint, &str, &str); 9] = [
    (Constraint::UserEmail, "users_email_key", "users.email"),
    (Constraint::UserUsername, "users_username_key", "users.username"),
    (Constraint::IdentitySubject, "identities_subject_key", "identities.issuer, identities.subject"),
    (Constraint::IdentityUser, "identities_user_key", "identities.user_id, identities.issuer"),
    (Constraint::MessageClientId, "messages_sender_client_id_key", "messages.sender_id, messages.client_id"),
    (Constraint::MessageSeq, "messages_room_seq_key", "messages.room_id, messages.seq"),
    (Constraint::DirectRoomUsers, "direct_rooms_pkey", "direct_rooms.low_user_id, direct_rooms.high_user_id"),
    (Constraint::BlobSha256, "blobs_pkey", "blobs.sha256"),
    (Constraint::TaskUniqueKey, "tasks_unique_key_key", "tasks.unique_key"),
];

/// Serialization failures, deadlocks, timeouts and lost connections all become `Unavailable`: the caller may repeat.
pub(super) fn from_db(error: DbErr) -> RepositoryError {
    match &error {
        DbErr::Exec(RuntimeErr::SqlxError(cause))
        | DbErr::Query(RuntimeErr::SqlxError(cause))
        | DbErr::Conn(RuntimeErr::SqlxError(cause)) => match cause.as_ref() {
            SqlxError::Database(cause) => match broken_constraint(cause.as_ref()) {
                Some(constraint) => RepositoryError::Conflict { constraint },
                None => unavailable(error),
            },
            SqlxError::ColumnDecode { .. }
            | SqlxError::Decode(_)
            | SqlxError::ColumnNotFound(_)
            | SqlxError::TypeNotFound { .. } => corrupt(&error),
            _ => unavailable(error),
        },
        DbErr::Type(_) | DbErr::Json(_) | DbErr::TryIntoErr { .. } => corrupt(&error),
        _ => unavailable(error),
    }
}

/// Nothing that was asked for could be done.
pub(super) fn unavailable(error: impl std::error::Error + Send + Sync + 'static) -> RepositoryError {
    RepositoryError::Unavailable(Box::new(error))
}

/// Whether nothing was done for sure: there was no connection, or Postgres gave up a statement that waited for somebody
/// else's lock (55P03), was one of two that waited for each other (40P01), or met another's change (40001).
pub(super) fn is_undone(error: &RepositoryError) -> bool {
    let RepositoryError::Unavailable(cause) = error else { return false };
    match cause.downcast_ref() {
        Some(DbErr::ConnectionAcquire(_)) => true,
        Some(DbErr::Exec(RuntimeErr::SqlxError(cause)) | DbErr::Query(RuntimeErr::SqlxError(cause))) => {
            let code = cause.as_database_error().and_then(|cause| cause.code());
            matches!(code.as_deref(), Some("55P03" | "40P01" | "40001"))
        }
        _ => false,
    }
}

fn corrupt(error: &DbErr) -> RepositoryError {
    RepositoryError::Corrupt { entity: "row", reason: error.to_string() }
}

fn broken_constraint(error: &dyn DatabaseError) -> Option<Constraint> {
    match error.kind() {
        ErrorKind::UniqueViolation => Some(unique_constraint(error)),
        ErrorKind::ForeignKeyViolation => Some(Constraint::ForeignKey),
        ErrorKind::NotNullViolation | ErrorKind::CheckViolation | ErrorKind::ExclusionViolation => {
            Some(Constraint::Other)
        }
        _ => None,
    }
}

fn unique_constraint(error: &dyn DatabaseError) -> Constraint {
    // SQLite names no constraint but says "UNIQUE constraint failed: messages.room_id, messages.seq".
    let columns = || error.message().rsplit_once(": ").map_or("", |(_, columns)| columns);
    let broken = error.constraint().unwrap_or_else(columns);
    UNIQUE
        .into_iter()
        .find(|(_, name, columns)| broken == *name || broken == *columns)
        .map_or(Constraint::Other, |(constraint, ..)| constraint)
}
