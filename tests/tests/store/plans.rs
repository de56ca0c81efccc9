//! How the databases run the hot queries: through an index and by all the columns that they could use, never by
//! reading a whole table. To see the plans: `cargo test -p plaza-tests --test store_contract plans -- --nocapture`.

use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, Statement};

use super::{
    Outcome,
    busy::given_busy_server,
    fixture::{Result, sqlite_url},
    hot::{Hot, hot_statements},
};

/// Indexes whose every entry fits are read in order, from one end, up to a limit: not a full scan.
const FROM_THE_END: [&str; 3] = ["rooms_public_idx", "tasks_scheduled_idx", "tasks_running_idx"];

/// Tables that may be long; not the lists of keys that a query brings with it.
const TABLES: [&str; 19] = [
    "users",
    "sessions",
    "refresh_tokens",
    "rooms",
    "room_members",
    "messages",
    "message_edits",
    "direct_rooms",
    "blocks",
    "friendships",
    "reactions",
    "mentions",
    "thread_followers",
    "read_marks",
    "blobs",
    "files",
    "tasks",
    "task_attempts",
    "audit_entries",
];

#[tokio::test]
async fn sqlite_reads_no_table_whole() -> Outcome {
    let directory = tempfile::tempdir()?;
    let (database, asked) = given_busy_server(&sqlite_url(&directory)).await?;
    for analyzed in [false, true] {
        if analyzed {
            database.execute_unprepared("ANALYZE").await?;
        }
        for Hot { name, by, statement } in hot_statements(DbBackend::Sqlite, &asked) {
            let plan = explain(&database, "EXPLAIN QUERY PLAN", statement, "detail").await?;
            eprintln!("sqlite, {name}:\n  {}", plan.join("\n  "));
            let full = plan.iter().find(|step| scans_sqlite_table(step));
            assert_eq!(full, None, "{name} reads a whole table");
            let searches = plan.iter().filter_map(|step| step.split_once(" (")).map(|(_, by)| by);
            assert!(
                by.is_empty() || searches.into_iter().any(|search| goes_by(search, by)),
                "{name} must go by {by:?}"
            );
        }
    }
    Ok(())
}

#[tokio::test]
async fn postgres_reads_no_table_whole() -> Outcome {
    let (database, asked) = given_busy_server(&plaza_tests::servers::postgres_database().await).await?;
    database.execute_unprepared("ANALYZE").await?;
    // A test's tables are so small that reading one whole, or joining with all of it, would be right.
    for way in ["seqscan", "hashjoin", "mergejoin"] {
        database.execute_unprepared(&format!("SET enable_{way} = off")).await?;
    }
    for Hot { name, by, statement } in hot_statements(DbBackend::Postgres, &asked) {
        let plan = explain(&database, "EXPLAIN", statement, "QUERY PLAN").await?;
        eprintln!("postgres, {name}:\n  {}", plan.join("\n  "));
        let full = plan.iter().enumerate().find(|(at, step)| scans_postgres_table(step, &plan[at + 1..]));
        assert_eq!(full, None, "{name} reads a whole table");
        let mut searches = plan.iter().filter_map(|step| step.split_once("Index Cond: ")).map(|(_, by)| by);
        assert!(by.is_empty() || searches.any(|search| goes_by(search, by)), "{name} must go by {by:?}");
    }
    Ok(())
}

/// `SCAN messages`, also by way of an index; what it searches for comes as `SEARCH messages`.
fn scans_sqlite_table(step: &str) -> bool {
    let Some(table) = step.strip_prefix("SCAN ").and_then(|rest| rest.split(' ').next()) else {
        return false;
    };
    TABLES.contains(&table) && !is_from_the_end(step)
}

/// `Seq Scan on messages`, or a scan of an index without a condition.
fn scans_postgres_table(step: &str, rest: &[String]) -> bool {
    let is_index_scan = step.contains("Index Scan") || step.contains("Index Only Scan");
    let has_condition = || rest.first().is_some_and(|next| next.contains("Index Cond:"));
    step.contains("Seq Scan on") || (is_index_scan && !has_condition() && !is_from_the_end(step))
}

fn is_from_the_end(step: &str) -> bool {
    FROM_THE_END.iter().any(|index| step.contains(index))
}

/// Whether the condition of one search, `(room_id = $1) AND (seq < $2)` or `room_id=? AND seq<?`, has all the columns.
fn goes_by(search: &str, columns: &[&str]) -> bool {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    columns.iter().all(|column| search.split(|c: char| !is_name(c)).any(|word| word == *column))
}

async fn explain(
    database: &DatabaseConnection,
    how: &str,
    statement: Statement,
    column: &str,
) -> Result<Vec<String>> {
    let explained = Statement { sql: format!("{how} {}", statement.sql), ..statement };
    let rows = database.query_all_raw(explained).await?;
    rows.iter().map(|row| Ok(row.try_get("", column)?)).collect()
}
