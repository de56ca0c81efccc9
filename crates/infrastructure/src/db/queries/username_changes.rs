//! Which handles accounts had.

use plaza_domain::{UserId, UsernameChangeId};
use sea_orm::sea_query::SelectStatement;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait};

use crate::db::entity::username_change::{Column, Entity};

/// [`UsernameChangeRepository::list`](plaza_domain::repository::UsernameChangeRepository::list).
pub fn list(user_id: UserId, before: Option<UsernameChangeId>, limit: u64) -> SelectStatement {
    let mut query = Entity::find().filter(Column::UserId.eq(user_id.uuid()));
    if let Some(before) = before {
        query = query.filter(Column::Id.lt(before.uuid()));
    }
    query.order_by_desc(Column::Id).limit(limit).into_query()
}
