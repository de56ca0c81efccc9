//! Table `users`.

use plaza_domain::{
    Bio, DisplayName, Email, FileId, Locale, PasswordHash, RepositoryError, StatusText, Suspension,
    SuspensionKind, SystemRole, TimeZone, User, UserId, UserSummary, Username,
};
use sea_orm::entity::prelude::*;
use sea_orm::{
    ActiveValue::{NotSet, Set},
    QueryResult,
};

use super::{columns::Columns, convert};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "users")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    pub(crate) email: String,
    pub(crate) username: String,
    pub(crate) display_name: String,
    pub(crate) bio: String,
    pub(crate) avatar_file_id: Option<Uuid>,
    pub(crate) role: String,
    pub(crate) password_hash: String,
    pub(crate) created_at: DateTimeUtc,
    pub(crate) updated_at: DateTimeUtc,
    pub(crate) disabled_at: Option<DateTimeUtc>,
    pub(crate) disabled_kind: Option<String>,
    pub(crate) disabled_until: Option<DateTimeUtc>,
    pub(crate) disabled_reason: String,
    pub(crate) status_text: String,
    pub(crate) time_zone: String,
    pub(crate) locale: String,
    pub(crate) email_verified_at: Option<DateTimeUtc>,
    pub(crate) erase_at: Option<DateTimeUtc>,
    pub(crate) erased_at: Option<DateTimeUtc>,
    /// A preference: set on its own.
    pub(crate) shows_receipts: bool,
    /// Written by itself, and not with the rest of an account.
    pub(crate) last_seen_at: Option<DateTimeUtc>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl From<&User> for ActiveModel {
    fn from(user: &User) -> Self {
        let suspension = user.suspension.as_ref();
        Self {
            id: Set(user.id.uuid()),
            email: Set(user.email.as_str().to_owned()),
            username: Set(user.username.as_str().to_owned()),
            display_name: Set(user.display_name.as_str().to_owned()),
            bio: Set(user.bio.as_str().to_owned()),
            avatar_file_id: Set(user.avatar_file_id.map(FileId::uuid)),
            role: Set(user.role.as_str().to_owned()),
            password_hash: Set(user.password_hash.expose().to_owned()),
            created_at: Set(user.created_at),
            updated_at: Set(user.updated_at),
            disabled_at: Set(suspension.map(|it| it.since)),
            disabled_kind: Set(suspension.map(|it| it.kind.as_str().to_owned())),
            disabled_until: Set(suspension.and_then(|it| it.until)),
            disabled_reason: Set(suspension.map(|it| it.reason.clone()).unwrap_or_default()),
            status_text: Set(user.status_text.as_str().to_owned()),
            time_zone: Set(user.time_zone.as_str().to_owned()),
            locale: Set(user.locale.as_str().to_owned()),
            email_verified_at: Set(user.email_verified_at),
            erase_at: Set(user.erase_at),
            erased_at: Set(user.erased_at),
            shows_receipts: NotSet,
            last_seen_at: NotSet,
        }
    }
}

impl TryFrom<Model> for User {
    type Error = RepositoryError;

    fn try_from(row: Model) -> Result<Self, Self::Error> {
        let suspension = match (row.disabled_at, row.disabled_kind) {
            (Some(since), Some(kind)) => Some(Suspension {
                kind: convert::word("user", &kind, SuspensionKind::parse)?,
                since,
                until: row.disabled_until,
                reason: row.disabled_reason,
            }),
            _ => None,
        };
        Ok(Self {
            id: UserId::new(row.id),
            email: Email::from_stored(row.email),
            username: Username::from_stored(row.username),
            display_name: DisplayName::from_stored(row.display_name),
            bio: Bio::from_stored(row.bio),
            avatar_file_id: row.avatar_file_id.map(FileId::new),
            role: convert::word("user", &row.role, SystemRole::parse)?,
            password_hash: PasswordHash::new(row.password_hash),
            created_at: row.created_at,
            updated_at: row.updated_at,
            status_text: StatusText::from_stored(row.status_text),
            time_zone: TimeZone::from_stored(row.time_zone),
            locale: Locale::from_stored(row.locale),
            email_verified_at: row.email_verified_at,
            suspension,
            erase_at: row.erase_at,
            erased_at: row.erased_at,
        })
    }
}

/// Under which names a query that joins `users` selects what a [`UserSummary`] needs.
pub(crate) const SUMMARY: [(&str, Column); 3] = [
    ("summary_id", Column::Id),
    ("summary_username", Column::Username),
    ("summary_display_name", Column::DisplayName),
];

/// Reads what was selected under the names of [`SUMMARY`].
pub(crate) fn summary(row: &QueryResult) -> Result<UserSummary, DbErr> {
    let [(id, _), (username, _), (display_name, _)] = SUMMARY;
    Ok(UserSummary {
        id: UserId::new(row.try_get("", id)?),
        username: Username::from_stored(row.try_get("", username)?),
        display_name: DisplayName::from_stored(row.try_get("", display_name)?),
    })
}

/// Reads the same, as the next columns of a row.
pub(crate) fn take_summary(columns: &mut Columns<'_>) -> Result<UserSummary, DbErr> {
    Ok(UserSummary {
        id: UserId::new(columns.take()?),
        username: Username::from_stored(columns.take()?),
        display_name: DisplayName::from_stored(columns.take()?),
    })
}
