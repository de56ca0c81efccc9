//! Links in mails.

use plaza_domain::{MailPurpose, TaskId, Timestamp, TokenDigest, UserId};
use sea_orm::sea_query::{DeleteStatement, Expr, ExprTrait, Order, Query, SelectStatement, UpdateStatement};
use sea_orm::{EntityTrait, Iterable, QueryTrait};

use crate::db::entity::mail_token::{Column, Entity};

/// The link that a task sends.
pub fn find(task_id: TaskId) -> SelectStatement {
    Entity::find_by_id(task_id.uuid()).into_query()
}

/// The link with that digest.
pub fn find_by_digest(digest: TokenDigest) -> SelectStatement {
    select().and_where(Expr::col(Column::Digest).eq(digest.0.to_vec())).take()
}

/// The user's link for a purpose, of which there is at most one.
pub fn find_for(user_id: UserId, purpose: MailPurpose) -> SelectStatement {
    let mut query = select();
    query
        .and_where(Expr::col(Column::UserId).eq(user_id.uuid()))
        .and_where(Expr::col(Column::Purpose).eq(purpose.as_str()))
        .take()
}

/// Uses a link up, once, and in time.
pub fn consume(task_id: TaskId, at: Timestamp) -> UpdateStatement {
    Query::update()
        .table(Entity)
        .value(Column::UsedAt, at)
        .and_where(Expr::col(Column::TaskId).eq(task_id.uuid()))
        .and_where(Expr::col(Column::UsedAt).is_null())
        .and_where(Expr::col(Column::ExpiresAt).gt(at))
        .take()
}

/// Forgets the links of a user: all, or those for one purpose.
pub fn void(user_id: UserId, purpose: Option<MailPurpose>) -> DeleteStatement {
    Query::delete()
        .from_table(Entity)
        .and_where(Expr::col(Column::UserId).eq(user_id.uuid()))
        .and_where_option(purpose.map(|purpose| Expr::col(Column::Purpose).eq(purpose.as_str())))
        .take()
}

/// Forgets links that had expired by then.
pub fn purge(before: Timestamp, limit: u64) -> DeleteStatement {
    let expired = Query::select()
        .column(Column::TaskId)
        .from(Entity)
        .and_where(Expr::col(Column::ExpiresAt).lt(before))
        .order_by(Column::ExpiresAt, Order::Asc)
        .limit(limit)
        .take();
    Query::delete().from_table(Entity).and_where(Expr::col(Column::TaskId).in_subquery(expired)).take()
}

fn select() -> SelectStatement {
    Query::select().columns(Column::iter()).from(Entity).take()
}
