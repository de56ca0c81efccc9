//! The statements that run often, or on long tables, and by which columns each must find its rows.

use chrono::TimeDelta;
use plaza_domain::repository::{Advance, HistoryRange, RoomFilter, Success, TaskFilter, UserFilter};
use plaza_domain::{
    Activity, AttemptEnd, AuditAction, AuditFilter, ClientId, DueErasure, Emoji, FilePlace, Issuer,
    MailPurpose, MessageId, NewMessage, RequestDirection, RequestPosition, RoomEpoch, RoomId, Seq, SessionId,
    Sha256, Subject, SystemRole, TaskId, TaskState, ThreadPosition, TokenDigest, UserPair, Username, Version,
};
use plaza_infrastructure::db::queries::{
    append, audit, blobs, blocks, direct_rooms, edits, erasure, exports, files, friendships, identities,
    mail_tokens, members, mentions, messages, overviews, presence, reactions, receipts, rooms, sessions,
    task_ends, task_lists, task_orders, tasks, threads, username_changes, users,
};
use sea_orm::{DbBackend, Statement, StatementBuilder};

use super::{
    builders::{at, claim, id, text},
    busy::Asked,
};

/// A statement, and the columns by which it must search one of its indexes: none when it reads one from its end, or
/// may choose.
pub(crate) struct Hot {
    pub(crate) name: &'static str,
    pub(crate) by: &'static [&'static str],
    pub(crate) statement: Statement,
}

