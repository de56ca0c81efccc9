//! Everything about a user, read in parts: JSON for each kind of thing, and the files they uploaded.

use std::sync::Arc;

use bytes::Bytes;
use futures::TryStreamExt;
use plaza_application::{
    Ports,
    ports::{BlobStore, BoxError},
};
use plaza_domain::{
    AuditFilter, Clock, File, FilePurpose, Message, RequestDirection, RequestPosition, Room, RoomId,
    ScanState, Seq, Store, UserId, repository::Stretch,
};
use serde_json::{Value, json};
use tokio::sync::mpsc::Sender;

use super::archive::Part;
use crate::{Attempt, TaskError};

/// How many rows are read at a time.
const PAGE: u64 = 200;
/// How many places of a room's history are looked through at a time.
const STRETCH: i64 = 5_000;
/// How many of a message's edits are told.
const EDITS: u64 = 100;
/// How many bytes of uploads go into an archive; the rest is named only.
const MAX_FILE_BYTES: u64 = 2 * 1024 * 1024 * 1024;
/// How many bytes are sent on at a time.
const CHUNK: usize = 64 * 1024;

/// Reads everything about a user.
pub(super) struct Collector<'a> {
    store: Arc<dyn Store>,
    blobs: Arc<dyn BlobStore>,
    clock: Arc<dyn Clock>,
    attempt: &'a Attempt,
    parts: Sender<Part>,
    user_id: UserId,
    buffer: Vec<u8>,
    is_first: bool,
}

type Outcome = Result<(), TaskError>;

impl<'a> Collector<'a> {
    pub(super) fn new(ports: &Ports, attempt: &'a Attempt, parts: Sender<Part>, user_id: UserId) -> Self {
        Self {
            store: Arc::clone(&ports.store),
            blobs: Arc::clone(&ports.blobs),
            clock: Arc::clone(&ports.clock),
            attempt,
            parts,
            user_id,
            buffer: Vec::with_capacity(CHUNK),
            is_first: true,
        }
    }

    /// Sends all of it, and then the end.
    pub(super) async fn collect(mut self) -> Outcome {
        self.account().await?;
        self.sessions().await?;
        self.friends().await?;
        self.audit().await?;
        self.attempt.progress(5).await;
        let rooms = self.rooms().await?;
        self.messages(&rooms).await?;
        self.reactions(&rooms).await?;
        self.mentions().await?;
        self.attempt.progress(80).await;
        self.files().await?;
        self.send(Part::End).await
    }

    async fn account(&mut self) -> Outcome {
        let mut read = self.store.read().await?;
        let user = read.users().find(self.user_id).await?;
        let user = user.ok_or_else(|| TaskError::Discard("there is no such user".to_owned()))?;
        let preferences = read.users().preferences(self.user_id).await?.unwrap_or_default();
        let changes = read.username_changes().list(self.user_id, None, PAGE).await?;
        drop(read);
        self.begin("account.json").await?;
        let changes: Vec<Value> = changes
            .into_iter()
            .map(|change| {
                json!({
                    "old_username": change.old_username.as_str(), "new_username": change.new_username.as_str(),
                    "changed_at": change.changed_at,
                })
            })
            .collect();
        self.item(&json!({
            "id": user.id, "email": user.email, "email_verified_at": user.email_verified_at,
            "username": user.username, "display_name": user.display_name, "bio": user.bio,
            "status_text": user.status_text, "time_zone": user.time_zone, "locale": user.locale,
            "role": user.role, "avatar_file_id": user.avatar_file_id, "created_at": user.created_at,
            "updated_at": user.updated_at, "preferences": { "shows_receipts": preferences.shows_receipts },
            "username_changes": changes,
        }))
        .await?;
        self.end().await
    }

    async fn sessions(&mut self) -> Outcome {
        self.begin("sessions.json").await?;
        let mut before = None;
        loop {
            let now = self.clock.now();
            let page = self.store.read().await?.sessions().list(self.user_id, now, before, PAGE).await?;
            let Some(last) = page.last() else { return self.end().await };
            before = Some(last.id);
            for session in page {
                let device = session.device;
                self.item(&json!({
                    "id": session.id, "created_at": session.created_at, "last_used_at": session.last_used_at,
                    "expires_at": session.expires_at, "address": device.address.map(|address| address.to_string()),
                    "user_agent": device.user_agent.map(|agent| agent.into_string()),
                }))
                .await?;
            }
        }
    }

