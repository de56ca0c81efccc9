//! What the steps have in common: keys, rules, indexes, and what only one of the databases knows.

use sea_orm_migration::prelude::*;

/// What happens to a row when the one it refers to is deleted.
#[derive(Clone, Copy)]
pub(crate) enum OnDelete {
    /// It stops the deletion.
    Refuse,
    /// It is deleted too: it means nothing on its own.
    Cascade,
}

/// A reference from `table.column` to `target.id_column`, named `<table>_<column>_fkey` as Postgres would.
pub(crate) fn reference(
    table: &'static str,
    column: &'static str,
    (target, target_column): (&'static str, &'static str),
    on_delete: OnDelete,
) -> ForeignKeyCreateStatement {
    let action = match on_delete {
        OnDelete::Refuse => ForeignKeyAction::NoAction,
        OnDelete::Cascade => ForeignKeyAction::Cascade,
    };
    ForeignKey::create()
        .name(format!("{table}_{column}_fkey"))
        .from(table, column)
        .to(target, target_column)
        .on_delete(action)
        .to_owned()
}

/// An index over these columns.
pub(crate) fn index(
    name: &'static str,
    table: &'static str,
    columns: &[&'static str],
) -> IndexCreateStatement {
    let mut index = Index::create();
    index.name(name).table(table);
    for column in columns.iter().copied() {
        index.col(column);
    }
    index
}

/// An index over the rows for which `condition` holds. Queries must repeat the condition word for word, without
/// parameters, or the index cannot serve them.
pub(crate) fn partial(mut index: IndexCreateStatement, condition: &'static str) -> IndexCreateStatement {
    index.and_where(Expr::cust(condition));
    index
}

/// A unique index, whose name (Postgres) or columns (SQLite) the adapter recognises in errors.
pub(crate) fn unique(mut index: IndexCreateStatement) -> IndexCreateStatement {
    index.unique();
    index
}

/// Leaves room in each page of a table whose rows are updated often: Postgres then updates within the page and leaves
/// the indexes alone. SQLite updates in place anyway.
pub(crate) async fn update_often(manager: &SchemaManager<'_>, table: &str) -> Result<(), DbErr> {
    if manager.get_database_backend() == sea_orm::DbBackend::Postgres {
        let sql = format!("ALTER TABLE {table} SET (fillfactor = 70)");
        manager.get_connection().execute_unprepared(&sql).await?;
    }
    Ok(())
}

/// Gives a table one more column: one a statement, SQLite takes no more.
pub(crate) async fn add_column(
    manager: &SchemaManager<'_>,
    table: &'static str,
    column: ColumnDef,
) -> Result<(), DbErr> {
    manager.alter_table(Table::alter().table(table).add_column(column).to_owned()).await
}

/// Takes a column away again.
pub(crate) async fn drop_column(
    manager: &SchemaManager<'_>,
    table: &'static str,
    column: &ColumnDef,
) -> Result<(), DbErr> {
    let name = Alias::new(column.get_column_name());
    manager.alter_table(Table::alter().table(table).drop_column(name).to_owned()).await
}

/// Creates tables and indexes in order.
pub(crate) async fn create(
    manager: &SchemaManager<'_>,
    tables: Vec<TableCreateStatement>,
    indexes: Vec<IndexCreateStatement>,
) -> Result<(), DbErr> {
    for table in tables {
        manager.create_table(table).await?;
    }
    for index in indexes {
        manager.create_index(index).await?;
    }
    Ok(())
}

/// Drops tables in order, with their indexes.
pub(crate) async fn drop(manager: &SchemaManager<'_>, tables: &[&'static str]) -> Result<(), DbErr> {
    for table in tables.iter().copied() {
        manager.drop_table(Table::drop().table(table).to_owned()).await?;
    }
    Ok(())
}
