//! Things to store. Ids rise in the order in which they are made.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use chrono::{DateTime, TimeDelta};
use plaza_domain::message::Placement;
use plaza_domain::repository::{ClaimRequest, Result};
use plaza_domain::{
    Bio, Content, DisplayName, Email, File, FileId, FileKind, FileName, FilePurpose, FileStatus, Member,
    MemberRole, Message, MessageDraft, MessageId, NewTask, PasswordHash, Priority, Room, RoomDescription,
    RoomId, RoomKind, RoomName, ScanState, Seq, Sha256, Store, TaskId, Timestamp, User, UserId, Username,
    Version, WorkerId,
};
use serde_json::json;
use uuid::Uuid;

/// A new id, greater than all before.
pub(crate) fn id() -> Uuid {
    static LAST: AtomicU64 = AtomicU64::new(0);
    Uuid::from_u128(u128::from(LAST.fetch_add(1, Ordering::Relaxed) + 1))
}

/// A fixed moment and some seconds.
pub(crate) fn at(seconds: i64) -> Timestamp {
    DateTime::UNIX_EPOCH
        + TimeDelta::days(20_000)
        + TimeDelta::seconds(seconds)
        + TimeDelta::microseconds(123_456)
}

/// A user named after `name`.
pub(crate) fn user(name: &str) -> User {
    let email = Email::from_stored(format!("{name}@example.org"));
    let username = Username::from_stored(name.to_owned());
    let display_name = DisplayName::from_stored(format!("{name} L."));
    let password_hash = PasswordHash::new("$2b$12$hash".to_owned());
    let user = User::new(UserId::new(id()), email, username, display_name, password_hash, at(0));
    User { bio: Bio::from_stored("Likes tests.".to_owned()), ..user }
}

/// A public room that nobody is in and nothing happened in.
pub(crate) fn room(created_by: &User) -> Room {
    Room {
        id: RoomId::new(id()),
        kind: RoomKind::Room,
        name: RoomName::from_stored("Lobby".to_owned()),
        description: RoomDescription::from_stored(String::new()),
        is_private: false,
        created_by: created_by.id,
        last_seq: Seq::ZERO,
        version: Version::ZERO,
        details_version: Version::ZERO,
        created_at: at(0),
        updated_at: at(0),
        deleted_at: None,
    }
}

/// A plain member who has read nothing.
pub(crate) fn member(room: &Room, user: &User) -> Member {
    Member {
        room_id: room.id,
        user_id: user.id,
        role: MemberRole::Member,
        joined_at: at(0),
        left_at: None,
        version: Version::new(1),
        joined_version: Version::new(1),
        delivered_seq: Seq::ZERO,
        read_seq: Seq::ZERO,
    }
}

/// A draft of a text.
#[expect(clippy::expect_used, reason = "tests write no blank texts")]
pub(crate) fn text(content: &str) -> MessageDraft {
    MessageDraft::text(Content::from_stored(content.to_owned())).expect("a text says something")
}

/// Places a draft in a room at `seq`, as change `seq`.
pub(crate) fn place(draft: MessageDraft, room: &Room, sender: &User, seq: i64) -> Message {
    draft.place(Placement {
        id: MessageId::new(id()),
        room_id: room.id,
        seq: Seq::new(seq),
        version: Version::new(seq),
        sender_id: sender.id,
        created_at: at(seq),
    })
}

/// An upload whose bytes are `content`.
pub(crate) fn file(owner: &User, content: Sha256, task: &NewTask) -> File {
    File {
        id: FileId::new(id()),
        owner_id: owner.id,
        task_id: task.id,
        name: FileName::from_stored("photo.png".to_owned()),
        purpose: FilePurpose::Attachment,
        kind: FileKind::Image,
        media_type: "image/png".to_owned(),
        size: 5_000_000_000,
        sha256: content,
        status: FileStatus::Pending,
        failure: None,
        width: None,
        height: None,
        page_count: None,
        blur_hash: None,
        dominant_color: None,
        is_animated: false,
        scan: ScanState::NotRequired,
        created_at: at(0),
        updated_at: at(0),
        deleted_at: None,
    }
}

/// A task of that queue that may be begun three times.
pub(crate) fn task(queue: &str) -> NewTask {
    NewTask {
        id: TaskId::new(id()),
        queue: queue.to_owned(),
        kind: "process_image".to_owned(),
        version: 1,
        payload: json!({ "file_id": "f", "nested": [1, 2.5, null, "ü"] }),
        owner_id: None,
        max_attempts: 3,
        priority: Priority::NORMAL,
        run_at: None,
        unique_key: None,
    }
}

/// A worker's claim; a negative lease is one that has expired already.
pub(crate) fn claim(lease_seconds: i64) -> ClaimRequest {
    ClaimRequest { worker: WorkerId::new(id()), lease: TimeDelta::seconds(lease_seconds) }
}

/// A stored user.
pub(crate) async fn given_user(store: &Arc<dyn Store>, name: &str) -> Result<User> {
    let user = user(name);
    let mut work = store.begin().await?;
    work.users().insert(&user).await?;
    work.commit().await?;
    Ok(user)
}

/// A stored room with its owner in it.
pub(crate) async fn given_room(store: &Arc<dyn Store>, owner: &User) -> Result<Room> {
    let room = room(owner);
    let mut work = store.begin().await?;
    work.rooms().insert(&room).await?;
    work.members().save(&Member { role: MemberRole::Owner, ..member(&room, owner) }).await?;
    work.commit().await?;
    Ok(room)
}

/// A stored user with a room of their own.
pub(crate) async fn given_user_and_room(store: &Arc<dyn Store>) -> Result<(User, Room)> {
    let user = given_user(store, "ada").await?;
    let room = given_room(store, &user).await?;
    Ok((user, room))
}

/// Stored members.
pub(crate) async fn given_members(store: &Arc<dyn Store>, members: &[Member]) -> Result<()> {
    let mut work = store.begin().await?;
    for member in members {
        work.members().save(member).await?;
    }
    work.commit().await
}

/// Stored messages.
pub(crate) async fn given_messages(store: &Arc<dyn Store>, messages: &[Message]) -> Result<()> {
    let mut work = store.begin().await?;
    work.messages().insert(messages).await?;
    // Replies come later than what they reply to, also where a test begins with both.
    for replied in messages.iter().filter(|message| message.reply_count > 0) {
        work.messages().update(replied).await?;
    }
    work.commit().await
}

/// A stored task.
pub(crate) async fn given_task(store: &Arc<dyn Store>, queue: &str) -> Result<NewTask> {
    let task = task(queue);
    let mut work = store.begin().await?;
    work.tasks().insert(&task).await?;
    work.commit().await?;
    Ok(task)
}
