//! Accounts, as admins look for them.

use plaza_domain::repository::UserFilter;
use plaza_domain::{Timestamp, UserId};
use sea_orm::sea_query::{Condition, Expr, ExprTrait, Func, Order, Query, SelectStatement};
use sea_orm::{DbBackend, Iterable};

use crate::db::entity::user::{Column, Entity};

/// What no text goes beyond that begins with another one, when it is put after that.
const LAST: char = char::MAX;

/// What fits a filter, newest first.
pub fn list(backend: DbBackend, filter: &UserFilter, before: Option<UserId>, limit: u64) -> SelectStatement {
    let mut query = Query::select()
        .columns(Column::iter().map(|column| (Entity, column)))
        .from(Entity)
        .and_where_option(filter.role.map(|role| column(Column::Role).eq(role.as_str())))
        .and_where_option(before.map(|id| column(Column::Id).lt(id.uuid())))
        .order_by((Entity, Column::Id), Order::Desc)
        .limit(limit)
        .take();
    match filter.is_suspended {
        Some(true) => query.and_where(column(Column::DisabledAt).is_not_null()),
        Some(false) => query.and_where(column(Column::DisabledAt).is_null()),
        None => &mut query,
    };
    if let Some(text) = &filter.search {
        let name = || Expr::from(Func::lower(column(Column::DisplayName)));
        let (folded, written) = (text.to_lowercase(), text.to_ascii_lowercase());
        let names = [column(Column::Username), column(Column::Email), name()];
        let mut any =
            names.into_iter().fold(Condition::any(), |any, name| any.add(begins(backend, name, &folded)));
        // SQLite, and Postgres by the locale C, leave letters beyond ASCII as they are.
        if written != folded {
            any = any.add(begins(backend, name(), &written));
        }
        query.cond_where(any);
    }
    query
}

/// Those whose suspension is over.
pub fn list_released(now: Timestamp, limit: u64) -> SelectStatement {
    Query::select()
        .column((Entity, Column::Id))
        .from(Entity)
        .and_where(column(Column::DisabledUntil).lte(now))
        .limit(limit)
        .take()
}

fn column(column: Column) -> Expr {
    Expr::col((Entity, column))
}

/// By bytes, as the indexes are sorted; Postgres has operators of its own for that.
fn begins(backend: DbBackend, name: Expr, text: &str) -> Expr {
    let end = format!("{text}{LAST}");
    if backend == DbBackend::Postgres {
        return Expr::cust_with_exprs(
            "($1 ~>=~ $2 AND $3 ~<~ $4)",
            [name.clone(), Expr::val(text), name, Expr::val(end)],
        );
    }
    name.clone().gte(text).and(name.lt(end))
}
