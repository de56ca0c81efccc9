//! What messages said before they were edited.

use plaza_domain::{MessageId, Version};
use sea_orm::Iterable;
use sea_orm::sea_query::{DeleteStatement, Expr, ExprTrait, Order, Query, SelectStatement};

use super::subquery;
use crate::db::entity::message_edit::{Column, Entity};

/// What a message said before its edits, the newest first.
pub fn list(message_id: MessageId, before: Option<Version>, limit: u64) -> SelectStatement {
    let before = before.map(|version| Expr::col(Column::Version).lt(version.get()));
    Query::select()
        .columns(Column::iter())
        .from(Entity)
        .and_where(Expr::col(Column::MessageId).eq(message_id.uuid()))
        .and_where_option(before)
        .order_by(Column::Version, Order::Desc)
        .limit(limit)
        .take()
}

/// Deletes all but the newest of them.
pub fn trim(message_id: MessageId, keep: u64) -> DeleteStatement {
    let newest_forgotten = Query::select()
        .column(Column::Version)
        .from(Entity)
        .and_where(Expr::col(Column::MessageId).eq(message_id.uuid()))
        .order_by(Column::Version, Order::Desc)
        .limit(1)
        .offset(keep)
        .take();
    Query::delete()
        .from_table(Entity)
        .and_where(Expr::col(Column::MessageId).eq(message_id.uuid()))
        .and_where(Expr::col(Column::Version).lte(subquery(newest_forgotten)))
        .take()
}
