//! What a user did in rooms: memberships, messages with what they said before edits, reactions, and mentions.

use std::collections::HashMap;

use plaza_domain::{
    FollowedThread, Member, Message, Room, RoomId, RoomKind, Seq, UserSummary, repository::Stretch,
};
use serde_json::{Value, json};

use super::{Collector, Outcome, PAGE, share};
use crate::TaskError;

/// How many places of a room's history are looked through at a time.
const STRETCH: i64 = 500;
/// How many of a message's edits are told.
const EDITS: u64 = 100;

impl Collector<'_> {
    /// The rooms that the user is or was in, and how far the history of each goes.
    pub(super) async fn rooms(&mut self) -> Result<Vec<(RoomId, Seq)>, TaskError> {
        self.lists.begin("rooms.json").await?;
        let mut rooms: Vec<(RoomId, Seq)> = Vec::new();
        loop {
            let after = rooms.last().map(|(id, _)| *id);
            let mut read = self.store.read().await?;
            let page = read.exports().rooms(self.user_id, after, PAGE).await?;
            let direct = page.iter().map(|(room, _)| room).filter(|room| room.kind == RoomKind::Direct);
            let direct: Vec<_> = direct.map(|room| room.id).collect();
            let peers: HashMap<_, _> =
                read.direct_rooms().peers(self.user_id, &direct).await?.into_iter().collect();
            drop(read);
            if page.is_empty() {
                self.lists.end().await?;
                return Ok(rooms);
            }
            for (room, member) in page {
                rooms.push((room.id, room.last_seq));
                self.lists.item(&described(room, &member, peers.get(&member.room_id))).await?;
            }
        }
    }

    pub(super) async fn messages(&mut self, rooms: &[(RoomId, Seq)]) -> Outcome {
        self.lists.begin("messages.json").await?;
        for (done, (room_id, last)) in rooms.iter().enumerate() {
            for stretch in stretches(*room_id, *last) {
                let page = self.store.read().await?.exports().messages(self.user_id, stretch).await?;
                for message in page {
                    self.message(message).await?;
                }
            }
            self.attempt.progress(share(5, 60, done, rooms.len())).await;
        }
        self.lists.end().await
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
        self.lists.item(&json!({
            "id": message.id, "room_id": message.room_id, "seq": message.seq.get(), "kind": message.kind.as_str(),
            "content": message.content, "file_id": message.file_id, "image_url": message.image_url,
            "parent_id": message.parent_id, "created_at": message.created_at, "edited_at": message.edited_at,
            "deleted_at": message.deleted_at, "before_edits": before,
        }))
        .await
    }

    pub(super) async fn reactions(&mut self, rooms: &[(RoomId, Seq)]) -> Outcome {
        self.lists.begin("reactions.json").await?;
        for (done, (room_id, last)) in rooms.iter().enumerate() {
            for stretch in stretches(*room_id, *last) {
                let page = self.store.read().await?.exports().reactions(self.user_id, stretch).await?;
                for (message_id, emoji, at) in page {
                    self.lists
                        .item(&json!({ "message_id": message_id, "emoji": emoji, "created_at": at }))
                        .await?;
                }
            }
            self.attempt.progress(share(60, 80, done, rooms.len())).await;
        }
        self.lists.end().await
    }

    /// The threads that the user follows.
    pub(super) async fn threads(&mut self) -> Outcome {
        self.lists.begin("threads.json").await?;
        let mut after = None;
        loop {
            let mut read = self.store.read().await?;
            let page = read.threads().list_followed(self.user_id, None, after, PAGE).await?;
            drop(read);
            let Some(last) = page.last() else { return self.lists.end().await };
            after = Some(last.position());
            for FollowedThread { root, read_seq, .. } in &page {
                let message = &root.message;
                self.lists
                    .item(&json!({
                        "message_id": message.id, "room_id": message.room_id, "read_seq": read_seq.get(),
                    }))
                    .await?;
            }
        }
    }

    /// Where others mention the user: what they say there is theirs.
    pub(super) async fn mentions(&mut self) -> Outcome {
        self.lists.begin("mentions.json").await?;
        let mut before = None;
        loop {
            let page = self.store.read().await?.mentions().list(self.user_id, before, PAGE).await?;
            let Some(last) = page.last() else { return self.lists.end().await };
            before = Some(last.message.id);
            for sent in page {
                let message = sent.message;
                self.lists.item(&json!({
                    "message_id": message.id, "room_id": message.room_id, "created_at": message.created_at,
                }))
                .await?;
            }
        }
    }
}

/// A membership. What has become of a private room is not for those who have left it.
fn described(room: Room, member: &Member, peer: Option<&UserSummary>) -> Value {
    let is_known = member.left_at.is_none() || !room.is_private;
    let Room { id, kind, name, deleted_at, .. } = room;
    json!({
        "id": id, "kind": kind, "name": is_known.then_some(name), "deleted_at": deleted_at.filter(|_| is_known),
        "direct_with": peer, "role": member.role.as_str(), "joined_at": member.joined_at,
        "left_at": member.left_at, "read_seq": member.read_seq.get(),
    })
}

/// The history of a room up to a place, cut into parts.
fn stretches(room_id: RoomId, last: Seq) -> impl Iterator<Item = Stretch> {
    let ends = (0..last.get()).step_by(STRETCH as usize);
    ends.map(move |after| {
        let through = Seq::new(last.get().min(after + STRETCH));
        Stretch { room_id, after: Seq::new(after), through }
    })
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
        assert_eq!(cut(500), [(0, 500)]);
        assert_eq!(cut(1_201), [(0, 500), (500, 1_000), (1_000, 1_201)]);
    }
}
