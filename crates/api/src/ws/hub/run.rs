//! The hub's own tasks: it follows the bus, and compares with the database what the bus may have lost.

use std::{sync::Arc, time::Duration};

use plaza_application::{
    events::{Event, Signal, UserEvent},
    ports::{Delivery, EventStream},
};

use super::{ConnectionHandle, Hub, heal::heal};
use crate::ws::{close::Close, frames::encode_user_event};

/// How long to wait for a database that does not answer.
const COMPARE_RETRY: Duration = Duration::from_secs(1);
/// How many rooms are compared in one query.
const ROOMS_PER_QUERY: usize = 500;

/// Hands out what the bus delivers.
pub(super) async fn follow(hub: Arc<Hub>, mut stream: EventStream) {
    loop {
        let delivery = tokio::select! {
            () = hub.shutdown.cancelled() => return,
            delivery = stream.next() => delivery,
        };
        match delivery {
            Some(Delivery::Event(event)) => on_event(&hub, &event),
            Some(Delivery::Gap) => hub.gap.notify_one(),
            None => return,
        }
    }
}

/// Compares after every gap in the bus, and every now and then.
pub(super) async fn compare_periodically(hub: Arc<Hub>) {
    let mut interval = tokio::time::interval(hub.compare_interval);
    interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = hub.shutdown.cancelled() => return,
            () = hub.gap.notified() => {}
            _ = interval.tick() => {}
        }
        while !compare(&hub).await {
            tokio::select! {
                () = hub.shutdown.cancelled() => return,
                () = tokio::time::sleep(COMPARE_RETRY) => {}
            }
        }
    }
}

/// Tells every connection when the server is going away: ten thousand that watched one token themselves would all come
/// to its lock each time they are woken.
pub(super) async fn send_away(hub: Arc<Hub>) {
    hub.shutdown.cancelled().await;
    hub.registry().send_away();
}

fn on_event(hub: &Arc<Hub>, event: &Event) {
    match event {
        Event::Room(event) => hub.on_room_event(event),
        Event::Signal(signal) => on_signal(hub, signal),
        Event::User(event) => on_user_event(hub, event),
        Event::Direct(activity) => hub.on_direct_activity(activity),
        Event::Presence(event) => {
            hub.presence.hear(&event.changes);
            hub.gathering.add(event.changes.iter().copied());
        }
    }
}

fn on_signal(hub: &Hub, signal: &Signal) {
    hub.rooms.with(signal.room_id(), |channel| {
        let except = match *signal {
            Signal::Typing { room_id, user_id, active } => {
                if !hub.hear_typing(room_id, user_id, active) {
                    return;
                }
                Some(user_id)
            }
            Signal::Read { .. } => None,
        };
        channel.signal(signal, except);
    });
}

fn on_user_event(hub: &Hub, event: &UserEvent) {
    match event {
        UserEvent::SessionEnded { session_id, .. } => hub.auth.forget_session(*session_id),
        UserEvent::OtherSessionsEnded { user_id, .. }
        | UserEvent::SessionsEnded { user_id }
        | UserEvent::Banned { user_id }
        | UserEvent::Doubted { user_id } => {
            hub.auth.forget_user(*user_id);
        }
        UserEvent::FileChanged { .. }
        | UserEvent::FileDeleted { .. }
        | UserEvent::RoomRead { .. }
        | UserEvent::RoomAdded { .. }
        | UserEvent::FriendChanged { .. } => {}
    }
    let handles = hub.handles_of(event.user_id());
    for handle in &handles {
        if let Some(reason) = ends(handle, event) {
            handle.outbox.close(reason);
        }
        if matches!(event, UserEvent::Doubted { .. }) {
            handle.outbox.doubt();
        }
    }
    if let Some(frame) = encode_user_event(event) {
        handles.iter().for_each(|handle| handle.outbox.push(frame.clone()));
    }
}

/// Whether an event ends a connection of its user, and why.
fn ends(connection: &ConnectionHandle, event: &UserEvent) -> Option<Close> {
    let session_id = connection.session_id;
    match event {
        UserEvent::SessionEnded { session_id: ended, .. } => {
            (session_id == *ended).then_some(Close::Unauthenticated)
        }
        UserEvent::OtherSessionsEnded { kept, .. } => (session_id != *kept).then_some(Close::Unauthenticated),
        UserEvent::SessionsEnded { .. } => Some(Close::Unauthenticated),
        UserEvent::Banned { .. } => Some(Close::Forbidden),
        UserEvent::Doubted { .. }
        | UserEvent::FileChanged { .. }
        | UserEvent::FileDeleted { .. }
        | UserEvent::RoomRead { .. }
        | UserEvent::RoomAdded { .. }
        | UserEvent::FriendChanged { .. } => None,
    }
}

/// Finds the rooms whose events were not all delivered, and has them healed; then the direct messages that reached
/// nobody.
/// False when the database did not answer.
async fn compare(hub: &Arc<Hub>) -> bool {
    let active = hub.rooms.versions();
    for rooms in active.chunks(ROOMS_PER_QUERY) {
        let ids: Vec<_> = rooms.iter().map(|(id, _)| *id).collect();
        let heads = match hub.changes.versions(&ids).await {
            Ok(heads) => heads,
            Err(error) => {
                tracing::warn!(error = ?error, "rooms could not be compared with the database; trying again");
                return false;
            }
        };
        // A room that is not answered was deleted: the healer finds that out.
        let deleted = ids.iter().filter(|id| !heads.iter().any(|(head_id, _)| head_id == *id));
        let gone: Vec<_> = deleted.copied().collect();
        for (room_id, head) in heads {
            if hub.suspect(room_id, Some(head)) {
                hub.tracker.spawn(heal(Arc::clone(hub), room_id, head));
            }
        }
        for room_id in gone {
            if hub.suspect(room_id, None) {
                hub.tracker.spawn(heal(Arc::clone(hub), room_id, plaza_domain::Version::new(i64::MAX)));
            }
        }
    }
    hub.deliver_direct_messages().await
}
