//! The statements whose speed matters, built here and nowhere else, so that the test that asks a database for their
//! plans asks for the plans of what is really run.
//!
//! Lists of keys are filled up to a power of two: a database prepares a statement once for each length, and so there
//! are few lengths.

pub mod append;
pub mod audit;
pub mod blobs;
pub mod blocks;
mod by_column;
pub mod direct_rooms;
pub mod edits;
pub mod erasure;
pub mod exports;
pub mod files;
pub mod friendships;
pub mod identities;
pub mod mail_tokens;
pub mod members;
pub mod mentions;
pub mod messages;
pub mod new_messages;
pub mod overviews;
pub mod presence;
pub mod reactions;
pub mod receipts;
pub mod rooms;
pub mod sessions;
pub mod task_ends;
pub mod task_lists;
pub mod task_orders;
pub mod tasks;
pub mod threads;
pub mod usage;
pub mod username_changes;
pub mod users;

use plaza_domain::UserId;
use sea_orm::DbBackend;
use sea_orm::sea_query::{
    Alias, Asterisk, Expr, ExprTrait, Func, IntoColumnRef, IntoValueTuple, JoinType, LockBehavior, LockType,
    Query, SelectStatement,
};
use uuid::Uuid;

use super::entity::{room, room_member, user};

/// What a query that counts calls its answer.
pub(crate) const COUNT: &str = "count";

/// Names a list of pairs, and what both databases call the columns of one.
const PAIRS: &str = "pairs";
const FIRST: &str = "column1";
const SECOND: &str = "column2";

/// Keeps the rows whose two columns are one of these pairs, each once however often its pair is given. There must be
/// at least one pair; no id is nil, so pairs with a nil id fill up the list.
///
/// A join and not `IN`: Postgres would look up by the first column alone what `IN` asks for by two, and read all that a
/// busy user ever sent.
fn join_pairs<V>(
    query: &mut SelectStatement,
    columns: [impl IntoColumnRef; 2],
    pairs: impl IntoIterator<Item = (Uuid, V)>,
) where
    V: Clone + Default + Ord,
    (Uuid, V): IntoValueTuple,
{
    let [first, second] = columns;
    let same = Expr::col(first).eq(pair(FIRST)).and(Expr::col(second).eq(pair(SECOND)));
    query.join_subquery(JoinType::InnerJoin, list_of(pairs), Alias::new(PAIRS), same);
}

/// Keeps the rows whose column is the key of one of these pairs, and gives what belongs to it. There must be at least
/// one pair, no key twice, and no nil key.
fn join_keyed<V>(
    query: &mut SelectStatement,
    key: impl IntoColumnRef,
    pairs: impl IntoIterator<Item = (Uuid, V)>,
) -> Expr
where
    V: Clone + Default + Ord,
    (Uuid, V): IntoValueTuple,
{
    let same = Expr::col(key).eq(pair(FIRST));
    query.join_subquery(JoinType::InnerJoin, list_of(pairs), Alias::new(PAIRS), same);
    pair(SECOND)
}

fn pair(column: &'static str) -> Expr {
    Expr::col((Alias::new(PAIRS), Alias::new(column)))
}

fn list_of<V>(pairs: impl IntoIterator<Item = (Uuid, V)>) -> SelectStatement
where
    V: Clone + Default + Ord,
    (Uuid, V): IntoValueTuple,
{
    let mut pairs: Vec<(Uuid, V)> = pairs.into_iter().collect();
    pairs.sort_unstable();
    pairs.dedup();
    pairs.resize(pairs.len().next_power_of_two(), (Uuid::nil(), V::default()));
    Query::select().column(Asterisk).from_values(pairs, Alias::new(PAIRS)).take()
}

/// A query as a value.
fn subquery(query: SelectStatement) -> Expr {
    Expr::SubQuery(None, Box::new(query.into()))
}

/// Repeats the last one up to a power of two.
fn padded<K: Clone>(keys: impl IntoIterator<Item = K>) -> Vec<K> {
    let mut keys: Vec<K> = keys.into_iter().collect();
    if let Some(last) = keys.last().cloned() {
        keys.resize(keys.len().next_power_of_two(), last);
    }
    keys
}

/// Joins the user whose id is in `column`, and selects what a summary shows of them.
///
/// A left join, though no user is missing: it comes last, so that Postgres looks up messages by sender and client id,
/// and not, starting from the sender, by sender alone.
fn join_user(query: &mut SelectStatement, column: impl IntoColumnRef) {
    let same = Expr::col((user::Entity, user::Column::Id)).eq(Expr::col(column));
    query.join(JoinType::LeftJoin, user::Entity, same);
    select_summary(query);
}

/// Selects what a summary shows of the user who is joined.
fn select_summary(query: &mut SelectStatement) {
    for (name, column) in user::SUMMARY {
        query.expr_as(Expr::col((user::Entity, column)), name);
    }
}

/// Keeps the rows whose room, in `room_id`, is there and has the user in it now. Left joins for the same reason as in
/// [`join_user`].
fn join_present(query: &mut SelectStatement, room_id: impl IntoColumnRef, user_id: UserId) {
    let room_id = Expr::col(room_id);
    let member = |column| Expr::col((room_member::Entity, column));
    let of_user = member(room_member::Column::RoomId)
        .eq(room_id.clone())
        .and(member(room_member::Column::UserId).eq(user_id.uuid()));
    let same_room = Expr::col((room::Entity, room::Column::Id)).eq(room_id);
    query
        .join(JoinType::LeftJoin, room_member::Entity, of_user)
        .join(JoinType::LeftJoin, room::Entity, same_room)
        .and_where(member(room_member::Column::UserId).is_not_null())
        .and_where(member(room_member::Column::LeftAt).is_null())
        .and_where(Expr::col((room::Entity, room::Column::DeletedAt)).is_null());
}

/// Locks the rows of a query and leaves out those that another transaction has locked. SQLite has one writer.
fn skip_locked(backend: DbBackend, query: &mut SelectStatement) {
    if backend == DbBackend::Postgres {
        query.lock_with_behavior(LockType::Update, LockBehavior::SkipLocked);
    }
}

/// How many rows a query gives.
fn count(rows: SelectStatement) -> Expr {
    let count = Query::select()
        .expr(Func::count(Expr::col(Asterisk)))
        .from_subquery(rows, Alias::new("counted"))
        .take();
    Expr::SubQuery(None, Box::new(count.into()))
}

#[cfg(test)]
mod tests {
    use super::padded;

    #[test]
    fn keys_are_repeated_up_to_a_power_of_two() {
        assert_eq!(padded([1, 2, 3]), [1, 2, 3, 3]);
        assert_eq!(padded([1, 2]), [1, 2]);
        assert!(padded(Vec::<i32>::new()).is_empty());
    }
}