    async fn friends(&mut self) -> Outcome {
        self.begin("friends.json").await?;
        let mut after = None;
        loop {
            let page = self.store.read().await?.friendships().list(self.user_id, after, PAGE).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.user.id);
            for friend in page {
                self.item(&json!({ "user": friend.user, "since": friend.since })).await?;
            }
        }
        self.end().await?;
        self.begin("friend_requests.json").await?;
        for (direction, word) in
            [(RequestDirection::Incoming, "incoming"), (RequestDirection::Outgoing, "outgoing")]
        {
            let mut before = None;
            loop {
                let mut read = self.store.read().await?;
                let page = read.friendships().requests(self.user_id, direction, before, PAGE).await?;
                drop(read);
                let Some(last) = page.last() else { break };
                before = Some(RequestPosition { at: last.at, user_id: last.user.id });
                for request in page {
                    let item = json!({ "direction": word, "user": request.user, "at": request.at });
                    self.item(&item).await?;
                }
            }
        }
        self.end().await?;
        self.begin("blocks.json").await?;
        let mut after = None;
        loop {
            let page = self.store.read().await?.blocks().list(self.user_id, after, PAGE).await?;
            let Some(last) = page.last() else { return self.end().await };
            after = Some(last.user.id);
            for block in page {
                self.item(&json!({ "user": block.user, "created_at": block.created_at })).await?;
            }
        }
    }

    /// What the audit log tells of what the user did, and of what was done to their account.
    async fn audit(&mut self) -> Outcome {
        self.begin("audit.json").await?;
        let by = AuditFilter { actor_id: Some(self.user_id), ..AuditFilter::default() };
        let about = AuditFilter { target_id: Some(self.user_id.uuid()), ..AuditFilter::default() };
        for filter in [by, about] {
            let mut before = None;
            loop {
                let page = self.store.read().await?.audit().list(&filter, before, PAGE).await?;
                let Some(last) = page.last() else { break };
                before = Some(last.number);
                for entry in page {
                    let is_own = entry.actor_id == Some(self.user_id.uuid());
                    // Told among what they did.
                    if filter.actor_id.is_none() && is_own {
                        continue;
                    }
                    // Where others were when they did it is theirs.
                    let address = entry.address.filter(|_| is_own);
                    self.item(&json!({
                        "number": entry.number, "at": entry.at, "action": entry.action,
                        "actor_kind": entry.actor_kind, "is_own": is_own, "address": address,
                    }))
                    .await?;
                }
            }
        }
        self.end().await
    }

    /// The rooms that the user is or was in, and how far the history of each goes.
    async fn rooms(&mut self) -> Result<Vec<(RoomId, Seq)>, TaskError> {
        self.begin("rooms.json").await?;
        let mut rooms: Vec<(RoomId, Seq)> = Vec::new();
        loop {
            let after = rooms.last().map(|(id, _)| *id);
            let page = self.store.read().await?.exports().rooms(self.user_id, after, PAGE).await?;
            if page.is_empty() {
                self.end().await?;
                return Ok(rooms);
            }
            for (room, member) in page {
                rooms.push((room.id, room.last_seq));
                let Room { id, kind, name, deleted_at, .. } = room;
                self.item(&json!({
                    "id": id, "kind": kind, "name": name, "deleted_at": deleted_at, "role": member.role.as_str(),
                    "joined_at": member.joined_at, "left_at": member.left_at, "read_seq": member.read_seq.get(),
                }))
                .await?;
            }
        }
    }

    async fn messages(&mut self, rooms: &[(RoomId, Seq)]) -> Outcome {
        self.begin("messages.json").await?;
        for (done, (room_id, last)) in rooms.iter().enumerate() {
            for stretch in stretches(*room_id, *last) {
                let page = self.store.read().await?.exports().messages(self.user_id, stretch).await?;
                for message in page {
                    self.message(message).await?;
                }
            }
            self.attempt.progress(share(5, 60, done, rooms.len())).await;
        }
        self.end().await
    }

    async fn message(&mut self, message: Message) -> Outcome {
        let edits = match message.edited_at {
            Some(_) => self.store.read().await?.edits().list(message.id, None, EDITS).await?,
            None => Vec::new(),
        };
        let before: Vec<Value> = edits
            .into_iter()
            .map(|edit| json!({ "content": edit.content, "replaced_at": edit.replaced_at }))
            .collect();
        self.item(&json!({
            "id": message.id, "room_id": message.room_id, "seq": message.seq.get(), "kind": message.kind.as_str(),
            "content": message.content, "file_id": message.file_id, "image_url": message.image_url,
            "parent_id": message.parent_id, "created_at": message.created_at, "edited_at": message.edited_at,
            "deleted_at": message.deleted_at, "before_edits": before,
        }))
        .await
    }

    async fn reactions(&mut self, rooms: &[(RoomId, Seq)]) -> Outcome {
        self.begin("reactions.json").await?;
        for (done, (room_id, last)) in rooms.iter().enumerate() {
            for stretch in stretches(*room_id, *last) {
                let page = self.store.read().await?.exports().reactions(self.user_id, stretch).await?;
                for (message_id, emoji, at) in page {
                    self.item(&json!({ "message_id": message_id, "emoji": emoji, "created_at": at })).await?;
                }
            }
            self.attempt.progress(share(60, 80, done, rooms.len())).await;
        }
        self.end().await
    }

    /// Where others mention the user: what they say there is theirs.
    async fn mentions(&mut self) -> Outcome {
        self.begin("mentions.json").await?;
        let mut before = None;
        loop {
            let page = self.store.read().await?.mentions().list(self.user_id, before, PAGE).await?;
            let Some(last) = page.last() else { return self.end().await };
            before = Some(last.message.id);
            for sent in page {
                let message = sent.message;
                self.item(&json!({
                    "message_id": message.id, "room_id": message.room_id, "created_at": message.created_at,
                }))
                .await?;
            }
        }
    }

    async fn files(&mut self) -> Outcome {
        let mut included: Vec<File> = Vec::new();
        let (mut after, mut bytes) = (None, 0);
        self.begin("files.json").await?;
        loop {
            let mut read = self.store.read().await?;
            let ids = read.erasures().files(self.user_id, after, PAGE).await?;
            let page = read.files().find_many(&ids).await?;
            drop(read);
            let Some(last) = ids.last() else { break };
            after = Some(*last);
            for file in page.into_iter().filter(|file| file.purpose != FilePurpose::Export) {
                let is_known = matches!(file.scan, ScanState::NotRequired | ScanState::Clean);
                let is_included = is_known && bytes + file.size <= MAX_FILE_BYTES;
                self.item(&json!({
                    "id": file.id, "name": file.name, "media_type": file.media_type, "size": file.size,
                    "created_at": file.created_at, "included_as": is_included.then(|| entry_name(&file)),
                }))
                .await?;
                if is_included {
                    bytes += file.size;
                    included.push(file);
                }
            }
        }
        self.end().await?;
        let all = included.len();
        for (done, file) in included.into_iter().enumerate() {
            self.attempt.progress(share(80, 99, done, all)).await;
            self.content(&file).await?;
        }
        Ok(())
    }

    /// The bytes of an upload; one that was deleted meanwhile is empty.
    async fn content(&mut self, file: &File) -> Outcome {
        self.send(Part::File { name: entry_name(file), is_packed: true }).await?;
        let blob = self.store.read().await?.blobs().find(file.sha256).await?;
        let Some(blob) = blob else { return Ok(()) };
        let mut bytes = self.blobs.open(&blob.storage_key, None).await.map_err(retry)?;
        while let Some(chunk) = bytes.try_next().await.map_err(retry)? {
            self.send(Part::Bytes(chunk)).await?;
        }
        Ok(())
    }

    /// Begins a list.
    async fn begin(&mut self, name: &str) -> Outcome {
        self.is_first = true;
        self.buffer.push(b'[');
        self.send(Part::File { name: name.to_owned(), is_packed: false }).await
    }

    async fn item(&mut self, item: &Value) -> Outcome {
        self.buffer.extend_from_slice(if self.is_first { b"\n" } else { b",\n" });
        self.is_first = false;
        serde_json::to_writer(&mut self.buffer, item).map_err(retry)?;
        if self.buffer.len() >= CHUNK { self.flush().await } else { Ok(()) }
    }

    /// Ends a list.
    async fn end(&mut self) -> Outcome {
        self.buffer.extend_from_slice(b"\n]\n");
        self.flush().await
    }

    async fn flush(&mut self) -> Outcome {
        let bytes = Bytes::copy_from_slice(&self.buffer);
        self.buffer.clear();
        self.send(Part::Bytes(bytes)).await
    }

    async fn send(&mut self, part: Part) -> Outcome {
        self.parts.send(part).await.map_err(|_| TaskError::Retry("the archive could not be packed".into()))
    }
}

