//! How contents are counted, and how those that nothing refers to are found.
//!
//! Conditions are written into the statements as constants: the partial indexes are chosen by them.

use chrono::TimeDelta;
use plaza_domain::{Blob, Sha256};
use sea_orm::sea_query::{
    Alias, CaseStatement, CommonTableExpression, DeleteStatement, Expr, ExprTrait, InsertStatement, Keyword,
    OnConflict, Order, Query, SelectStatement, UpdateStatement,
};
use sea_orm::{DbBackend, EntityTrait, Iterable, QueryTrait};

use super::{padded, skip_locked};
use crate::db::clock;
use crate::db::entity::blob::{ActiveModel, Column, Entity};
use crate::db::entity::file;

/// Stores a content with its first reference, or refers to it once more; what was purged gets the new object. The row
/// is locked until the transaction ends.
pub fn acquire(blob: &Blob) -> InsertStatement {
    let stored = |column: Column| Expr::col((Entity, column));
    let given = |column: Column| Expr::col((Alias::new("excluded"), column));
    let either = |column: Column| {
        let is_purged = stored(Column::PurgedAt).is_not_null();
        CaseStatement::new().case(is_purged, given(column)).finally(stored(column))
    };
    let there = OnConflict::column(Column::Sha256)
        .value(Column::StorageKey, either(Column::StorageKey))
        .value(Column::CreatedAt, either(Column::CreatedAt))
        .value(Column::ReferenceCount, stored(Column::ReferenceCount).add(1))
        .value(Column::ReleasedAt, Expr::Keyword(Keyword::Null))
        .value(Column::PurgedAt, Expr::Keyword(Keyword::Null))
        .to_owned();
    let mut upsert = Entity::insert(ActiveModel::from(blob)).into_query();
    upsert.on_conflict(there).returning(Query::returning().columns(Column::iter()));
    upsert
}

/// Refers to a content once less, and notes when that was the last time.
pub fn release(backend: DbBackend, sha256: Sha256) -> UpdateStatement {
    let is_last = Expr::col(Column::ReferenceCount).eq(1);
    let released_at =
        CaseStatement::new().case(is_last, clock::now(backend)).finally(Expr::col(Column::ReleasedAt));
    Query::update()
        .table(Entity)
        .value(Column::ReleasedAt, released_at)
        .value(Column::ReferenceCount, Expr::col(Column::ReferenceCount).sub(1))
        .and_where(Expr::col(Column::Sha256).eq(sha256.0.to_vec()))
        .and_where(Expr::col(Column::ReferenceCount).gt(0))
        .take()
}

/// Marks what nothing has referred to for that long as purged, the longest first, and gives the keys.
pub fn purge(backend: DbBackend, unused_for: TimeDelta, limit: u64) -> UpdateStatement {
    let mut unused = Query::select();
    unused
        .column(Column::Sha256)
        .from(Entity)
        .and_where(Expr::cust("reference_count = 0 AND purged_at IS NULL"))
        .and_where(Expr::col(Column::ReleasedAt).lte(clock::after(backend, -unused_for)))
        .order_by(Column::ReleasedAt, Order::Asc)
        .limit(limit);
    Query::update()
        .table(Entity)
        .value(Column::PurgedAt, clock::now(backend))
        .and_where(one_of(backend, unused))
        .returning(Query::returning().column(Column::StorageKey))
        .take()
}

/// Removes purged blobs that no file names, the oldest first.
pub fn forget_purged(backend: DbBackend, limit: u64) -> DeleteStatement {
    let naming = Query::select()
        .expr(Expr::Constant(1.into()))
        .from(file::Entity)
        .and_where(Expr::col((file::Entity, file::Column::Sha256)).equals((Entity, Column::Sha256)))
        .take();
    let mut forgotten = Query::select();
    forgotten
        .column(Column::Sha256)
        .from(Entity)
        .and_where(Expr::cust("purged_at IS NOT NULL"))
        .and_where(Expr::exists(naming).not())
        .order_by(Column::PurgedAt, Order::Asc)
        .limit(limit);
    Query::delete().from_table(Entity).and_where(one_of(backend, forgotten)).take()
}

/// Which of these keys belong to blobs that were not purged.
pub fn named(keys: &[String]) -> SelectStatement {
    Query::select()
        .column(Column::StorageKey)
        .from(Entity)
        .and_where(Expr::col(Column::StorageKey).is_in(padded(keys.iter().map(String::as_str))))
        .and_where(Expr::cust("purged_at IS NULL"))
        .take()
}

/// The blobs of a query, less those that a transaction is just changing: they are looked at again when it is over.
fn one_of(backend: DbBackend, mut query: SelectStatement) -> Expr {
    skip_locked(backend, &mut query);
    let name = "fitting";
    let fitting = CommonTableExpression::new()
        .table_name(Alias::new(name))
        .column(Column::Sha256)
        .materialized(true)
        .query(query)
        .to_owned();
    let keys = Query::select().column(Column::Sha256).from(Alias::new(name)).with_cte(fitting).take();
    Expr::col(Column::Sha256).in_subquery(keys)
}
