//! The statements whose speed matters, built here and nowhere else, so that the test that asks a database for their
//! plans asks for the plans of what is really run.
//!
//! Lists of keys are filled up to a power of two by repeating the last one: a database prepares a statement once for
//! each length, and so there are few lengths.

pub mod files;
pub mod members;
pub mod messages;
pub mod rooms;
pub mod sessions;
pub mod tasks;

use sea_orm::sea_query::ExprTrait;
use sea_orm::sea_query::{
    Alias, Asterisk, Expr, IntoColumnRef, IntoValueTuple, JoinType, Query, SelectStatement,
};

use super::entity::user;

/// Names a list of keys.
const KEYS: &str = "keys";

/// `VALUES (…), (…)` as a subquery: SQLite knows no list of tuples after `IN`. There must be at least one.
fn key_list<K: IntoValueTuple + Clone>(keys: impl IntoIterator<Item = K>) -> SelectStatement {
    Query::select().column(Asterisk).from_values(padded(keys), Alias::new(KEYS)).take()
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
fn join_user(query: &mut SelectStatement, column: impl IntoColumnRef) {
    let same = Expr::col((user::Entity, user::Column::Id)).eq(Expr::col(column));
    query.join(JoinType::InnerJoin, user::Entity, same);
    for (name, column) in user::SUMMARY {
        query.expr_as(Expr::col((user::Entity, column)), name);
    }
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