fn retry(error: impl Into<BoxError>) -> TaskError {
    TaskError::Retry(error.into())
}

/// Where an upload is in the archive: its id keeps names apart, and the rest of its name is harmless everywhere.
fn entry_name(file: &File) -> String {
    let name = file.name.as_str();
    let harmless = |c: char| if c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | ' ') { c } else { '_' };
    format!("files/{}-{}", file.id, name.chars().map(harmless).collect::<String>())
}

/// The history of a room up to a place, cut into parts.
fn stretches(room_id: RoomId, last: Seq) -> impl Iterator<Item = Stretch> {
    let ends = (0..last.get()).step_by(STRETCH as usize);
    ends.map(move |after| {
        let through = Seq::new(last.get().min(after + STRETCH));
        Stretch { room_id, after: Seq::new(after), through }
    })
}

/// How much is done, in percent, when so many of all are between those two.
fn share(from: u8, to: u8, done: usize, all: usize) -> u8 {
    let part = usize::from(to - from) * done / all.max(1);
    from + u8::try_from(part).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_history_is_cut_without_holes() {
        let room_id = RoomId::new(Default::default());
        let cut = |last| -> Vec<_> {
            stretches(room_id, Seq::new(last)).map(|it| (it.after.get(), it.through.get())).collect()
        };
        assert_eq!(cut(0), []);
        assert_eq!(cut(1), [(0, 1)]);
        assert_eq!(cut(5_000), [(0, 5_000)]);
        assert_eq!(cut(12_001), [(0, 5_000), (5_000, 10_000), (10_000, 12_001)]);
    }

    #[test]
    fn progress_goes_from_one_mark_to_the_next() {
        assert_eq!([share(5, 60, 0, 10), share(5, 60, 5, 10), share(5, 60, 10, 10)], [5, 32, 60]);
        assert_eq!(share(5, 60, 0, 0), 5);
    }
}
