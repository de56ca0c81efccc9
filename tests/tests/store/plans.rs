//! How the databases run the hot queries: through an index, never by reading a whole table. The plans are printed:
//! `cargo test -p plaza-tests --test store_contract plans -- --nocapture`.

use std::sync::Arc;

use chrono::TimeDelta;
use plaza_domain::repository::{HistoryRange, RoomFilter};
use plaza_domain::{
    AttemptOutcome, ClientId, FileId, Member, Message, MessageId, RefreshToken, RefreshTokenId, Room, RoomId,
    Seq, Session, SessionId, Store, TaskId, TokenDigest, UnitOfWork, User, UserId, Version,
};
use plaza_infrastructure::db::{connect, migrate, queries};
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend, Statement, StatementBuilder,
};

use super::{
    Outcome,
    builders::{at, claim, id, member, place, room, task, text, user},
    files::given_file,
    fixture::{Result, settings, sqlite_url},
};

const USERS: usize = 1_500;
const ROOMS: usize = 1_000;
const TASKS: usize = 600;

/// The first room is a busy one, and it is the one that is asked about.
const CROWD: usize = 500;
const MESSAGES_OF_THE_CROWD: i64 = 4_000;
const MESSAGES_ELSEWHERE: i64 = 3;

/// Reads the newest entries of an index whose every entry fits, in order, up to a limit: not a full scan.
const FROM_THE_END: [&str; 1] = ["rooms_public_idx"];

/// Tables that may be long; not the lists of keys that a query brings with it.
const TABLES: [&str; 9] = [
    "users",
    "sessions",
    "refresh_tokens",
    "rooms",
    "room_members",
    "messages",
    "files",
    "tasks",
    "task_attempts",
];

#[tokio::test]
async fn sqlite_reads_no_table_whole() -> Outcome {
    let directory = tempfile::tempdir()?;
    let url = sqlite_url(&directory);
    let (database, asked) = given_busy_server(&url).await?;
    for analyzed in [false, true] {
        if analyzed {
            database.execute_unprepared("ANALYZE").await?;
        }
        for (name, statement) in hot_statements(DbBackend::Sqlite, &asked) {
            let plan = explain(&database, "EXPLAIN QUERY PLAN", statement, "detail").await?;
            eprintln!("sqlite, {name}:\n  {}", plan.join("\n  "));
            let full = plan.iter().find(|step| scans_sqlite_table(step));
            assert_eq!(full, None, "{name} reads a whole table");
        }
    }
    Ok(())
}

#[tokio::test]
async fn postgres_reads_no_table_whole() -> Outcome {
    let url = plaza_tests::servers::postgres_database().await;
    let (database, asked) = given_busy_server(&url).await?;
    database.execute_unprepared("ANALYZE").await?;
    // A test's tables are so small that reading one whole, or joining with all of it, would be right.
    for way in ["seqscan", "hashjoin", "mergejoin"] {
        database.execute_unprepared(&format!("SET enable_{way} = off")).await?;
    }
    for (name, statement) in hot_statements(DbBackend::Postgres, &asked) {
        let plan = explain(&database, "EXPLAIN", statement, "QUERY PLAN").await?;
        eprintln!("postgres, {name}:\n  {}", plan.join("\n  "));
        let full = plan.iter().enumerate().find(|(at, step)| scans_postgres_table(step, &plan[at + 1..]));
        assert_eq!(full, None, "{name} reads a whole table");
    }
    Ok(())
}

/// `SCAN messages`, also by way of an index; what it searches for comes as `SEARCH messages`.
fn scans_sqlite_table(step: &str) -> bool {
    let Some(table) = step.strip_prefix("SCAN ").and_then(|rest| rest.split(' ').next()) else {
        return false;
    };
    TABLES.contains(&table) && !FROM_THE_END.iter().any(|index| step.contains(index))
}

/// `Seq Scan on messages`, or a scan of an index without a condition.
fn scans_postgres_table(step: &str, rest: &[String]) -> bool {
    let is_index_scan = step.contains("Index Scan") || step.contains("Index Only Scan");
    let has_condition = || rest.first().is_some_and(|next| next.contains("Index Cond:"));
    let is_from_the_end = || FROM_THE_END.iter().any(|index| step.contains(index));
    step.contains("Seq Scan on") || (is_index_scan && !has_condition() && !is_from_the_end())
}

