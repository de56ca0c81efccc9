//! Logins.

use plaza_domain::{SessionId, TokenDigest};
use sea_orm::sea_query::{Expr, ExprTrait, Query, SelectStatement};
use sea_orm::{EntityTrait, Iterable, QueryTrait};

use crate::db::entity::{refresh_token, session, user};

/// A login and whose it is, in columns named as SeaORM names those of two entities.
pub fn find_with_user(id: SessionId) -> SelectStatement {
    session::Entity::find_by_id(id.uuid()).find_also_related(user::Entity).into_query()
}

/// The refresh token with that digest.
pub fn find_token(digest: TokenDigest) -> SelectStatement {
    Query::select()
        .columns(refresh_token::Column::iter())
        .from(refresh_token::Entity)
        .and_where(Expr::col(refresh_token::Column::Digest).eq(digest.0.to_vec()))
        .take()
}
