//! Values of a row by their places.

use sea_orm::{DbErr, QueryResult, TryGetable};

/// Reads the values of a row one after the other.
///
/// By name, each value costs a text that is put together and looked up; a page of history has more than a thousand.
pub(crate) struct Columns<'r> {
    row: &'r QueryResult,
    place: usize,
}

impl<'r> Columns<'r> {
    pub(crate) fn of(row: &'r QueryResult) -> Self {
        Self { row, place: 0 }
    }

    /// The next value.
    pub(crate) fn take<T: TryGetable>(&mut self) -> Result<T, DbErr> {
        let value = self.row.try_get_by_index(self.place)?;
        self.place += 1;
        Ok(value)
    }
}
