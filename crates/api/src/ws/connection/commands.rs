//! Doing what a client frame asks for.

use std::{collections::HashSet, sync::Arc};

use plaza_application::{Acknowledged, Actor, Error, Limited, MessageInput, Position};
use plaza_domain::{
    Availability, InvalidInput, MessageDraft, MessageId, MessageKind, RoomId, SentMessage, Seq, UserId,
};
use serde_json::value::RawValue;

use super::{Connection, Flow, MAX_BAD_FRAMES};
use crate::ws::{
    close::Close,
    frames::{
        Ack, BadFrame, ClientFrame, Envelope, ErrorCode, ErrorFrame, MessageFrame, RoomSince, ServerFrame,
    },
    outbox::Outbox,
};

/// The most rooms that one frame may name.
const MAX_ROOMS_PER_FRAME: usize = 100;

/// What an answer repeats of the frame it answers.
struct ReplyTo {
    id: Option<Box<RawValue>>,
    client_id: Option<String>,
}

impl ReplyTo {
    fn error(self, error: ErrorFrame) -> ServerFrame<'static> {
        ServerFrame::Error(ErrorFrame { id: self.id, client_id: self.client_id, ..error })
    }

    fn ack(self, sent: &SentMessage, duplicate: bool) -> ServerFrame<'static> {
        let message = &sent.message;
        ServerFrame::Ack(Ack {
            id: self.id,
            client_id: self.client_id,
            message_id: message.id,
            room_id: message.room_id,
            seq: message.seq,
            version: message.version,
            created_at: message.created_at.into(),
            duplicate,
        })
    }
}

/// Queues the `ack` of a change before anybody else learns of it.
fn acknowledge<'a>(
    outbox: &'a Outbox,
    reply: &'a mut Option<ReplyTo>,
) -> impl FnOnce(&SentMessage) + Send + use<'a> {
    move |sent| {
        if let Some(reply) = reply.take() {
            outbox.push(reply.ack(sent, false).encode());
        }
    }
}

impl Connection {
    /// Answers a text that is no client frame; too many of them end the connection.
    pub(super) fn complain(&mut self, bad: BadFrame) -> Flow {
        let counted = self.count_frame();
        let error = match bad {
            BadFrame::NotAFrame => {
                self.bad_frames += 1;
                if self.bad_frames > MAX_BAD_FRAMES {
                    return Err(Close::Protocol.into());
                }
                ErrorFrame::new(ErrorCode::BadFrame, "a frame is a JSON object with a type")
            }
            BadFrame::UnknownType { id, name } => {
                let name: String = name.chars().filter(|c| !c.is_control()).take(40).collect();
                let reason = format!("this server knows no frame of type {name}");
                ErrorFrame { id, ..ErrorFrame::new(ErrorCode::UnknownType, reason) }
            }
            BadFrame::Invalid { id, client_id, reason } => {
                ErrorFrame { id, client_id, ..ErrorFrame::new(ErrorCode::Invalid, reason) }
            }
        };
        let error = match counted {
            Ok(()) => error,
            Err(refusal) => ErrorFrame { id: error.id, client_id: error.client_id, ..refusal },
        };
        self.tell(&ServerFrame::Error(error));
        Ok(())
    }

