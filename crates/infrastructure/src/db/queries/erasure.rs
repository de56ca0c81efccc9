//! What an account leaves behind when it is erased.

use plaza_domain::{DueErasure, FileId, MemberRole, RoomId, RoomKind, SystemRole, Timestamp, UserId};
use sea_orm::sea_query::{
    Alias, Condition, DeleteStatement, Expr, ExprTrait, JoinType, LockType, Order, Query, SelectStatement,
    UpdateStatement,
};
use sea_orm::{EntityTrait, QueryOrder, QueryTrait};

use crate::db::entity::{file, room, room_member, user};

/// Rows that are about a user alone.
pub struct Trace {
    table: &'static str,
    key: &'static [&'static str],
    /// The columns of which one names the user.
    users: &'static [&'static str],
}

const fn trace(table: &'static str, key: &'static [&'static str], users: &'static [&'static str]) -> Trace {
    Trace { table, key, users }
}

/// All of them.
pub const TRACES: [Trace; 10] = [
    trace("sessions", &["id"], &["user_id"]),
    trace("mail_tokens", &["task_id"], &["user_id"]),
    trace("identities", &["id"], &["user_id"]),
    trace("totp_secrets", &["user_id"], &["user_id"]),
    trace("recovery_codes", &["user_id", "digest"], &["user_id"]),
    trace("username_changes", &["id"], &["user_id"]),
    trace("friendships", &["low_user_id", "high_user_id"], &["low_user_id", "high_user_id"]),
    trace("blocks", &["blocker_id", "blocked_id"], &["blocker_id", "blocked_id"]),
    trace("thread_followers", &["message_id", "user_id"], &["user_id"]),
    // Found by the rooms that the user has ever been in.
    trace(READ_MARKS, &["room_id", "user_id", "seq"], &["user_id"]),
];

const READ_MARKS: &str = "read_marks";

/// The accounts whose time to be erased has come, those that have waited longest first, after one of them.
pub fn due(now: Timestamp, after: Option<DueErasure>, limit: u64) -> SelectStatement {
    let erase_at = || Expr::col(user::Column::EraseAt);
    let mut query = Query::select();
    query
        .columns([user::Column::EraseAt, user::Column::Id])
        .from(user::Entity)
        .and_where(erase_at().lte(now))
        .order_by(user::Column::EraseAt, Order::Asc)
        .order_by(user::Column::Id, Order::Asc)
        .limit(limit);
    if let Some(after) = after {
        let is_later = erase_at().gt(after.erase_at).or(Expr::col(user::Column::Id).gt(after.user_id.uuid()));
        // The first condition follows from the second, and is one that an index understands.
        query.and_where(erase_at().gte(after.erase_at)).and_where(is_later);
    }
    query
}

/// The server's admins who may act and stay, and somebody else, by rising id.
pub fn lock_admins(target: UserId) -> SelectStatement {
    let admin = Condition::all()
        // Written out, as in the index.
        .add(Expr::col(user::Column::Role).eq(Expr::cust(format!("'{}'", SystemRole::Admin.as_str()))))
        .add(Expr::col(user::Column::DisabledAt).is_null())
        .add(Expr::col(user::Column::EraseAt).is_null());
    user::Entity::find()
        .order_by_asc(user::Column::Id)
        .into_query()
        .cond_where(Condition::any().add(admin).add(Expr::col(user::Column::Id).eq(target.uuid())))
        .lock(LockType::NoKeyUpdate)
        .take()
}

/// The rooms that a user is in now, but for direct rooms, by rising id.
pub fn rooms(user_id: UserId, after: Option<RoomId>, limit: u64) -> SelectStatement {
    let member = |column| Expr::col((room_member::Entity, column));
    let same = Expr::col((room::Entity, room::Column::Id)).eq(member(room_member::Column::RoomId));
    Query::select()
        .column((room_member::Entity, room_member::Column::RoomId))
        .from(room_member::Entity)
        .join(JoinType::InnerJoin, room::Entity, same)
        .and_where(member(room_member::Column::UserId).eq(user_id.uuid()))
        .and_where(member(room_member::Column::LeftAt).is_null())
        .and_where_option(after.map(|id| member(room_member::Column::RoomId).gt(id.uuid())))
        .and_where(Expr::col((room::Entity, room::Column::Kind)).ne(RoomKind::Direct.as_str()))
        .and_where(Expr::col((room::Entity, room::Column::DeletedAt)).is_null())
        .order_by((room_member::Entity, room_member::Column::RoomId), Order::Asc)
        .limit(limit)
        .take()
}

/// Who comes first in a room beside a user: who can use their account, and goes on to.
pub fn heir(room_id: RoomId, user_id: UserId) -> SelectStatement {
    let column = |column| Expr::col((room_member::Entity, column));
    let account = |column| Expr::col((user::Entity, column));
    let is = |role: MemberRole| column(room_member::Column::Role).eq(role.as_str());
    let rank = Expr::case(is(MemberRole::Owner), 0).case(is(MemberRole::Admin), 1).finally(2);
    let stays = account(user::Column::DisabledAt).is_null().and(account(user::Column::EraseAt).is_null());
    let same = account(user::Column::Id).eq(column(room_member::Column::UserId));
    Query::select()
        .column((room_member::Entity, room_member::Column::UserId))
        .from(room_member::Entity)
        .join(JoinType::InnerJoin, user::Entity, same)
        .and_where(column(room_member::Column::RoomId).eq(room_id.uuid()))
        .and_where(column(room_member::Column::LeftAt).is_null())
        .and_where(column(room_member::Column::UserId).ne(user_id.uuid()))
        .order_by_expr(Expr::case(stays, 0).finally(1).into(), Order::Asc)
        .order_by_expr(rank.into(), Order::Asc)
        .order_by((room_member::Entity, room_member::Column::JoinedAt), Order::Asc)
        .order_by((room_member::Entity, room_member::Column::UserId), Order::Asc)
        .limit(1)
        .take()
}

/// The uploads of a user that were not deleted, by rising id.
pub fn files(user_id: UserId, after: Option<FileId>, limit: u64) -> SelectStatement {
    Query::select()
        .column(file::Column::Id)
        .from(file::Entity)
        .and_where(Expr::col(file::Column::OwnerId).eq(user_id.uuid()))
        .and_where(Expr::col(file::Column::DeletedAt).is_null())
        .and_where_option(after.map(|id| Expr::col(file::Column::Id).gt(id.uuid())))
        .order_by(file::Column::Id, Order::Asc)
        .limit(limit)
        .take()
}

/// Removes some rows that are about the user.
pub fn forget(trace: &Trace, user_id: UserId, limit: u64) -> DeleteStatement {
    let Trace { table, key, users } = *trace;
    let columns = || key.iter().copied().map(Alias::new);
    let is_user = |column: &&'static str| Expr::col(Alias::new(*column)).eq(user_id.uuid());
    let about = users.iter().map(is_user).fold(Condition::any(), Condition::add);
    let mut rows = Query::select();
    rows.columns(columns()).from(Alias::new(table)).cond_where(about).limit(limit);
    if table == READ_MARKS {
        let been_in = Query::select()
            .column(room_member::Column::RoomId)
            .from(room_member::Entity)
            .and_where(Expr::col(room_member::Column::UserId).eq(user_id.uuid()))
            .take();
        rows.and_where(Expr::col(Alias::new("room_id")).in_subquery(been_in));
    }
    let key = Expr::tuple(columns().map(Expr::col));
    Query::delete().from_table(Alias::new(table)).and_where(key.in_subquery(rows)).take()
}

/// Forgets when a user was last seen, and hides how far they have read.
pub fn hide(user_id: UserId) -> UpdateStatement {
    Query::update()
        .table(user::Entity)
        .value(user::Column::LastSeenAt, Expr::null())
        .value(user::Column::ShowsReceipts, false)
        .and_where(Expr::col(user::Column::Id).eq(user_id.uuid()))
        .take()
}
