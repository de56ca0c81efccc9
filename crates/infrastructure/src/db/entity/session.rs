//! Table `sessions`.

use plaza_domain::{Device, RepositoryError, Session, SessionId, UserAgent, UserId};
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;

use super::convert;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sessions")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    pub(crate) user_id: Uuid,
    pub(crate) created_at: DateTimeUtc,
    pub(crate) refreshed_at: DateTimeUtc,
    pub(crate) last_used_at: DateTimeUtc,
    pub(crate) expires_at: DateTimeUtc,
    pub(crate) user_agent: Option<String>,
    pub(crate) address: Option<String>,
    pub(crate) revoked_at: Option<DateTimeUtc>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {
    #[sea_orm(belongs_to = "super::user::Entity", from = "Column::UserId", to = "super::user::Column::Id")]
    User,
}

impl Related<super::user::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::User.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}

impl From<&Session> for ActiveModel {
    fn from(session: &Session) -> Self {
        let device = &session.device;
        Self {
            id: Set(session.id.uuid()),
            user_id: Set(session.user_id.uuid()),
            created_at: Set(session.created_at),
            refreshed_at: Set(session.refreshed_at),
            last_used_at: Set(session.last_used_at),
            expires_at: Set(session.expires_at),
            user_agent: Set(device.user_agent.clone().map(UserAgent::into_string)),
            address: Set(device.address.map(|address| address.to_string())),
            revoked_at: Set(session.revoked_at),
        }
    }
}

impl TryFrom<Model> for Session {
    type Error = RepositoryError;

    fn try_from(row: Model) -> Result<Self, Self::Error> {
        let address = row.address.map(|text| convert::word("session", &text, |text| text.parse().ok()));
        Ok(Self {
            id: SessionId::new(row.id),
            user_id: UserId::new(row.user_id),
            created_at: row.created_at,
            refreshed_at: row.refreshed_at,
            last_used_at: row.last_used_at,
            expires_at: row.expires_at,
            device: Device {
                user_agent: row.user_agent.map(UserAgent::from_stored),
                address: address.transpose()?,
            },
            revoked_at: row.revoked_at,
        })
    }
}
