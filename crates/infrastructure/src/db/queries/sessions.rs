//! Logins and their refresh tokens.

use plaza_domain::{SessionId, Timestamp, TokenDigest, UserId};
use sea_orm::sea_query::{DeleteStatement, Expr, ExprTrait, Order, Query, SelectStatement, UpdateStatement};
use sea_orm::{EntityTrait, Iterable, QueryTrait};

use super::padded;
use crate::db::entity::{refresh_token, session, user};

/// A login and whose it is, in columns named as SeaORM names those of two entities.
pub fn find_with_user(id: SessionId) -> SelectStatement {
    session::Entity::find_by_id(id.uuid()).find_also_related(user::Entity).into_query()
}

/// The logins of a user that are not over, newest first.
pub fn list(user_id: UserId, now: Timestamp, before: Option<SessionId>, limit: u64) -> SelectStatement {
    let column = |column| Expr::col((session::Entity, column));
    Query::select()
        .columns(session::Column::iter().map(|column| (session::Entity, column)))
        .from(session::Entity)
        .and_where(column(session::Column::UserId).eq(user_id.uuid()))
        .and_where(column(session::Column::RevokedAt).is_null())
        .and_where(column(session::Column::ExpiresAt).gt(now))
        .and_where_option(before.map(|id| column(session::Column::Id).lt(id.uuid())))
        .order_by((session::Entity, session::Column::Id), Order::Desc)
        .limit(limit)
        .take()
}

/// Notes that logins were used; at least one.
pub fn note_uses(ids: &[SessionId], at: Timestamp) -> UpdateStatement {
    let column = |column| Expr::col((session::Entity, column));
    Query::update()
        .table(session::Entity)
        .value(session::Column::LastUsedAt, at)
        .and_where(column(session::Column::Id).is_in(padded(ids.iter().map(|id| id.uuid()))))
        .and_where(column(session::Column::LastUsedAt).lt(at))
        .take()
}

/// Ends every login of a user but one.
pub fn revoke_all(user_id: UserId, except: Option<SessionId>, at: Timestamp) -> UpdateStatement {
    let column = |column| Expr::col((session::Entity, column));
    Query::update()
        .table(session::Entity)
        .value(session::Column::RevokedAt, at)
        .and_where(column(session::Column::UserId).eq(user_id.uuid()))
        .and_where(column(session::Column::RevokedAt).is_null())
        .and_where_option(except.map(|id| column(session::Column::Id).ne(id.uuid())))
        .take()
}

/// The refresh token with that digest.
pub fn find_token(digest: TokenDigest) -> SelectStatement {
    Query::select()
        .columns(refresh_token::Column::iter())
        .from(refresh_token::Entity)
        .and_where(Expr::col(refresh_token::Column::Digest).eq(digest.0.to_vec()))
        .take()
}

/// The refresh token of a login that is not used. There is an index of those, which holds one for each login.
pub fn find_live_token(session_id: SessionId) -> SelectStatement {
    let column = |column| Expr::col((refresh_token::Entity, column));
    Query::select()
        .columns(refresh_token::Column::iter())
        .from(refresh_token::Entity)
        .and_where(column(refresh_token::Column::SessionId).eq(session_id.uuid()))
        .and_where(column(refresh_token::Column::ConsumedAt).is_null())
        .take()
}

/// Removes refresh tokens that expired before then. In the order of their ids, which is that of their making: those that
/// expired come first, so that few others are looked at.
pub fn purge_tokens(before: Timestamp, limit: u64) -> DeleteStatement {
    let expired = Query::select()
        .column(refresh_token::Column::Id)
        .from(refresh_token::Entity)
        .and_where(Expr::col(refresh_token::Column::ExpiresAt).lt(before))
        .order_by(refresh_token::Column::Id, Order::Asc)
        .limit(limit)
        .take();
    Query::delete()
        .from_table(refresh_token::Entity)
        .and_where(Expr::col(refresh_token::Column::Id).in_subquery(expired))
        .take()
}

/// Removes logins that were over by then, with their tokens.
pub fn purge(before: Timestamp, limit: u64) -> DeleteStatement {
    let ended = Expr::col(session::Column::RevokedAt).lt(before);
    let over = Query::select()
        .column(session::Column::Id)
        .from(session::Entity)
        .and_where(Expr::col(session::Column::ExpiresAt).lt(before).or(ended))
        .order_by(session::Column::Id, Order::Asc)
        .limit(limit)
        .take();
    Query::delete()
        .from_table(session::Entity)
        .and_where(Expr::col(session::Column::Id).in_subquery(over))
        .take()
}
