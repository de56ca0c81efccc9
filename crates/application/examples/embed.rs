//! Plaza inside another program: no HTTP, no SQL, no Redis.
//!
//! Two users register, one opens a room, the other joins, they chat, and a file is uploaded. A subscriber of the event
//! bus prints what it hears, as a gateway of yours would pass it on. Run it with
//! `cargo run -p plaza-application --example embed --features memory`.
//!
//! Everything is kept in memory. A real program provides [`Ports`] of its own, or takes those of
//! `plaza-infrastructure`; the services do not notice.
//!
//! [`Ports`]: plaza_application::Ports

use std::{
    error::Error,
    io::{Write, stdout},
};

use bytes::Bytes;
use futures::{StreamExt, stream};
use plaza_application::{
    Actor, MessageInput, NewRoom, Registration, Services, Settings,
    events::{Event, RoomEventBody, Signal},
    memory,
    ports::{Delivery, EventStream},
};
use plaza_domain::{Device, MessageKind, RoomId, repository::HistoryRange};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

type Outcome<T = ()> = Result<T, Box<dyn Error + Send + Sync>>;

#[tokio::main]
async fn main() -> Outcome {
    let ports = memory::ports();
    let (tracker, shutdown) = (TaskTracker::new(), CancellationToken::new());
    let services = Services::start(&ports, &Settings::default(), &tracker, &shutdown);
    let listener = tracker.spawn(listen(ports.bus.subscribe(), shutdown.clone()));

    let ada = register(&services, "ada").await?;
    let grace = register(&services, "grace").await?;
    say(&format!(
        "{} runs the server, {} is a {}",
        ada.user.username,
        grace.user.username,
        grace.role.as_str()
    ))?;

    let room = NewRoom {
        name: "Compilers".to_owned(),
        description: "From A-0 to today".to_owned(),
        is_private: false,
    };
    let room = services.rooms.create(&ada, room).await?;
    services.memberships.join(&grace, room.id).await?;
    chat(&services, &ada, &grace, room.id).await?;
    upload(&services, &grace).await?;

    say("history:")?;
    let (history, _) = services.messages.history(&ada, room.id, HistoryRange::Newest, 50).await?;
    for sent in history {
        let message = sent.message;
        say(&format!("  {}. {}: {}", message.seq, sent.sender.username, message.content))?;
    }

    // The services' tasks end after what they had accepted is done; the listener, when it has heard it all.
    shutdown.cancel();
    tracker.close();
    tracker.wait().await;
    listener.await?
}

async fn register(services: &Services, name: &str) -> Outcome<Actor> {
    let password = "correct horse battery staple";
    let registration = Registration {
        email: format!("{name}@example.org"),
        username: name.to_owned(),
        display_name: None,
        password: password.to_owned(),
        invitation_code: None,
        device: Device::default(),
    };
    services.auth.register(registration).await?;
    let login = services.auth.login(name, password, Device::default()).await?;
    Ok(services.auth.authenticate(&login.access_token).await?)
}

async fn chat(services: &Services, ada: &Actor, grace: &Actor, room_id: RoomId) -> Outcome {
    for (actor, content) in [
        (ada, "Has anybody seen my *loom*?"),
        (grace, "There is a moth in it."),
        (ada, "Then we shall debug it."),
    ] {
        let message = MessageInput {
            kind: MessageKind::Text,
            content: content.to_owned(),
            file_id: None,
            image_url: None,
            parent_id: None,
            client_id: None,
        };
        services.messages.post(actor, room_id, message).await?;
    }
    services.reads.typing(grace, room_id, true).await?;
    Ok(())
}

async fn upload(services: &Services, actor: &Actor) -> Outcome {
    let body = stream::iter([Ok(Bytes::from_static(b"0800 Antan started"))]).boxed();
    let uploaded = services.files.upload(actor, "logbook.txt", body, |_| Ok(())).await?;
    let content = services.files.content(actor, uploaded.file.id).await?;
    say(&format!(
        "uploaded {} ({}, {} bytes), {} until a worker takes its task",
        content.name,
        content.media_type,
        content.size,
        uploaded.file.status.as_str()
    ))
}

/// Prints what happens in rooms, until the program ends.
async fn listen(mut events: EventStream, shutdown: CancellationToken) -> Outcome {
    loop {
        let delivery = tokio::select! {
            biased;
            delivery = events.next() => delivery,
            () = shutdown.cancelled() => return Ok(()),
        };
        match delivery {
            Some(Delivery::Event(event)) => say(&format!("  heard: {}", describe(&event)))?,
            Some(Delivery::Gap) => say("  missed something: would now ask the change feed")?,
            None => return Ok(()),
        }
    }
}

fn describe(event: &Event) -> String {
    match event {
        Event::Room(change) => match &change.body {
            RoomEventBody::MessagePosted(sent) => {
                format!("version {}: {}", change.version, sent.message.content_html)
            }
            RoomEventBody::MemberJoined(profile) => {
                format!("version {}: {} is a member now", change.version, profile.user.username)
            }
            _ => format!("version {}: another change", change.version),
        },
        Event::Signal(Signal::Typing { .. }) => "somebody is writing".to_owned(),
        Event::Signal(Signal::Read { .. }) => "somebody has read".to_owned(),
        Event::User(_) => "something for one user".to_owned(),
        Event::Direct(_) => "something between two users".to_owned(),
        Event::Presence(_) => "somebody came or went".to_owned(),
    }
}

fn say(line: &str) -> Outcome {
    Ok(writeln!(stdout(), "{line}")?)
}