async fn explain(
    database: &DatabaseConnection,
    how: &str,
    statement: Statement,
    column: &str,
) -> Result<Vec<String>> {
    let explained = Statement { sql: format!("{how} {}", statement.sql), ..statement };
    let rows = database.query_all_raw(explained).await?;
    let steps: std::result::Result<_, sea_orm::DbErr> =
        rows.iter().map(|row| row.try_get("", column)).collect();
    Ok(steps?)
}

fn built(backend: DbBackend, statement: impl StatementBuilder) -> Statement {
    statement.build(&backend)
}

/// Some of what is in the database, for asking about it.
struct Asked {
    rooms: Vec<RoomId>,
    users: Vec<UserId>,
    message: MessageId,
    file: FileId,
}

fn hot_statements(backend: DbBackend, asked: &Asked) -> Vec<(&'static str, Statement)> {
    let (room_id, user_id, message_id) = (asked.rooms[0], asked.users[0], asked.message);
    let by = claim(60);
    let pairs: Vec<_> = asked.users[..20].iter().map(|user_id| (room_id, *user_id)).collect();
    let name = |number| ClientId::from_stored(format!("c-{number}"));
    let names: Vec<_> =
        asked.users[..20].iter().zip(0..).map(|(user_id, number)| (*user_id, name(number))).collect();
    let queues = ["media".to_owned(), "mail".to_owned()];
    let (seq, version, task_id) = (Seq::new(3_900), Version::new(3_900), TaskId::new(id()));
    let history = |range| built(backend, queries::messages::history(room_id, range, 50));
    let list = |filter, before| built(backend, queries::rooms::list(user_id, filter, before, 50));
    vec![
        ("history, newest", history(HistoryRange::Newest)),
        ("history, before", history(HistoryRange::Before(seq))),
        ("history, after", history(HistoryRange::After(seq))),
        ("changed messages", built(backend, queries::messages::changed_since(room_id, version, 50))),
        ("message", built(backend, queries::messages::find(message_id))),
        ("rooms of messages", built(backend, queries::messages::rooms_of(&[message_id; 5]))),
        ("find by client ids", built(backend, queries::messages::find_by_client_ids(&names))),
        ("place at a version", built(backend, queries::messages::seq_at(room_id, version))),
        ("version at a place", built(backend, queries::messages::version_at(room_id, seq))),
        ("changed members", built(backend, queries::members::changed_since(room_id, version, 50))),
        ("members", built(backend, queries::members::list(room_id, Some(user_id), 50))),
        ("member with user", built(backend, queries::members::find_profile(room_id, user_id))),
        ("owners", built(backend, queries::members::count_owners(room_id))),
        ("senders", built(backend, queries::members::senders(&pairs))),
        ("rooms of a user", built(backend, queries::members::rooms_of(user_id, 50))),
        ("room", built(backend, queries::rooms::find(room_id))),
        ("my rooms", list(RoomFilter::Mine, None)),
        ("my older rooms", list(RoomFilter::Mine, Some(room_id))),
        ("visible rooms", list(RoomFilter::Visible, None)),
        ("older visible rooms", list(RoomFilter::Visible, Some(room_id))),
        ("advance a room", built(backend, queries::rooms::advance(room_id, 1, 1))),
        ("versions of rooms", built(backend, queries::rooms::versions(&asked.rooms[..20]))),
        ("session with user", built(backend, queries::sessions::find_with_user(SessionId::new(id())))),
        ("refresh token", built(backend, queries::sessions::find_token(TokenDigest([1; 32])))),
        ("is shared with", built(backend, queries::files::is_shared_with(asked.file, user_id))),
        ("claim", built(backend, queries::tasks::claim(backend, task_id, by))),
        ("claim next", built(backend, queries::tasks::claim_next(backend, &queues, by))),
        ("promote", built(backend, queries::tasks::promote(backend, 50))),
        ("reap", built(backend, queries::tasks::reap(backend, 3, by, 50))),
        ("untaken", built(backend, queries::tasks::untaken(backend, TimeDelta::seconds(30), 50))),
    ]
}

