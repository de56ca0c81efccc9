//! How users' files and uploads are counted, each in a write that says no when there is no room.

use chrono::TimeDelta;
use plaza_domain::{Upload, UserId};
use sea_orm::DbBackend;
use sea_orm::sea_query::{
    DeleteStatement, Expr, ExprTrait, Func, InsertStatement, OnConflict, Order, Query, UpdateStatement,
};

use super::{skip_locked, subquery};
use crate::db::clock;
use crate::db::entity::{convert, file_usage as usage, upload};

/// Counts a file of that many bytes unless more than `allowed` were used then. The caller looks at whether the file
/// alone is more than that: a first row has no condition.
pub fn charge(user_id: UserId, bytes: u64, allowed: Option<u64>) -> InsertStatement {
    let stored = |column: usage::Column| Expr::col((usage::Entity, column));
    let bytes = convert::length(bytes);
    let mut there = OnConflict::column(usage::Column::UserId)
        .value(usage::Column::Bytes, stored(usage::Column::Bytes).add(bytes))
        .value(usage::Column::Files, stored(usage::Column::Files).add(1))
        .to_owned();
    if let Some(allowed) = allowed {
        there.action_and_where(
            stored(usage::Column::Bytes).lte(convert::length(allowed).saturating_sub(bytes)),
        );
    }
    row(user_id, bytes, 1).on_conflict(there).take()
}

/// Takes back a charge.
pub fn discharge(user_id: UserId, bytes: u64) -> UpdateStatement {
    let bytes = convert::length(bytes);
    Query::update()
        .table(usage::Entity)
        .value(usage::Column::Bytes, Expr::col(usage::Column::Bytes).sub(bytes))
        .value(usage::Column::Files, Expr::col(usage::Column::Files).sub(1))
        .and_where(Expr::col(usage::Column::UserId).eq(user_id.uuid()))
        .and_where(Expr::col(usage::Column::Bytes).gte(bytes))
        .and_where(Expr::col(usage::Column::Files).gte(1))
        .take()
}

/// Makes sure that no two transactions begin uploads of one user at the same time: writes nothing new, and locks.
pub fn lock(user_id: UserId) -> InsertStatement {
    let same = OnConflict::column(usage::Column::UserId).update_column(usage::Column::UserId).to_owned();
    row(user_id, 0, 0).on_conflict(same).take()
}

/// Notes that an upload is under way, unless as many are that have not expired. To be run under [`lock`].
pub fn begin_upload(backend: DbBackend, new: Upload, lasts: TimeDelta, at_most: u64) -> InsertStatement {
    let under_way = Query::select()
        .expr(Func::count(Expr::col(upload::Column::Id)))
        .from(upload::Entity)
        .and_where(Expr::col(upload::Column::UserId).eq(new.user_id.uuid()))
        .and_where(Expr::col(upload::Column::ExpiresAt).gt(clock::now(backend)))
        .take();
    let values = Query::select()
        .expr(Expr::val(new.id.uuid()))
        .expr(Expr::val(new.user_id.uuid()))
        .expr(clock::now(backend))
        .expr(clock::after(backend, lasts))
        .and_where(subquery(under_way).lt(convert::length(at_most)))
        .take();
    let mut insert = Query::insert();
    insert.into_table(upload::Entity).columns([
        upload::Column::Id,
        upload::Column::UserId,
        upload::Column::StartedAt,
        upload::Column::ExpiresAt,
    ]);
    // As many values as columns: the two lists above.
    let _ = insert.select_from(values);
    insert
}

/// Forgets uploads that lasted too long, the oldest first.
pub fn forget_uploads(backend: DbBackend, limit: u64) -> DeleteStatement {
    let mut over = Query::select();
    over.column(upload::Column::Id)
        .from(upload::Entity)
        .and_where(Expr::col(upload::Column::ExpiresAt).lte(clock::now(backend)))
        .order_by(upload::Column::ExpiresAt, Order::Asc)
        .limit(limit);
    skip_locked(backend, &mut over);
    Query::delete()
        .from_table(upload::Entity)
        .and_where(Expr::col(upload::Column::Id).in_subquery(over))
        .take()
}

fn row(user_id: UserId, bytes: i64, files: i64) -> InsertStatement {
    Query::insert()
        .into_table(usage::Entity)
        .columns([usage::Column::UserId, usage::Column::Bytes, usage::Column::Files])
        .values_panic([user_id.uuid().into(), bytes.into(), files.into()])
        .take()
}
