//! Accounts at OpenID providers by which users log in.

use plaza_domain::{Issuer, Subject, UserId};
use sea_orm::Iterable;
use sea_orm::sea_query::{Expr, ExprTrait, Order, Query, SelectStatement};

use crate::db::entity::identity::{Column, Entity};

/// That of an issuer with that name there.
pub fn find(issuer: &Issuer, subject: &Subject) -> SelectStatement {
    Query::select()
        .columns(Column::iter())
        .from(Entity)
        .and_where(Expr::col(Column::Issuer).eq(issuer.as_str()))
        .and_where(Expr::col(Column::Subject).eq(subject.as_str()))
        .take()
}

/// Those of a user, oldest first.
pub fn list(user_id: UserId, limit: u64) -> SelectStatement {
    Query::select()
        .columns(Column::iter())
        .from(Entity)
        .and_where(Expr::col(Column::UserId).eq(user_id.uuid()))
        .order_by(Column::Id, Order::Asc)
        .limit(limit)
        .take()
}
