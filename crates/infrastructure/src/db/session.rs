//! The adapter behind every repository: a transaction or a pool of connections, asked through [`Session`].

use async_trait::async_trait;
use plaza_domain::repository::{RepositoryError, Result, UnitOfWork};
use sea_orm::{
    ConnectionTrait, DatabaseTransaction, DbBackend, FromQueryResult, IdenStatic, QueryResult, Statement,
    StatementBuilder, TryGetable, Value, Values,
};

use super::error::from_db;

/// How many keys one query takes; longer lists are asked for in parts. SQLite takes 32,766 values in a statement.
pub(super) const MAX_KEYS: usize = 8192;

/// Implements every repository on a connection. On a transaction it is also a [`UnitOfWork`].
pub(crate) struct Session<C> {
    connection: C,
}

impl<C: ConnectionTrait> Session<C> {
    pub(super) fn new(connection: C) -> Self {
        Self { connection }
    }

    pub(super) fn backend(&self) -> DbBackend {
        self.connection.get_database_backend()
    }

    /// Runs a statement and tells how many rows it wrote.
    pub(super) async fn execute(&self, statement: &impl StatementBuilder) -> Result<u64> {
        let done = self.connection.execute(statement).await.map_err(from_db)?;
        Ok(done.rows_affected())
    }

    /// Every row that a statement gives.
    pub(super) async fn rows(&self, statement: &impl StatementBuilder) -> Result<Vec<QueryResult>> {
        self.connection.query_all_raw(self.statement(statement)).await.map_err(from_db)
    }

    /// The first row that a statement gives.
    pub(super) async fn row(&self, statement: &impl StatementBuilder) -> Result<Option<QueryResult>> {
        self.connection.query_one_raw(self.statement(statement)).await.map_err(from_db)
    }

    fn statement(&self, statement: &impl StatementBuilder) -> Statement {
        let statement = self.backend().build(statement);
        if self.backend() == DbBackend::Postgres { with_literal_limit(statement) } else { statement }
    }

    /// Every row of a table that a statement gives, as entities.
    pub(super) async fn all<M, T>(&self, statement: &impl StatementBuilder) -> Result<Vec<T>>
    where
        M: FromQueryResult,
        T: TryFrom<M, Error = RepositoryError>,
    {
        self.rows(statement).await?.iter().map(entity::<M, T>).collect()
    }

    /// The first row of a table that a statement gives, as an entity.
    pub(super) async fn one<M, T>(&self, statement: &impl StatementBuilder) -> Result<Option<T>>
    where
        M: FromQueryResult,
        T: TryFrom<M, Error = RepositoryError>,
    {
        self.row(statement).await?.as_ref().map(entity::<M, T>).transpose()
    }
}

/// Writes a limit at the end of a statement into its text.
///
/// Postgres plans a prepared statement anew each time as long as it believes that this pays, and while it does not know a
/// limit, it believes that a tenth of all rows are wanted. Planning a page costs about as much as reading it.
fn with_literal_limit(mut statement: Statement) -> Statement {
    let Some(Values(values)) = &mut statement.values else { return statement };
    if let Some(text) = statement.sql.strip_suffix(&format!("LIMIT ${}", values.len()))
        && let Some(Value::BigUnsigned(Some(limit))) = values.last()
    {
        statement.sql = format!("{text}LIMIT {limit}");
        values.pop();
    }
    statement
}

/// Reads a row whose columns are named as in the table.
pub(super) fn entity<M, T>(row: &QueryResult) -> Result<T>
where
    M: FromQueryResult,
    T: TryFrom<M, Error = RepositoryError>,
{
    M::from_query_result(row, "").map_err(from_db).and_then(T::try_from)
}

/// Reads one column.
pub(super) fn value<T: TryGetable>(row: &QueryResult, column: impl IdenStatic) -> Result<T> {
    row.try_get("", column.as_str()).map_err(from_db)
}

/// Nothing was written because what was to be changed is not there.
pub(super) fn found(rows: u64, entity: &'static str) -> Result<()> {
    if rows == 0 { Err(RepositoryError::NotFound { entity }) } else { Ok(()) }
}

#[async_trait]
impl UnitOfWork for Session<DatabaseTransaction> {
    async fn commit(self: Box<Self>) -> Result<()> {
        self.connection.commit().await.map_err(from_db)
    }
}

#[cfg(test)]
mod tests {
    use sea_orm::sea_query::{Alias, Asterisk, Expr, ExprTrait, Query};

    use super::*;

    #[test]
    fn a_limit_at_the_end_is_part_of_the_text_and_no_other_value_is() {
        let mut query = Query::select();
        query.column(Asterisk).from(Alias::new("t")).and_where(Expr::col(Alias::new("a")).eq(7)).limit(51);
        let limited = with_literal_limit(DbBackend::Postgres.build(&query));
        assert_eq!(limited.sql, r#"SELECT * FROM "t" WHERE "a" = $1 LIMIT 51"#);
        assert_eq!(limited.values, Some(Values(vec![7.into()])));
        let unlimited = DbBackend::Postgres.build(query.reset_limit());
        assert_eq!(with_literal_limit(unlimited.clone()), unlimited);
    }
}
