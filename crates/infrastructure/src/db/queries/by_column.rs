//! Rows that are given to Postgres as one array a column: the same text, with few values, for every number of rows.

use sea_orm::sea_query::{Expr, Func, FunctionCall, Value};
use uuid::Uuid;

/// Rows, seen by column.
pub(super) struct ByColumn<'a, R>(pub(super) &'a [R]);

impl<'a, R> ByColumn<'a, R> {
    /// What all of them have.
    pub(super) fn of<V>(&self, value: impl Fn(&'a R) -> V) -> Expr
    where
        Vec<V>: Into<Value>,
    {
        self.unnested(value).into()
    }

    /// A text that some of them have, and that is never empty: an array of texts cannot be told that one is absent.
    pub(super) fn text(&self, value: impl Fn(&'a R) -> Option<&'a str>) -> Expr {
        let texts = self.unnested(|row| value(row).unwrap_or_default().to_owned());
        Func::cust("NULLIF").arg(texts).arg("").into()
    }

    /// An id that some of them have. No id is nil.
    pub(super) fn id(&self, value: impl Fn(&'a R) -> Option<Uuid>) -> Expr {
        let ids = self.unnested(|row| value(row).unwrap_or_default());
        Func::cust("NULLIF").arg(ids).arg(Uuid::nil()).into()
    }

    fn unnested<V>(&self, value: impl Fn(&'a R) -> V) -> FunctionCall
    where
        Vec<V>: Into<Value>,
    {
        Func::cust("UNNEST").arg(self.0.iter().map(value).collect::<Vec<V>>())
    }
}
