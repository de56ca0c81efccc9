//! The audit log.

use plaza_domain::{AuditFilter, AuditHead};
use sea_orm::sea_query::{Expr, ExprTrait, Order, Query, SelectStatement, UpdateStatement};
use sea_orm::{DbBackend, Iterable};

use crate::db::clock;
use crate::db::entity::{audit_entry, audit_head};

/// What the query for the head calls the time.
pub(crate) const NOW: &str = "now";

/// Where the chain ends.
pub fn head() -> SelectStatement {
    Query::select().columns(audit_head::Column::iter()).from(audit_head::Entity).take()
}

/// Where the chain ends, and what time it is; nobody else appends until the transaction ends.
pub fn lock_head(backend: DbBackend) -> SelectStatement {
    head().expr_as(clock::now(backend), NOW).lock_exclusive().take()
}

/// The chain ends there now.
pub fn move_head(head: &AuditHead) -> UpdateStatement {
    Query::update()
        .table(audit_head::Entity)
        .value(audit_head::Column::Number, head.number)
        .value(audit_head::Column::Hash, head.hash.0.to_vec())
        .take()
}

/// What fits a filter, newest first.
pub fn list(filter: &AuditFilter, before: Option<i64>, limit: u64) -> SelectStatement {
    entries(limit)
        .and_where_option(filter.actor_id.map(|id| column(audit_entry::Column::ActorId).eq(id.uuid())))
        .and_where_option(filter.target_id.map(|id| column(audit_entry::Column::TargetId).eq(id)))
        .and_where_option(filter.action.map(|action| column(audit_entry::Column::Action).eq(action.as_str())))
        .and_where_option(filter.from.map(|from| column(audit_entry::Column::At).gte(from)))
        .and_where_option(filter.to.map(|to| column(audit_entry::Column::At).lt(to)))
        .and_where_option(before.map(|number| column(audit_entry::Column::Number).lt(number)))
        .order_by((audit_entry::Entity, audit_entry::Column::Number), Order::Desc)
        .take()
}

/// Entries in the order in which they were written.
pub fn follow(after: i64, limit: u64) -> SelectStatement {
    entries(limit)
        .and_where(column(audit_entry::Column::Number).gt(after))
        .order_by((audit_entry::Entity, audit_entry::Column::Number), Order::Asc)
        .take()
}

fn entries(limit: u64) -> SelectStatement {
    Query::select().columns(audit_entry::Column::iter()).from(audit_entry::Entity).limit(limit).take()
}

fn column(column: audit_entry::Column) -> Expr {
    Expr::col((audit_entry::Entity, column))
}
