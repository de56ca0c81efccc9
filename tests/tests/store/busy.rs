//! A server that is used: tables so long that an index is worth it, with one room that is much busier than the rest.

use std::sync::Arc;

use chrono::TimeDelta;
use plaza_domain::{
    AttemptOutcome, AuditAction, Blob, Block, ClientId, Device, File, FileId, Follower, Friendship,
    FriendshipState, Identity, IdentityId, Issuer, Member, Mention, Message, NewAuditEntry, ReadMark,
    RefreshToken, RefreshTokenId, Room, RoomId, RoomKind, Seq, Session, SessionId, Sha256, Store, Subject,
    TokenDigest, UnitOfWork, User, UserId, UserPair, Version,
};
use plaza_infrastructure::db::{connect, migrate};
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection};

use super::{
    blobs::blob,
    builders::{at, claim, file, id, member, place, room, task, text, user},
    files::given_file,
    fixture::{Result, settings},
};

const USERS: usize = 1_500;
const ROOMS: usize = 1_000;
const TASKS: usize = 600;
const DIRECT_ROOMS: usize = 900;
const BLOBS: u32 = 600;
const AUDIT_ENTRIES: usize = 1_000;
const BLOCKS_A_USER: usize = 3;
const ACQUAINTANCES_A_USER: usize = 9;

/// The first room is a busy one, and it is the one that is asked about.
const CROWD: usize = 500;
const MESSAGES_OF_THE_CROWD: i64 = 4_000;
const MESSAGES_ELSEWHERE: i64 = 3;
const READERS: usize = 100;
const MARKS: i64 = 20;

/// What users put on messages afterwards: reactions, above all to first messages, pins and edits.
const PUT_ON_MESSAGES: [&str; 4] = [
    "INSERT INTO reactions (message_id, user_id, emoji, created_at)
     SELECT id, sender_id, '👍', created_at FROM messages",
    "INSERT INTO reactions (message_id, user_id, emoji, created_at)
     SELECT messages.id, room_members.user_id, '🎉', messages.created_at
     FROM messages JOIN room_members ON room_members.room_id = messages.room_id WHERE messages.seq = 1",
    "UPDATE messages SET pinned_at = created_at, pinned_by = sender_id WHERE seq % 100 = 0",
    "INSERT INTO message_edits (message_id, version, content, replaced_at)
     SELECT edited.id, other.seq, 'hello', edited.created_at
     FROM messages AS edited JOIN messages AS other ON other.room_id = edited.room_id
     WHERE edited.seq <= 20 AND other.seq <= 120",
];

/// Some of what is in the database, for asking about it.
pub(crate) struct Asked {
    pub(crate) rooms: Vec<RoomId>,
    pub(crate) users: Vec<UserId>,
    pub(crate) message: Message,
    pub(crate) file: FileId,
}

/// A database with enough in it that an index is worth using, and a connection of the test's own to it.
pub(crate) async fn given_busy_server(url: &str) -> Result<(DatabaseConnection, Asked)> {
    let store = connect(&settings(url.to_owned())).await?;
    migrate(&store).await?;
    let store: Arc<dyn Store> = Arc::new(store);
    let users: Vec<User> = (0..USERS).map(|number| user(&format!("user{number}"))).collect();
    let kind = |number| if number < ROOMS - DIRECT_ROOMS { RoomKind::Room } else { RoomKind::Direct };
    let rooms: Vec<Room> =
        (0..ROOMS).map(|number| Room { kind: kind(number), ..room(&users[number]) }).collect();
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
    given_direct_rooms_and_blocks(&mut *work, &users, &rooms[ROOMS - DIRECT_ROOMS..]).await?;
    given_friends(&mut *work, &users).await?;
    given_audit_entries(&mut *work, &users).await?;
    given_identities(&mut *work, &users).await?;
    work.commit().await?;
    given_tasks_in_every_state(&store).await?;
    given_blobs(&store, &users[0]).await?;
    let file = given_file(&store, &users[0]).await?.id;
    let messages = given_messages(&store, &users, &rooms, file).await?;
    given_threads_and_mentions(&store, &users, &messages).await?;
    given_readers(&store, &users, &rooms[0]).await?;
    let asked = Asked {
        rooms: rooms.iter().map(|room| room.id).collect(),
        users: users.iter().map(|user| user.id).collect(),
        message: messages[0].clone(),
        file,
    };
    let options = ConnectOptions::new(url).max_connections(1).to_owned();
    let database = Database::connect(options).await?;
    for statement in PUT_ON_MESSAGES {
        database.execute_unprepared(statement).await?;
    }
    Ok((database, asked))
}

