//! Reactions to messages.

use plaza_domain::{Emoji, MessageId, UserId};
use sea_orm::sea_query::{Expr, ExprTrait, Order, Query, SelectStatement};

use super::join_user;
use crate::db::entity::reaction::{Column, Entity};

/// Who reacted to a message with what, by user and emoji.
pub fn list(message_id: MessageId, after: Option<(UserId, Emoji)>, limit: u64) -> SelectStatement {
    let key = || Expr::tuple([Expr::col((Entity, Column::UserId)), Expr::col((Entity, Column::Emoji))]);
    let after = after.map(|(user_id, emoji)| {
        key().gt(Expr::tuple([Expr::val(user_id.uuid()), Expr::val(emoji.into_string())]))
    });
    let mut query = Query::select();
    query.columns([(Entity, Column::Emoji), (Entity, Column::CreatedAt)]).from(Entity);
    join_user(&mut query, (Entity, Column::UserId));
    query
        .and_where(Expr::col((Entity, Column::MessageId)).eq(message_id.uuid()))
        .and_where_option(after)
        .order_by((Entity, Column::UserId), Order::Asc)
        .order_by((Entity, Column::Emoji), Order::Asc)
        .limit(limit)
        .take()
}
