//! Table `friendships`.

use plaza_domain::{Friendship, FriendshipState, RepositoryError, Restraint, UserId, UserPair};
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;

const ENTITY: &str = "friendship";

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "friendships")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) low_user_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) high_user_id: Uuid,
    pub(crate) state: String,
    /// Who made the open request.
    pub(crate) asker_id: Option<Uuid>,
    /// Whom it is to: the other one.
    pub(crate) asked_id: Option<Uuid>,
    pub(crate) is_hidden: bool,
    /// When the open request was made, or the friendship began.
    pub(crate) since: Option<DateTimeUtc>,
    pub(crate) low_hidden_until: Option<DateTimeUtc>,
    pub(crate) low_again_at: Option<DateTimeUtc>,
    pub(crate) high_hidden_until: Option<DateTimeUtc>,
    pub(crate) high_again_at: Option<DateTimeUtc>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl From<&Friendship> for ActiveModel {
    fn from(friendship: &Friendship) -> Self {
        let Friendship { users, state, low, high } = *friendship;
        let (state, asker, is_hidden, since) = match state {
            FriendshipState::Strangers => ("strangers", None, false, None),
            FriendshipState::Requested { by, at, is_hidden } => ("requested", Some(by), is_hidden, Some(at)),
            FriendshipState::Friends { since } => ("friends", None, false, Some(since)),
        };
        let asked = asker.and_then(|asker| users.other(asker));
        Self {
            low_user_id: Set(users.low().uuid()),
            high_user_id: Set(users.high().uuid()),
            state: Set(state.to_owned()),
            asker_id: Set(asker.map(UserId::uuid)),
            asked_id: Set(asked.map(UserId::uuid)),
            is_hidden: Set(is_hidden),
            since: Set(since),
            low_hidden_until: Set(low.hidden_until),
            low_again_at: Set(low.again_at),
            high_hidden_until: Set(high.hidden_until),
            high_again_at: Set(high.again_at),
        }
    }
}

impl TryFrom<Model> for Friendship {
    type Error = RepositoryError;

    fn try_from(row: Model) -> Result<Self, Self::Error> {
        let corrupt = |reason: &str| RepositoryError::Corrupt { entity: ENTITY, reason: reason.to_owned() };
        let users = UserPair::new(UserId::new(row.low_user_id), UserId::new(row.high_user_id));
        let state = match (row.state.as_str(), row.asker_id, row.since) {
            ("strangers", None, None) => FriendshipState::Strangers,
            ("requested", Some(by), Some(at)) => {
                FriendshipState::Requested { by: UserId::new(by), at, is_hidden: row.is_hidden }
            }
            ("friends", None, Some(since)) => FriendshipState::Friends { since },
            _ => return Err(corrupt("its state does not fit what belongs to it")),
        };
        Ok(Self {
            users: users.ok_or_else(|| corrupt("its two users are one"))?,
            state,
            low: Restraint { hidden_until: row.low_hidden_until, again_at: row.low_again_at },
            high: Restraint { hidden_until: row.high_hidden_until, again_at: row.high_again_at },
        })
    }
}