/// Every one of them.
pub(crate) fn hot_statements(on: DbBackend, asked: &Asked) -> Vec<Hot> {
    [
        of_messages(on, asked),
        of_new_messages(on, asked),
        of_what_is_put_on_messages(on, asked),
        of_threads(on, asked),
        of_mentions(on, asked),
        of_members(on, asked),
        of_presence(on, asked),
        of_rooms(on, asked),
        of_overviews_and_receipts(on, asked),
        of_direct_rooms(on, asked),
        of_friends(on, asked),
        of_accounts_and_files(on, asked),
        of_audit(on, asked),
        of_users(on, asked),
        of_blobs(on),
        of_tasks(on),
        of_task_lists(on, asked),
        of_task_orders(on),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn hot(
    on: DbBackend,
    name: &'static str,
    by: &'static [&'static str],
    statement: impl StatementBuilder,
) -> Hot {
    Hot { name, by, statement: statement.build(&on) }
}

fn of_messages(on: DbBackend, asked: &Asked) -> Vec<Hot> {
    let (room, seq, version) = (asked.rooms[0], Seq::new(3_900), Version::new(3_900));
    let names: Vec<_> =
        asked.users[..20].iter().map(|user| (*user, ClientId::from_stored("c-0-1".to_owned()))).collect();
    let history = |range| messages::history(room, range, 50);
    vec![
        hot(on, "history, newest", &["room_id"], history(HistoryRange::Newest)),
        hot(on, "history, before", &["room_id", "seq"], history(HistoryRange::Before(seq))),
        hot(on, "history, after", &["room_id", "seq"], history(HistoryRange::After(seq))),
        hot(on, "changed messages", &["room_id", "version"], messages::changed_since(room, version, 50)),
        hot(on, "message", &["id"], messages::find(asked.message.id)),
        hot(on, "rooms of messages", &["id"], messages::rooms_of(&[asked.message.id; 5])),
        hot(on, "messages by client id", &["sender_id", "client_id"], messages::find_by_client_ids(&names)),
        hot(on, "version at a place", &["room_id", "seq"], messages::version_at(room, seq)),
    ]
}

/// On SQLite, messages are stored by a statement that looks nothing up.
fn of_new_messages(on: DbBackend, asked: &Asked) -> Vec<Hot> {
    let new = |room_id: &RoomId| NewMessage {
        id: MessageId::new(id()),
        room_id: *room_id,
        sender_id: asked.users[0],
        created_at: at(0),
        draft: text("hello"),
        epoch: RoomEpoch::new(0),
    };
    let messages: Vec<_> = asked.rooms[..20].iter().map(new).collect();
    match on {
        DbBackend::Postgres => vec![hot(on, "append messages", &["id"], append::append(&messages))],
        _ => Vec::new(),
    }
}

fn of_what_is_put_on_messages(on: DbBackend, asked: &Asked) -> Vec<Hot> {
    let (room, user, message) = (asked.rooms[0], asked.users[0], asked.message.id);
    let after = Some((user, Emoji::from_stored("👍".to_owned())));
    let before = Some(Version::new(50));
    vec![
        hot(on, "reactions of messages", &["message_id"], messages::reactions(&[message; 5])),
        hot(on, "mentions of messages", &["message_id"], messages::mentions(&[message; 5])),
        hot(on, "who reacted", &["message_id"], reactions::list(message, None, 50)),
        hot(on, "who else reacted", &["message_id", "user_id"], reactions::list(message, after, 50)),
        hot(on, "pinned messages", &["room_id"], messages::pinned(room, 50)),
        hot(on, "number of pinned messages", &["room_id"], messages::count_pinned(room)),
        hot(on, "edits", &["message_id"], edits::list(message, None, 50)),
        hot(on, "older edits", &["message_id", "version"], edits::list(message, before, 50)),
        hot(on, "forget old edits", &["message_id", "version"], edits::trim(message, 100)),
    ]
}

fn of_threads(on: DbBackend, asked: &Asked) -> Vec<Hot> {
    let (user, room, root) = (asked.users[0], asked.rooms[0], asked.message.id);
    let replies = |range| threads::replies(root, range, 50);
    let roots = vec![asked.message.clone(); 5];
    let after = ThreadPosition { last_reply_at: asked.message.created_at, message_id: root };
    vec![
        hot(on, "roots of replies", &["id"], threads::roots(&[root; 5])),
        hot(on, "replied messages", &["id"], messages::find_many(&[root; 5])),
        hot(on, "counts of replies", &["id"], threads::update_counts(&roots)),
        hot(on, "newest reply", &["parent_id"], threads::last_reply_at(root)),
        hot(on, "replies, newest", &["parent_id"], replies(HistoryRange::Newest)),
        hot(on, "replies, after", &["parent_id", "seq"], replies(HistoryRange::After(Seq::new(9)))),
        hot(on, "followed threads", &["user_id"], threads::list_followed(user, None, None, 50)),
        hot(on, "older ones", &["user_id"], threads::list_followed(user, Some(room), Some(after), 50)),
        hot(on, "unread replies", &["parent_id", "seq"], threads::list_followed(user, None, None, 50)),
    ]
}

fn of_mentions(on: DbBackend, asked: &Asked) -> Vec<Hot> {
    let (room, user, message) = (asked.rooms[0], asked.users[0], asked.message.id);
    let name = |number| (room, Username::from_stored(format!("user{number}")));
    let names: Vec<_> = (0..20).map(name).collect();
    let pairs: Vec<_> = asked.users[..20].iter().map(|user| (room, *user)).collect();
    vec![
        hot(on, "names in messages", &["username"], mentions::named(&names)),
        hot(on, "members of a name", &["user_id"], mentions::named(&names)),
        hot(on, "callers", &["room_id", "user_id"], mentions::callers(&pairs, 51)),
        hot(on, "mentions of a user", &["user_id"], mentions::list(user, None, 50)),
        hot(on, "older mentions", &["user_id", "message_id"], mentions::list(user, Some(message), 50)),
    ]
}

fn of_members(on: DbBackend, asked: &Asked) -> Vec<Hot> {
    let (room, user, version) = (asked.rooms[0], asked.users[0], Version::new(400));
    let seen: Vec<_> = asked.rooms[..20].iter().map(|room| (*room, Version::new(3_900))).collect();
    let pairs: Vec<_> = asked.users[..20].iter().map(|user| (room, *user)).collect();
    vec![
        hot(on, "changed members", &["room_id", "version"], members::changed_since(room, version, 50)),
        hot(on, "members", &["room_id", "user_id"], members::list(room, Some(user), 50)),
        hot(on, "member with user", &["room_id", "user_id"], members::find_profile(room, user)),
        hot(on, "owners", &["room_id"], members::count_owners(room)),
        hot(on, "senders", &["room_id", "user_id"], members::senders(&pairs)),
        hot(on, "places at versions", &["room_id", "seq"], members::places_at(user, &seen)),
        hot(on, "rooms of a user", &["user_id"], members::rooms_of(user, 50)),
    ]
}

fn of_presence(on: DbBackend, asked: &Asked) -> Vec<Hot> {
    let (room, user, others) = (asked.rooms[0], asked.users[0], &asked.users[..20]);
    vec![
        hot(on, "who sees whom", &["user_id"], presence::visible_to(user, others)),
        hot(on, "who sees friends", &["low_user_id"], presence::visible_to(user, others)),
        hot(on, "who sees other friends", &["high_user_id"], presence::visible_to(user, others)),
        hot(on, "members with when they were seen", &["room_id"], presence::seen_members(room, user, 50)),
        hot(on, "small rooms of users", &["user_id"], presence::small_rooms(others, 200, 1_000)),
        hot(on, "blocks around users", &["blocker_id"], blocks::around(others, 1_000)),
        hot(on, "users were seen", &["id"], presence::saw(others, at(0))),
    ]
}

fn of_rooms(on: DbBackend, asked: &Asked) -> Vec<Hot> {
    let (room, user) = (asked.rooms[0], asked.users[0]);
    let list = |filter, before| rooms::list(user, filter, before, 50);
    let advance = |room_id: &RoomId| Advance::new(*room_id, 1, 1);
    let advances: Vec<_> = asked.rooms[..20].iter().map(advance).collect();
    vec![
        hot(on, "room", &["id"], rooms::find(room)),
        hot(on, "room of a member", &["id"], rooms::find_with_member(room, user)),
        hot(on, "member of a room", &["room_id", "user_id"], rooms::find_with_member(room, user)),
        hot(on, "my rooms", &["user_id"], list(RoomFilter::Mine, None)),
        hot(on, "my older rooms", &["user_id", "room_id"], list(RoomFilter::Mine, Some(room))),
        hot(on, "visible rooms", &["user_id"], list(RoomFilter::Visible, None)),
        hot(on, "older visible rooms", &["user_id", "room_id"], list(RoomFilter::Visible, Some(room))),
        hot(on, "advance a room", &["id"], rooms::advance(room, 1, 1)),
        hot(on, "advance rooms", &["id"], rooms::advance_many(on, &advances)),
        hot(on, "versions of rooms", &["id"], rooms::versions(&asked.rooms[..20])),
    ]
}

fn of_direct_rooms(on: DbBackend, asked: &Asked) -> Vec<Hot> {
    let (user, rooms) = (asked.users[0], &asked.rooms[..20]);
    let pairs: Vec<_> = asked.users[1..20].iter().filter_map(|other| UserPair::new(user, *other)).collect();
    vec![
        hot(on, "direct room", &["low_user_id", "high_user_id"], direct_rooms::find(pairs[0])),
        hot(on, "direct rooms", &["room_id"], direct_rooms::find_many(rooms)),
        hot(on, "blocks of direct rooms", &["blocker_id", "blocked_id"], direct_rooms::find_many(rooms)),
        hot(on, "peers", &["room_id"], direct_rooms::peers(user, rooms)),
        hot(on, "undelivered", &["user_id"], direct_rooms::undelivered(&asked.users[..20], 50)),
        hot(on, "shared room", &["user_id"], members::share_room(pairs[0])),
        hot(on, "blocked users", &["blocker_id", "blocked_id"], blocks::list(user, Some(user), 50)),
        hot(on, "blocks among pairs", &["blocker_id", "blocked_id"], blocks::among(&pairs)),
    ]
}

fn of_friends(on: DbBackend, asked: &Asked) -> Vec<Hot> {
    use RequestDirection::{Incoming, Outgoing};
    let (user, other, others) = (asked.users[0], asked.users[1], &asked.users[..20]);
    let pair: Vec<_> = UserPair::new(user, other).into_iter().collect();
    let before = Some(RequestPosition { at: at(50), user_id: other });
    let requests = |direction, before| friendships::requests(user, direction, before, 50);
    vec![
        hot(on, "friendship", &["low_user_id", "high_user_id"], friendships::find(pair[0])),
        hot(on, "friends", &["low_user_id"], friendships::list(user, None, 50)),
        hot(on, "friends with smaller ids", &["high_user_id"], friendships::list(user, None, 50)),
        hot(on, "more friends", &["low_user_id", "high_user_id"], friendships::list(user, Some(other), 50)),
        hot(on, "number of friends", &["low_user_id"], friendships::count(user, 5_000)),
        hot(on, "requests to a user", &["asked_id"], requests(Incoming, None)),
        hot(on, "older requests to a user", &["asked_id", "since"], requests(Incoming, before)),
        hot(on, "requests of a user", &["asker_id"], requests(Outgoing, None)),
        hot(on, "older requests of a user", &["asker_id", "since"], requests(Outgoing, before)),
        hot(on, "number of requests", &["asker_id"], friendships::count_outgoing(user, 200)),
        hot(on, "friends around users", &["low_user_id"], friendships::around(others, 1_000)),
        hot(on, "friends around them", &["high_user_id"], friendships::around(others, 1_000)),
    ]
}

fn of_overviews_and_receipts(on: DbBackend, asked: &Asked) -> Vec<Hot> {
    let (room, user) = (asked.rooms[0], asked.users[0]);
    let (list, find) = (overviews::list(user, None, 50), overviews::find(user, room));
    let older = overviews::list(user, Some(Activity { at: at(50), room_id: room }), 50);
    let (counts, named) = (receipts::counts(&asked.message), receipts::list(&asked.message, 200));
    let mark = receipts::delete_marks(room, user, Seq::new(50));
    vec![
        hot(on, "overviews, mine", &["user_id"], list.clone()),
        hot(on, "overviews, the newest message", &["room_id", "seq"], list.clone()),
        hot(on, "overviews, mentions", &["user_id", "room_id", "seq"], list),
        hot(on, "older overviews", &["user_id"], older),
        hot(on, "overview", &["room_id", "user_id"], find),
        hot(on, "receipt scope", &["room_id"], receipts::scope(room, user, 201)),
        hot(on, "receipts counted", &["room_id"], counts),
        hot(on, "receipts", &["room_id"], named.clone()),
        hot(on, "receipts, when", &["room_id", "user_id", "seq"], named),
        hot(on, "old read marks", &["room_id", "user_id", "seq"], mark),
    ]
}

fn of_accounts_and_files(on: DbBackend, asked: &Asked) -> Vec<Hot> {
    let (session, digest) = (SessionId::new(id()), TokenDigest([1; 32]));
    let issuer = Issuer::from_stored("https://id.example.org".to_owned());
    let subject = Subject::from_stored("1".to_owned());
    let after = FilePlace { created_at: at(0), id: asked.file };
    let due = DueErasure { erase_at: at(0), user_id: asked.users[0] };
    let (asked_task, reset) = (TaskId::new(id()), MailPurpose::ResetPassword);
    vec![
        hot(on, "session with user", &["id"], sessions::find_with_user(session)),
        hot(on, "end all sessions", &["user_id"], sessions::revoke_all(asked.users[0], Some(session), at(0))),
        hot(on, "sessions of a user", &["user_id"], sessions::list(asked.users[0], at(0), None, 50)),
        hot(on, "uses of sessions", &["id"], sessions::note_uses(&[session; 5], at(0))),
        hot(on, "unused refresh token", &["session_id"], sessions::find_live_token(session)),
        hot(on, "archives of a user", &["owner_id"], exports::archives_of(asked.users[0])),
        hot(on, "rooms of an archive", &["user_id"], exports::rooms(asked.users[0], None, 50)),
        hot(on, "accounts to erase", &["erase_at"], erasure::due(at(0), None, 50)),
        hot(on, "more accounts to erase", &["erase_at"], erasure::due(at(0), Some(due), 50)),
        hot(on, "rooms of an account to erase", &["user_id"], erasure::rooms(asked.users[0], None, 50)),
        hot(on, "who comes first in a room", &["room_id"], erasure::heir(asked.rooms[0], asked.users[0])),
        // The first user has all files: for them any way is right.
        hot(on, "files of a user", &["owner_id"], erasure::files(asked.users[1], None, 50)),
        hot(on, "handles of a user", &["user_id"], username_changes::list(asked.users[0], None, 2)),
        hot(on, "refresh token", &["digest"], sessions::find_token(digest)),
        hot(on, "link in a mail", &["digest"], mail_tokens::find_by_digest(digest)),
        hot(on, "link of a user", &["user_id", "purpose"], mail_tokens::find_for(asked.users[0], reset)),
        hot(on, "link of a task", &["task_id"], mail_tokens::find(asked_task)),
        hot(on, "void a link", &["user_id", "purpose"], mail_tokens::void(asked.users[0], Some(reset))),
        hot(on, "identity", &["issuer", "subject"], identities::find(&issuer, &subject)),
        hot(on, "identities of a user", &["user_id"], identities::list(asked.users[0], 50)),
        hot(on, "old files", &["created_at"], files::list_kept(at(9), Some(after), 50)),
        hot(on, "files in messages", &["file_id"], files::shown_in_messages(&[asked.file])),
        hot(on, "files as avatars", &["avatar_file_id"], files::shown_as_avatars(&[asked.file])),
        hot(on, "file is shared", &["file_id"], files::is_shared_with(asked.file, asked.users[0])),
    ]
}

fn of_users(on: DbBackend, asked: &Asked) -> Vec<Hot> {
    let all = UserFilter::default;
    let before = Some(asked.users[50]);
    let search = UserFilter { search: Some("user1400".to_owned()), ..all() };
    let guests = UserFilter { role: Some(SystemRole::Guest), ..all() };
    let suspended = UserFilter { is_suspended: Some(true), ..all() };
    let list = |filter: &UserFilter, before| users::list(on, filter, before, 50);
    vec![
        hot(on, "older accounts", &["id"], list(&all(), before)),
        hot(on, "accounts by handle", &["username"], list(&search, None)),
        hot(on, "accounts by address", &["email"], list(&search, None)),
        hot(on, "guests", &["role"], list(&guests, before)),
        hot(on, "suspended accounts", &["id"], list(&suspended, before)),
        hot(on, "bans that are over", &["disabled_until"], users::list_released(at(0), 50)),
    ]
}

fn of_audit(on: DbBackend, asked: &Asked) -> Vec<Hot> {
    let all = AuditFilter::default();
    let by_actor = AuditFilter { actor_id: Some(asked.users[0]), ..all };
    let by_target = AuditFilter { target_id: Some(asked.users[0].uuid()), ..all };
    let by_action = AuditFilter { action: Some(AuditAction::LoginFailed), ..all };
    vec![
        hot(on, "older audit entries", &[], audit::list(&all, Some(500), 50)),
        hot(on, "audit entries of an actor", &["actor_id", "number"], audit::list(&by_actor, Some(500), 50)),
        hot(
            on,
            "audit entries of a target",
            &["target_id", "number"],
            audit::list(&by_target, Some(500), 50),
        ),
        hot(on, "audit entries of an action", &["action", "number"], audit::list(&by_action, Some(500), 50)),
        hot(on, "the chain of audit entries", &[], audit::follow(500, 50)),
    ]
}

fn of_blobs(on: DbBackend) -> Vec<Hot> {
    let day = TimeDelta::days(1);
    vec![
        hot(on, "release a content", &["sha256"], blobs::release(on, Sha256([1; 32]))),
        hot(on, "purge contents", &["released_at"], blobs::purge(on, day, 50)),
        hot(on, "keys of contents", &["storage_key"], blobs::named(&["a".to_owned(), "b".to_owned()])),
    ]
}

fn of_tasks(on: DbBackend) -> Vec<Hot> {
    let by = claim(60);
    let ended: Vec<_> = (1..=20).map(|token| (TaskId::new(id()), token)).collect();
    let ids: Vec<_> = ended.iter().map(|(id, _)| *id).collect();
    let success = |(id, token)| Success { id, token, result: Some("done".into()) };
    let done: Vec<_> = ended.iter().copied().map(success).collect();
    let age = TimeDelta::seconds(30);
    let queues = ["default".to_owned(), "media".to_owned()];
    let mut statements = vec![
        hot(on, "claim", &["id"], tasks::claim(on, TaskId::new(id()), by)),
        hot(on, "claim next", &["queue", "crashes"], tasks::claim_next(on, "media", 20, by)),
        hot(on, "has suspect", &["queue", "crashes"], tasks::has_suspect(on, &queues)),
        hot(on, "claim suspect", &["queue", "crashes"], tasks::claim_suspect(on, &queues, by)),
        hot(on, "succeed", &["id"], task_ends::succeed(on, &done)),
        hot(on, "note attempts", &["id"], task_ends::note(on, &ids, AttemptEnd::Succeeded)),
        hot(on, "extend", &["id"], tasks::extend(on, TaskId::new(id()), 1, age)),
        hot(on, "progress", &["id"], tasks::progress(TaskId::new(id()), 1, 50)),
        hot(on, "promote", &["run_at"], tasks::promote(on, 50)),
        hot(on, "expired leases", &["lease_until"], tasks::expired(on, 50)),
        hot(on, "reap", &["id"], tasks::reap(on, 3, by, &ids)),
        hot(on, "untaken", &["run_at"], tasks::untaken(on, age, 50)),
    ];
    if on == DbBackend::Postgres {
        statements.push(hot(on, "succeed and note", &["id"], task_ends::succeed_and_note(on, &done)));
    }
    statements
}

fn of_task_lists(on: DbBackend, asked: &Asked) -> Vec<Hot> {
    let (task, hour) = (TaskId::new(id()), TimeDelta::hours(1));
    let all = TaskFilter::default;
    let dead = TaskFilter { state: Some(TaskState::Dead), ..all() };
    let dead_media = TaskFilter { queue: Some("media".to_owned()), ..dead.clone() };
    let in_queue = TaskFilter { queue: Some("mail".to_owned()), ..all() };
    let of_kind = TaskFilter { kind: Some("sweep".to_owned()), ..all() };
    let owned = TaskFilter { owner_id: Some(asked.users[0]), ..all() };
    let list = |filter: &TaskFilter| task_lists::list(filter, Some(task), 50);
    vec![
        hot(on, "tasks", &["id"], list(&all())),
        hot(on, "dead tasks", &["state"], list(&dead)),
        hot(on, "dead tasks of a queue", &[], list(&dead_media)),
        hot(on, "tasks of a queue", &["queue", "id"], list(&in_queue)),
        hot(on, "tasks of a kind", &["kind", "id"], list(&of_kind)),
        hot(on, "tasks of a user", &["owner_id", "id"], list(&owned)),
        hot(on, "attempts", &["task_id"], task_lists::attempts(task, 50)),
        hot(on, "tasks that wait", &["run_at"], task_lists::waiting(on, 10_000)),
        hot(on, "scheduled tasks", &[], task_lists::count(TaskState::Scheduled, 10_000)),
        hot(on, "running tasks", &[], task_lists::count(TaskState::Running, 10_000)),
        hot(on, "how many are dead", &["state"], task_lists::count(TaskState::Dead, 10_000)),
        hot(on, "attempts of late", &["ended_at"], task_lists::ended(on, hour, 10_000)),
    ]
}

fn of_task_orders(on: DbBackend) -> Vec<Hot> {
    let (task, week) = (TaskId::new(id()), TimeDelta::days(7));
    let purge = |state| task_orders::purge(on, state, week, 500);
    vec![
        hot(on, "cancel", &["id"], task_orders::cancel(on, task)),
        hot(on, "retry", &["id"], task_orders::retry(on, task)),
        hot(on, "purge what succeeded", &["state", "finished_at"], purge(TaskState::Succeeded)),
        hot(on, "purge what is dead", &["state", "finished_at"], purge(TaskState::Dead)),
    ]
}