    /// Does what a frame asks for.
    pub(super) async fn obey(&mut self, actor: &mut Actor, envelope: Envelope) -> Flow {
        let reply = ReplyTo { id: envelope.id, client_id: envelope.client_id };
        if let Err(refusal) = self.count_frame() {
            self.tell(&reply.error(refusal));
            return Ok(());
        }
        let services = Arc::clone(&self.state.services);
        if actor.must_verify_email
            && envelope.frame.takes_part()
            && let Ok(fresh) = services.auth.recheck(actor).await
        {
            // They may have done so since.
            *actor = fresh;
        }
        let failed = match envelope.frame {
            ClientFrame::Message(message) | ClientFrame::GroupMessage(message) => {
                return self.post(actor, *message, reply).await;
            }
            ClientFrame::Edit { message_id, content } => {
                let what = services.limits.edit_of(actor.id(), message_id).await;
                if let Err(refusal) = self.count_for_user(what).await {
                    self.tell(&reply.error(refusal));
                    return Ok(());
                }
                let mut reply = Some(reply);
                let acknowledge = acknowledge(&self.outbox, &mut reply);
                let edited =
                    services.messages.edit_acknowledged(actor, message_id, &content, acknowledge).await;
                return self.tell_failure(edited, reply);
            }
            ClientFrame::Delete { message_id } => {
                let mut reply = Some(reply);
                let acknowledge = acknowledge(&self.outbox, &mut reply);
                let deleted = services.messages.delete_acknowledged(actor, message_id, acknowledge).await;
                return self.tell_failure(deleted, reply);
            }
            ClientFrame::React { message_id, emoji } => {
                if let Err(refusal) = self.count_for_user(Ok(Limited::ReactionBy(actor.id()))).await {
                    self.tell(&reply.error(refusal));
                    return Ok(());
                }
                let mut reply = Some(reply);
                let acknowledge = acknowledge(&self.outbox, &mut reply);
                let reacted = services.reactions.react(actor, message_id, &emoji, acknowledge).await;
                return self.tell_failure(reacted, reply);
            }
            ClientFrame::Unreact { message_id, emoji } => {
                if let Err(refusal) = self.count_for_user(Ok(Limited::ReactionBy(actor.id()))).await {
                    self.tell(&reply.error(refusal));
                    return Ok(());
                }
                let mut reply = Some(reply);
                let acknowledge = acknowledge(&self.outbox, &mut reply);
                let taken_back = services.reactions.unreact(actor, message_id, &emoji, acknowledge).await;
                return self.tell_failure(taken_back, reply);
            }
            ClientFrame::Heartbeat { seen } => {
                self.tell(&ServerFrame::HeartbeatAck);
                let followed = seen.into_iter().filter(|(room_id, _)| self.rooms.contains(room_id));
                let followed: Vec<_> = followed.take(MAX_ROOMS_PER_FRAME).collect();
                if let Err(error) = services.reads.delivered(actor, &followed).await {
                    tracing::debug!(error = ?error, "delivery cursors were not moved");
                }
                return Ok(());
            }
            ClientFrame::Subscribe { rooms } => return self.subscribe_all(actor, rooms, reply).await,
            ClientFrame::Unsubscribe { rooms } => {
                for room_id in rooms {
                    self.unsubscribe(room_id);
                    self.stay_away(room_id);
                    self.tell(&ServerFrame::Unsubscribed { room_id });
                }
                return Ok(());
            }
            ClientFrame::Authenticate { token } => match self.authenticate_again(actor, &token).await? {
                Ok(()) => return Ok(()),
                Err(error) => {
                    self.tell(&reply.error(error));
                    return Ok(());
                }
            },
            ClientFrame::Read { room_id, seq, message_id } => {
                self.read(actor, room_id, seq, message_id).await.err()
            }
            ClientFrame::Presence { status } => self.set_presence(&status).err(),
            ClientFrame::Typing { room_id, active } => self.typing(actor, room_id, active).await.err(),
        };
        if let Some(error) = failed {
            self.tell(&reply.error(ErrorFrame::from_error(&error)));
        }
        Ok(())
    }

    /// Answers a change that was refused; one that was made is acknowledged already.
    fn tell_failure(&self, outcome: Result<SentMessage, Error>, reply: Option<ReplyTo>) -> Flow {
        if let (Err(error), Some(reply)) = (outcome, reply) {
            self.tell(&reply.error(ErrorFrame::from_error(&error)));
        }
        Ok(())
    }

    fn set_presence(&self, status: &str) -> Result<(), Error> {
        let availability = Availability::parse(status)
            .ok_or_else(|| InvalidInput::single("status", "must be online, away or dnd"))?;
        if let Some(attendance) = &self.attendance {
            attendance.set(availability);
        }
        Ok(())
    }

    async fn read(
        &mut self,
        actor: &Actor,
        room_id: Option<RoomId>,
        seq: Option<Seq>,
        message_id: Option<MessageId>,
    ) -> Result<(), Error> {
        let room_id = self.room(room_id)?;
        let position = match (seq, message_id) {
            (Some(seq), _) => Position::Seq(seq),
            (None, Some(id)) => Position::Message(id),
            (None, None) => return Err(InvalidInput::single("seq", "or message_id is required").into()),
        };
        self.state.services.reads.mark(actor, room_id, position).await
    }