/// A database with enough in it that an index is worth using, and a connection of the test's own to it.
async fn given_busy_server(url: &str) -> Result<(DatabaseConnection, Asked)> {
    let store = connect(&settings(url.to_owned())).await?;
    migrate(&store).await?;
    let store: Arc<dyn Store> = Arc::new(store);
    let users: Vec<User> = (0..USERS).map(|number| user(&format!("user{number}"))).collect();
    let rooms: Vec<Room> = (0..ROOMS).map(|number| room(&users[number])).collect();
    let mut work = store.begin().await?;
    for user in &users {
        work.users().insert(user).await?;
        given_login(&mut *work, user).await?;
    }
    for room in &rooms {
        work.rooms().insert(room).await?;
    }
    for (number, user) in users.iter().enumerate() {
        let version = Version::new(i64::try_from(number)?);
        let crowd = (number < CROWD).then_some(&rooms[0]);
        for room in crowd.into_iter().chain([&rooms[1 + number % (ROOMS - 1)]]) {
            work.members().save(&Member { version, ..member(room, user) }).await?;
        }
    }
    work.commit().await?;
    given_tasks_in_every_state(&store).await?;
    let file = given_file(&store, &users[0]).await?.id;
    let message = given_messages(&store, &users, &rooms, file).await?;
    let asked = Asked {
        rooms: rooms.iter().map(|room| room.id).collect(),
        users: users.iter().map(|user| user.id).collect(),
        message,
        file,
    };
    let options = ConnectOptions::new(url).max_connections(1).to_owned();
    Ok((Database::connect(options).await?, asked))
}

async fn given_login(work: &mut dyn UnitOfWork, user: &User) -> Result<()> {
    let session = Session {
        id: SessionId::new(id()),
        user_id: user.id,
        created_at: at(0),
        refreshed_at: at(0),
        revoked_at: None,
    };
    let mut digest = [0; 32];
    digest[..16].copy_from_slice(session.id.uuid().as_bytes());
    let token = RefreshToken {
        id: RefreshTokenId::new(id()),
        session_id: session.id,
        digest: TokenDigest(digest),
        created_at: at(0),
        expires_at: at(1),
        consumed_at: None,
    };
    work.sessions().insert(&session).await?;
    Ok(work.sessions().insert_token(&token).await?)
}

async fn given_tasks_in_every_state(store: &Arc<dyn Store>) -> Result<()> {
    let queues = ["media".to_owned()];
    let mut work = store.begin().await?;
    for _ in 0..TASKS {
        work.tasks().insert(&task("media")).await?;
    }
    for number in 0..TASKS / 2 {
        let Some(task) = work.tasks().claim_next(&queues, claim(600)).await? else { break };
        let outcome = match number % 6 {
            0 => continue,
            1 => AttemptOutcome::Retry { error: "later".to_owned(), delay: TimeDelta::hours(1) },
            _ => AttemptOutcome::Succeeded,
        };
        work.tasks().finish(task.id, task.token, &outcome).await?;
    }
    Ok(work.commit().await?)
}

async fn given_messages(
    store: &Arc<dyn Store>,
    users: &[User],
    rooms: &[Room],
    file: FileId,
) -> Result<MessageId> {
    let mut messages: Vec<Message> = Vec::new();
    for (number, room) in rooms.iter().enumerate() {
        let last = if number == 0 { MESSAGES_OF_THE_CROWD } else { MESSAGES_ELSEWHERE };
        for seq in 1..=last {
            let sender = &users[(number + usize::try_from(seq)?) % CROWD];
            let name = ClientId::from_stored(format!("c-{number}-{seq}"));
            let mut message = place(text("hello").with_client_id(Some(name)), room, sender, seq);
            message.file_id = (seq % 100 == 0).then_some(file);
            messages.push(message);
        }
    }
    let mut work = store.begin().await?;
    work.messages().insert(&messages).await?;
    work.commit().await?;
    Ok(messages[0].id)
}
