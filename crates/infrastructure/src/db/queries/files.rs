//! Who may see an upload.

use plaza_domain::{FileId, UserId};
use sea_orm::sea_query::{Alias, CommonTableExpression, Expr, ExprTrait, JoinType, Query, SelectStatement};

use crate::db::entity::{message, room, room_member};

/// What [`is_shared_with`] calls its answer.
pub(crate) const IS_SHARED: &str = "is_shared";

/// The rooms that show an upload.
const SHOWING: &str = "showing";

/// Whether a message shows the upload in a room that the user is in now. Nothing that was deleted counts.
///
/// Where it is shown is found first, and on its own: Postgres would rather look through all messages of the user's
/// rooms, which it takes for few.
pub fn is_shared_with(id: FileId, user_id: UserId) -> SelectStatement {
    let showing = CommonTableExpression::new()
        .table_name(Alias::new(SHOWING))
        .column(message::Column::RoomId)
        .materialized(true)
        .query(showing_rooms(id))
        .to_owned();
    let shown_room = || Expr::col((Alias::new(SHOWING), message::Column::RoomId));
    let same_room = Expr::col((room::Entity, room::Column::Id)).eq(shown_room());
    let member = Expr::col((room_member::Entity, room_member::Column::RoomId))
        .eq(shown_room())
        .and(Expr::col((room_member::Entity, room_member::Column::UserId)).eq(user_id.uuid()));
    let shared = Query::select()
        .expr(Expr::Constant(1.into()))
        .from(Alias::new(SHOWING))
        .join(JoinType::InnerJoin, room::Entity, same_room)
        .join(JoinType::InnerJoin, room_member::Entity, member)
        .and_where(Expr::col((room::Entity, room::Column::DeletedAt)).is_null())
        .and_where(Expr::col((room_member::Entity, room_member::Column::LeftAt)).is_null())
        .take();
    Query::select().expr_as(Expr::exists(shared), IS_SHARED).with_cte(showing).take()
}

fn showing_rooms(id: FileId) -> SelectStatement {
    Query::select()
        .distinct()
        .column(message::Column::RoomId)
        .from(message::Entity)
        .and_where(Expr::col(message::Column::FileId).eq(id.uuid()))
        .and_where(Expr::col(message::Column::DeletedAt).is_null())
        .take()
}
