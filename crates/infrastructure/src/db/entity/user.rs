//! Table `users`.

use plaza_domain::{
    Bio, DisplayName, Email, FileId, PasswordHash, RepositoryError, SystemRole, User, UserId, UserSummary,
    Username,
};
use sea_orm::entity::prelude::*;
use sea_orm::{
    ActiveValue::{NotSet, Set},
    QueryResult,
};

use super::convert;

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
            disabled_at: Set(user.disabled_at),
            shows_receipts: NotSet,
            last_seen_at: NotSet,
        }
    }
}

impl TryFrom<Model> for User {
    type Error = RepositoryError;

    fn try_from(row: Model) -> Result<Self, Self::Error> {
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
            disabled_at: row.disabled_at,
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