/// Gives rooms to pairs of users, and has every user block some others.
async fn given_direct_rooms_and_blocks(
    work: &mut dyn UnitOfWork,
    users: &[User],
    rooms: &[Room],
) -> Result<()> {
    for (number, room) in rooms.iter().enumerate() {
        let pair = UserPair::new(users[number % 10].id, users[10 + number].id);
        work.direct_rooms().insert(pair.ok_or("two users")?, room.id).await?;
    }
    for (number, blocker) in users.iter().enumerate() {
        for distance in 1..=BLOCKS_A_USER {
            let blocked_id = users[(number + distance) % USERS].id;
            let block = Block { blocker_id: blocker.id, blocked_id, created_at: at(0) };
            work.blocks().insert(&block).await?;
        }
    }
    Ok(())
}

/// Every user has friends, has asked others, is asked, and has had enough of some.
async fn given_friends(work: &mut dyn UnitOfWork, users: &[User]) -> Result<()> {
    for (number, user) in users.iter().enumerate() {
        for distance in 1..=ACQUAINTANCES_A_USER {
            let other = &users[(number + distance) % USERS];
            let pair = UserPair::new(user.id, other.id).ok_or("two users")?;
            let state = match distance % 3 {
                0 => FriendshipState::Strangers,
                1 => FriendshipState::Friends { since: at(0) },
                _ => FriendshipState::Requested { by: user.id, at: at(0), is_hidden: distance > 5 },
            };
            work.friendships().claim(pair).await?;
            work.friendships().update(&Friendship { state, ..Friendship::new(pair) }).await?;
        }
    }
    Ok(())
}

/// Everybody has done something to somebody.
async fn given_audit_entries(work: &mut dyn UnitOfWork, users: &[User]) -> Result<()> {
    for number in 0..AUDIT_ENTRIES {
        let action = AuditAction::ALL[number % AuditAction::ALL.len()];
        let entry = NewAuditEntry::by(users[number % USERS].id, &Device::default(), action);
        work.audit().append(&entry.about(users[(number + 1) % USERS].id)).await?;
    }
    Ok(())
}

async fn given_identities(work: &mut dyn UnitOfWork, users: &[User]) -> Result<()> {
    for (number, user) in users.iter().enumerate() {
        let identity = Identity {
            id: IdentityId::new(id()),
            user_id: user.id,
            issuer: Issuer::from_stored("https://id.example.org".to_owned()),
            subject: Subject::from_stored(number.to_string()),
            email: None,
            created_at: at(0),
            last_used_at: at(0),
        };
        work.identities().insert(&identity).await?;
    }
    Ok(())
}

async fn given_login(work: &mut dyn UnitOfWork, user: &User) -> Result<()> {
    let session = Session {
        id: SessionId::new(id()),
        user_id: user.id,
        created_at: at(0),
        refreshed_at: at(0),
        last_used_at: at(0),
        expires_at: at(1),
        device: Device::default(),
        revoked_at: None,
    };
    let mut digest = [0; 32];
    digest[..16].copy_from_slice(session.id.uuid().as_bytes());
    let token = RefreshToken {
        id: RefreshTokenId::new(id()),
        session_id: session.id,
        parent_id: None,
        digest: TokenDigest(digest),
        created_at: at(0),
        expires_at: at(1),
        consumed_at: None,
    };
    work.sessions().insert(&session).await?;
    Ok(work.sessions().insert_token(&token).await?)
}

async fn given_tasks_in_every_state(store: &Arc<dyn Store>) -> Result<()> {
    let mut work = store.begin().await?;
    for _ in 0..TASKS {
        work.tasks().insert(&task("media")).await?;
    }
    for number in 0..TASKS / 2 {
        let Some(task) = work.tasks().claim_next("media", 1, claim(600)).await?.pop() else { break };
        let outcome = match number % 6 {
            0 => continue,
            1 => AttemptOutcome::Retry { error: "later".to_owned(), delay: TimeDelta::hours(1) },
            2 => AttemptOutcome::Dead { error: "no such file".to_owned() },
            _ => AttemptOutcome::DONE,
        };
        work.tasks().finish(task.id, task.token, &outcome).await?;
    }
    Ok(work.commit().await?)
}

