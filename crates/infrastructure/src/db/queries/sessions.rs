//! Logins.

use plaza_domain::{SessionId, Timestamp, TokenDigest, UserId};
use sea_orm::sea_query::{Expr, ExprTrait, Query, SelectStatement, UpdateStatement};
use sea_orm::{EntityTrait, Iterable, QueryTrait};

use crate::db::entity::{refresh_token, session, user};

/// A login and whose it is, in columns named as SeaORM names those of two entities.
pub fn find_with_user(id: SessionId) -> SelectStatement {
    session::Entity::find_by_id(id.uuid()).find_also_related(user::Entity).into_query()
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