    /// Hands a message to the committer and goes on: its `ack` is queued as soon as it is durable, before anybody
    /// else learns of it.
    async fn post(&mut self, actor: &Actor, message: MessageFrame, reply: ReplyTo) -> Flow {
        // One to a user is counted before its room is opened.
        let is_direct = message.to.is_some();
        if is_direct && let Err(refusal) = self.count_for_user(Ok(Limited::DirectMessageBy(actor.id()))).await
        {
            self.tell(&reply.error(refusal));
            return Ok(());
        }
        let (room_id, draft) = match self.draft(actor, message, &reply).await {
            Ok(found) => found,
            Err(error) => {
                self.tell(&reply.error(ErrorFrame::from_error(&error)));
                return Ok(());
            }
        };
        if !is_direct {
            let what = self.state.services.limits.message_in(actor.id(), room_id).await;
            if let Err(refusal) = self.count_for_user(what).await {
                self.tell(&reply.error(refusal));
                return Ok(());
            }
        }
        let Ok(permit) = Arc::clone(&self.in_flight).acquire_owned().await else {
            return Err(Close::ServerError.into());
        };
        let outbox: Arc<Outbox> = Arc::clone(&self.outbox);
        let completion = move |outcome: Result<Acknowledged<'_>, Error>| {
            let frame = match outcome {
                Ok(posted) => reply.ack(posted.view, posted.duplicate),
                Err(error) => reply.error(ErrorFrame::from_error(&error)),
            };
            outbox.push(frame.encode());
            drop(permit);
        };
        self.state.services.messages.submit(actor, room_id, draft, Box::new(completion));
        Ok(())
    }

    /// What is to be said, and where. It is checked before a direct room is opened for it.
    async fn draft(
        &mut self,
        actor: &Actor,
        message: MessageFrame,
        reply: &ReplyTo,
    ) -> Result<(RoomId, MessageDraft), Error> {
        let kind = match message.message_type.as_deref() {
            None => MessageKind::Text,
            Some(word) => MessageKind::parse(word)
                .ok_or_else(|| InvalidInput::single("message_type", "must be text, image or file"))?,
        };
        let draft = self.state.services.messages.draft(MessageInput {
            kind,
            content: message.content,
            file_id: message.file_id,
            image_url: message.image_url,
            parent_id: message.parent_id,
            client_id: reply.client_id.clone(),
        })?;
        Ok((self.destination(actor, message.room_id, message.to).await?, draft))
    }

    /// Where a message goes: to a room, or to the direct room with somebody, which is opened when there is none.
    async fn destination(
        &mut self,
        actor: &Actor,
        room_id: Option<RoomId>,
        to: Option<UserId>,
    ) -> Result<RoomId, Error> {
        let Some(user_id) = to else { return self.room(room_id) };
        if room_id.is_some() {
            return Err(InvalidInput::single("to", "must not come together with room_id").into());
        }
        if self.own_room.is_some() {
            return Err(InvalidInput::single("to", "must be sent to /api/v1/ws, which has all rooms").into());
        }
        if user_id == actor.id() {
            return Err(InvalidInput::single("to", "must be somebody else").into());
        }
        self.state.services.direct.room_with(actor, user_id).await
    }

    async fn subscribe_all(&mut self, actor: &Actor, rooms: Vec<RoomSince>, reply: ReplyTo) -> Flow {
        if rooms.len() > MAX_ROOMS_PER_FRAME {
            let reason = format!("rooms must have at most {MAX_ROOMS_PER_FRAME} entries");
            self.tell(&reply.error(ErrorFrame::new(ErrorCode::Invalid, reason)));
            return Ok(());
        }
        let mut done = HashSet::new();
        for RoomSince { room_id, since } in rooms {
            // A room that is named twice is replayed once: a small frame shall not cost a large answer many times.
            if !done.insert(room_id) {
                continue;
            }
            let refused = match self.count_subscription() {
                Ok(()) => self
                    .subscribe(actor, room_id, since)
                    .await?
                    .map_err(|error| ErrorFrame::from_error(&error)),
                Err(refusal) => Err(refusal),
            };
            if let Err(error) = refused {
                let frame = ErrorFrame { id: reply.id.clone(), room_id: Some(room_id), ..error };
                self.tell(&ServerFrame::Error(frame));
            }
        }
        Ok(())
    }

    pub(super) fn room(&self, named: Option<RoomId>) -> Result<RoomId, Error> {
        named.or(self.own_room).ok_or_else(|| InvalidInput::single("room_id", "is required").into())
    }
}
