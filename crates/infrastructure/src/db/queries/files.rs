//! Who may see an upload, and which uploads nothing shows.

use plaza_domain::{FileId, FilePlace, FilePurpose, Timestamp, UserId};
use sea_orm::DbBackend;
use sea_orm::sea_query::{
    Alias, CommonTableExpression, DeleteStatement, Expr, ExprTrait, JoinType, Order, Query, SelectStatement,
};
use uuid::Uuid;

use super::{padded, skip_locked};
use crate::db::entity::file::{Column, Entity};
use crate::db::entity::{message, room, room_member, user};

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

/// Uploads that were made before a time and not deleted, the oldest first, after a place.
pub fn list_kept(before: Timestamp, after: Option<FilePlace>, limit: u64) -> SelectStatement {
    let created_at = || Expr::col(Column::CreatedAt);
    let mut query = Query::select();
    query
        .columns([Column::CreatedAt, Column::Id])
        .from(Entity)
        .and_where(Expr::col(Column::DeletedAt).is_null())
        .and_where(created_at().lt(before))
        .and_where(Expr::col(Column::Purpose).ne(FilePurpose::Export.as_str()))
        .order_by(Column::CreatedAt, Order::Asc)
        .order_by(Column::Id, Order::Asc)
        .limit(limit);
    if let Some(after) = after {
        let is_later = created_at().gt(after.created_at).or(Expr::col(Column::Id).gt(after.id.uuid()));
        // The first condition follows from the second, and is one that an index understands.
        query.and_where(created_at().gte(after.created_at)).and_where(is_later);
    }
    query
}

/// Which of these uploads a message in a room shows, neither of them deleted.
pub fn shown_in_messages(ids: &[FileId]) -> SelectStatement {
    let same_room =
        Expr::col((room::Entity, room::Column::Id)).equals((message::Entity, message::Column::RoomId));
    Query::select()
        .distinct()
        .column((message::Entity, message::Column::FileId))
        .from(message::Entity)
        .join(JoinType::InnerJoin, room::Entity, same_room)
        .and_where(Expr::col((message::Entity, message::Column::FileId)).is_in(keys(ids)))
        .and_where(Expr::col((message::Entity, message::Column::DeletedAt)).is_null())
        .and_where(Expr::col((room::Entity, room::Column::DeletedAt)).is_null())
        .take()
}

/// Which of these uploads are somebody's avatar.
pub fn shown_as_avatars(ids: &[FileId]) -> SelectStatement {
    Query::select()
        .column(user::Column::AvatarFileId)
        .from(user::Entity)
        .and_where(Expr::col(user::Column::AvatarFileId).is_in(keys(ids)))
        .take()
}

/// Removes the rows of deleted uploads that no message names, the first that were deleted first.
pub fn forget_deleted(backend: DbBackend, limit: u64) -> DeleteStatement {
    let naming = Query::select()
        .expr(Expr::Constant(1.into()))
        .from(message::Entity)
        .and_where(Expr::col((message::Entity, message::Column::FileId)).equals((Entity, Column::Id)))
        .take();
    let mut forgotten = Query::select();
    forgotten
        .column(Column::Id)
        .from(Entity)
        .and_where(Expr::col(Column::DeletedAt).is_not_null())
        .and_where(Expr::exists(naming).not())
        .order_by(Column::DeletedAt, Order::Asc)
        .limit(limit);
    skip_locked(backend, &mut forgotten);
    Query::delete().from_table(Entity).and_where(Expr::col(Column::Id).in_subquery(forgotten)).take()
}

fn keys(ids: &[FileId]) -> Vec<Uuid> {
    padded(ids.iter().map(|id| id.uuid()))
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
