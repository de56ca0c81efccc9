//! Who is whose friend, or wants to be.

use plaza_domain::{RequestDirection, RequestPosition, UserId, UserPair};
use sea_orm::Iterable;
use sea_orm::sea_query::{
    Alias, Asterisk, Expr, ExprTrait, Func, Order, Query, SelectStatement, SimpleExpr, UnionType,
};

use super::{COUNT, join_user, padded};
use crate::db::entity::friendship::{Column, Entity};
use crate::db::entity::user;

/// What [`list`] calls it when a friend was last seen.
pub(crate) const LAST_SEEN_AT: &str = "last_seen_at";

/// Names the friends of one page.
const PAGE: &str = "page";
const FRIEND_ID: &str = "friend_id";

/// Which columns hold the user and the other one; a user is in some rows the one, in some the other.
const SIDES: [(Column, Column); 2] =
    [(Column::LowUserId, Column::HighUserId), (Column::HighUserId, Column::LowUserId)];

/// What two users are to each other.
pub fn find(users: UserPair) -> SelectStatement {
    Query::select()
        .columns(Column::iter())
        .from(Entity)
        .and_where(Expr::col(Column::LowUserId).eq(users.low().uuid()))
        .and_where(Expr::col(Column::HighUserId).eq(users.high().uuid()))
        .take()
}

/// A user's friends by rising id. The first of each side are found in an index of their own, then merged.
pub fn list(user_id: UserId, after: Option<UserId>, limit: u64) -> SelectStatement {
    let [mut friends, others] = SIDES.map(|(own, other)| {
        let friends = Query::select()
            .expr_as(Expr::col(other), FRIEND_ID)
            .column(Column::Since)
            .from(Entity)
            .and_where(Expr::col(own).eq(user_id.uuid()))
            .and_where(are_friends())
            .and_where_option(after.map(|after| Expr::col(other).gt(after.uuid())))
            .order_by(other, Order::Asc)
            .limit(limit)
            .take();
        wrapped(friends)
    });
    friends.union(UnionType::All, others);
    let of_page = |column: &'static str| (Alias::new(PAGE), Alias::new(column));
    let mut query = Query::select();
    query.column((Alias::new(PAGE), Column::Since)).from_subquery(friends, Alias::new(PAGE));
    join_user(&mut query, of_page(FRIEND_ID));
    query
        .expr_as(Expr::col((user::Entity, user::Column::LastSeenAt)), LAST_SEEN_AT)
        .order_by(of_page(FRIEND_ID), Order::Asc)
        .limit(limit)
        .take()
}

/// The open requests to a user that they see, or by a user, the newest first.
pub fn requests(
    user_id: UserId,
    direction: RequestDirection,
    before: Option<RequestPosition>,
    limit: u64,
) -> SelectStatement {
    // Word for word the conditions of the partial indexes.
    let (own, other, is_shown) = match direction {
        RequestDirection::Incoming => {
            (Column::AskedId, Column::AskerId, "state = 'requested' AND NOT is_hidden")
        }
        RequestDirection::Outgoing => (Column::AskerId, Column::AskedId, "state = 'requested'"),
    };
    let since = || Expr::col((Entity, Column::Since));
    let mut query = Query::select();
    query.column((Entity, Column::Since)).from(Entity);
    join_user(&mut query, (Entity, other));
    query.and_where(Expr::col((Entity, own)).eq(user_id.uuid())).and_where(Expr::cust(is_shown));
    if let Some(RequestPosition { at, user_id }) = before {
        let earlier = since().lt(at).or(Expr::col((Entity, other)).lt(user_id.uuid()));
        query.and_where(since().lte(at)).and_where(earlier);
    }
    query
        .order_by((Entity, Column::Since), Order::Desc)
        .order_by((Entity, other), Order::Desc)
        .limit(limit)
        .take()
}

/// How many friends a user has, up to a limit.
pub fn count(user_id: UserId, limit: u64) -> SelectStatement {
    let [mut friends, others] = SIDES.map(|(own, other)| {
        Query::select()
            .column(other)
            .from(Entity)
            .and_where(Expr::col(own).eq(user_id.uuid()))
            .and_where(are_friends())
            .take()
    });
    friends.union(UnionType::All, others);
    let friends =
        Query::select().column(Asterisk).from_subquery(friends, Alias::new("friends")).limit(limit).take();
    counted(friends)
}

/// How many open requests a user has made, up to a limit.
pub fn count_outgoing(user_id: UserId, limit: u64) -> SelectStatement {
    let requests = Query::select()
        .column(Column::AskedId)
        .from(Entity)
        .and_where(Expr::col(Column::AskerId).eq(user_id.uuid()))
        .and_where(Expr::cust("state = 'requested'"))
        .limit(limit)
        .take();
    counted(requests)
}

/// The pairs of friends of which one is among these users; at least one user.
pub fn around(user_ids: &[UserId], limit: u64) -> SelectStatement {
    let columns = [Column::LowUserId, Column::HighUserId];
    let [mut around, others] = columns.map(|column| {
        Query::select()
            .columns(columns)
            .from(Entity)
            .and_where(Expr::col(column).is_in(padded(user_ids.iter().map(|id| id.uuid()))))
            .and_where(are_friends())
            .take()
    });
    // Not `OR`: Postgres would rather read the whole table.
    around.union(UnionType::Distinct, others);
    Query::select().columns(columns).from_subquery(around, Alias::new("around")).limit(limit).take()
}

/// Whether the user of a row of `users` is the viewer's friend.
pub(super) fn is_friend_of(viewer: UserId) -> SimpleExpr {
    let [one, other] = SIDES.map(|(own, other)| {
        let friendship = Query::select()
            .expr(Expr::val(1))
            .from(Entity)
            .and_where(Expr::col((Entity, own)).eq(viewer.uuid()))
            .and_where(Expr::col((Entity, other)).eq(Expr::col((user::Entity, user::Column::Id))))
            .and_where(are_friends())
            .take();
        Expr::exists(friendship)
    });
    one.or(other)
}

/// Word for word the condition of the partial indexes.
fn are_friends() -> SimpleExpr {
    Expr::cust("state = 'friends'")
}

/// Wrapped in a query of its own: the parts of a `UNION` may not have an order and a limit themselves.
fn wrapped(friends: SelectStatement) -> SelectStatement {
    Query::select()
        .column(Alias::new(FRIEND_ID))
        .column(Column::Since)
        .from_subquery(friends, Alias::new("side"))
        .take()
}

fn counted(rows: SelectStatement) -> SelectStatement {
    Query::select()
        .expr_as(Func::count(Expr::col(Asterisk)), COUNT)
        .from_subquery(rows, Alias::new("counted"))
        .take()
}
