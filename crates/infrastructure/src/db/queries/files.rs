//! Who may see an upload.

use plaza_domain::{FileId, UserId};
use sea_orm::sea_query::{Expr, ExprTrait, JoinType, Query, SelectStatement};

use crate::db::entity::{message, room, room_member};

/// What [`is_shared_with`] calls its answer.
pub(crate) const IS_SHARED: &str = "is_shared";

/// Whether a message shows the upload in a room that the user is in now. Nothing that was deleted counts.
pub fn is_shared_with(id: FileId, user_id: UserId) -> SelectStatement {
    let message_room = || Expr::col((message::Entity, message::Column::RoomId));
    let same_room = Expr::col((room::Entity, room::Column::Id)).eq(message_room());
    let member = Expr::col((room_member::Entity, room_member::Column::RoomId))
        .eq(message_room())
        .and(Expr::col((room_member::Entity, room_member::Column::UserId)).eq(user_id.uuid()));
    let showing = Query::select()
        .expr(Expr::Constant(1.into()))
        .from(message::Entity)
        .join(JoinType::InnerJoin, room::Entity, same_room)
        .join(JoinType::InnerJoin, room_member::Entity, member)
        .and_where(Expr::col((message::Entity, message::Column::FileId)).eq(id.uuid()))
        .and_where(Expr::col((message::Entity, message::Column::DeletedAt)).is_null())
        .and_where(Expr::col((room::Entity, room::Column::DeletedAt)).is_null())
        .and_where(Expr::col((room_member::Entity, room_member::Column::LeftAt)).is_null())
        .take();
    Query::select().expr_as(Expr::exists(showing), IS_SHARED).take()
}