/// A file for each but some; of those some are purged.
async fn given_blobs(store: &Arc<dyn Store>, owner: &User) -> Result<()> {
    let task = task("media");
    let mut work = store.begin().await?;
    work.tasks().insert(&task).await?;
    for number in 0..BLOBS {
        let mut sha256 = Sha256([0; 32]);
        sha256.0[..4].copy_from_slice(&number.to_be_bytes());
        work.blobs().acquire(&Blob { sha256, ..blob(&format!("key-{number}")) }).await?;
        if number % 3 == 0 {
            work.blobs().release(sha256).await?;
        } else {
            let file = File { created_at: at(number.into()), ..file(owner, sha256, &task) };
            work.files().insert(&file).await?;
        }
    }
    work.blobs().purge(TimeDelta::zero(), 100).await?;
    Ok(work.commit().await?)
}

async fn given_messages(
    store: &Arc<dyn Store>,
    users: &[User],
    rooms: &[Room],
    file: FileId,
) -> Result<Vec<Message>> {
    let mut messages: Vec<Message> = Vec::new();
    for (number, room) in rooms.iter().enumerate() {
        let last = if number == 0 { MESSAGES_OF_THE_CROWD } else { MESSAGES_ELSEWHERE };
        for seq in 1..=last {
            let sender = &users[(number + usize::try_from(seq)?) % CROWD];
            let name = ClientId::from_stored(format!("c-{number}-{seq}"));
            let mut message = place(text("hello").with_client_id(Some(name)), room, sender, seq);
            message.file_id = (seq % 100 == 0).then_some(file);
            message.mentions_room = seq % 50 == 0;
            // Threads of four replies each.
            let root = usize::try_from(seq)? % 5;
            message.parent_id = (root > 1).then(|| messages[messages.len() + 1 - root].id);
            messages.push(message);
        }
    }
    let mut work = store.begin().await?;
    work.messages().insert(&messages).await?;
    work.commit().await?;
    Ok(messages)
}

/// Those in the crowd read on every now and then.
async fn given_readers(store: &Arc<dyn Store>, users: &[User], room: &Room) -> Result<()> {
    let mut work = store.begin().await?;
    for user in &users[..READERS] {
        for (after, seq) in (0..MARKS).map(|mark| (mark * 10, mark * 10 + 10)) {
            let mark = ReadMark {
                room_id: room.id,
                user_id: user.id,
                after_seq: Seq::new(after),
                seq: Seq::new(seq),
                read_at: at(seq),
            };
            work.receipts().insert_mark(&mark).await?;
        }
    }
    Ok(work.commit().await?)
}

/// Everybody in the crowd is mentioned in many messages, and follows many threads.
async fn given_threads_and_mentions(
    store: &Arc<dyn Store>,
    users: &[User],
    messages: &[Message],
) -> Result<()> {
    let (mut followers, mut mentions) = (Vec::new(), Vec::new());
    for (number, message) in messages.iter().enumerate() {
        let Message { id: message_id, room_id, seq, .. } = *message;
        for user in [&users[0], &users[number % CROWD]] {
            mentions.push(Mention { message_id, user_id: user.id, room_id, seq });
            let is_following = number % 7 > 0;
            followers.push(Follower { message_id, user_id: user.id, room_id, is_following, read_seq: seq });
        }
    }
    mentions.dedup();
    let roots: Vec<Message> =
        messages.iter().filter(|message| message.parent_id.is_none()).cloned().collect();
    let replied = |mut root: Message| {
        root.gain_replies(4, root.version, root.created_at);
        root
    };
    let roots: Vec<Message> = roots.into_iter().map(replied).collect();
    let mut work = store.begin().await?;
    work.mentions().insert(&mentions).await?;
    work.threads().add_followers(&followers).await?;
    work.threads().update_counts(&roots).await?;
    Ok(work.commit().await?)
}
