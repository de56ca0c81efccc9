//! A small world for tests: all services on ports in memory, and short ways to people it.

use std::sync::Arc;

use futures::FutureExt;
use plaza_application::{
    Actor, Error, LimitSettings, MessageInput, NewRoom, Ports, Posted, Registration, Result, Services,
    Settings, Unauthenticated,
    commands::{Command, MAIL_QUEUE},
    events::{Event, RoomEvent},
    mail::MailMessage,
    memory::{ManualClock, ports_with},
    ports::{Delivery, EventStream},
};
use plaza_domain::{Clock, Device, MessageKind, Room, RoomId, SystemRole, UserId, repository::TaskFilter};
use tokio::task::unconstrained;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::faults::{Faults, FaultyStore};

pub(crate) const PASSWORD: &str = "correct horse battery staple";

pub(crate) struct World {
    pub(crate) ports: Ports,
    pub(crate) services: Services,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) faults: Arc<Faults>,
    pub(crate) tracker: TaskTracker,
    pub(crate) shutdown: CancellationToken,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with_ports(|_| ())
    }

    /// With some ports replaced. Nothing is limited: here everybody comes from the same address.
    pub(crate) fn with_ports(replace: impl FnOnce(&mut Ports)) -> Self {
        let limits = LimitSettings { enabled: false, ..LimitSettings::default() };
        Self::build(&Settings { limits, ..Settings::default() }, replace)
    }

    pub(crate) fn with_settings(settings: &Settings) -> Self {
        Self::build(settings, |_| ())
    }

    pub(crate) fn build(settings: &Settings, replace: impl FnOnce(&mut Ports)) -> Self {
        let clock = Arc::new(ManualClock::default());
        let mut ports = ports_with(Arc::clone(&clock) as Arc<dyn Clock>);
        let faults = Arc::new(Faults::default());
        ports.store = Arc::new(FaultyStore::new(ports.store, Arc::clone(&faults)));
        replace(&mut ports);
        let (tracker, shutdown) = (TaskTracker::new(), CancellationToken::new());
        let services = Services::start(&ports, settings, &tracker, &shutdown);
        Self { ports, services, clock, faults, tracker, shutdown }
    }

    /// A user who is logged in; the first of a world is the server's admin.
    pub(crate) async fn user(&self, name: &str) -> Result<Actor> {
        self.services.auth.register(registration(name)).await?;
        let login = self.services.auth.login(name, PASSWORD, Device::default()).await?;
        self.services.auth.authenticate(&login.access_token).await
    }

    /// A user with that role on the server.
    pub(crate) async fn user_as(&self, name: &str, role: SystemRole) -> Result<Actor> {
        let actor = self.user(name).await?;
        let mut work = self.ports.store.begin().await?;
        let mut user = work.users().find(actor.id()).await?.ok_or(Error::NotFound("user"))?;
        user.role = role;
        work.users().update(&user).await?;
        work.commit().await?;
        Ok(Actor { role, ..actor })
    }

    /// The server's admin, who is in no room, and two others.
    pub(crate) async fn people(&self) -> Result<(Actor, Actor)> {
        self.user("root").await?;
        Ok((self.user("ada").await?, self.user("grace").await?))
    }

    pub(crate) async fn public_room(&self, owner: &Actor) -> Result<Room> {
        self.room(owner, "Analytical Engines", false).await
    }

    pub(crate) async fn private_room(&self, owner: &Actor) -> Result<Room> {
        self.room(owner, "Secret Engines", true).await
    }

    async fn room(&self, owner: &Actor, name: &str, is_private: bool) -> Result<Room> {
        let input = NewRoom { name: name.to_owned(), description: String::new(), is_private };
        self.services.rooms.create(owner, input).await
    }

    /// A public room with both people in it.
    pub(crate) async fn shared_room(&self, owner: &Actor, member: &Actor) -> Result<Room> {
        let room = self.public_room(owner).await?;
        self.services.memberships.join(member, room.id).await?;
        Ok(room)
    }

    pub(crate) async fn say(&self, actor: &Actor, room_id: RoomId, content: &str) -> Result<Posted> {
        self.post(actor, text(room_id, content)).await
    }

    pub(crate) async fn post(&self, actor: &Actor, (room_id, input): Post) -> Result<Posted> {
        self.services.messages.post(actor, room_id, input).await
    }

    /// What the mails that were ordered for an address are about, the oldest first.
    pub(crate) async fn mails_to(&self, address: &str) -> Result<Vec<MailMessage>> {
        let filter = TaskFilter { queue: Some(MAIL_QUEUE.to_owned()), ..TaskFilter::default() };
        let mut tasks = self.ports.store.read().await?.tasks().list(&filter, None, 100).await?;
        tasks.reverse();
        let orders = tasks.iter().filter_map(|task| match Command::try_from(task) {
            Ok(Command::SendMail(order)) if order.to.as_str() == address => Some(order.message),
            _ => None,
        });
        Ok(orders.collect())
    }

    pub(crate) async fn role_in(&self, room_id: RoomId, user_id: UserId) -> Result<Option<&'static str>> {
        let member = self.ports.store.read().await?.members().find(room_id, user_id).await?;
        Ok(member.filter(|member| member.is_present()).map(|member| member.role.as_str()))
    }
}

pub(crate) fn registration(name: &str) -> Registration {
    Registration {
        email: format!("{name}@example.org"),
        username: name.to_owned(),
        display_name: None,
        password: PASSWORD.to_owned(),
        invitation_code: None,
        device: Device::default(),
    }
}

/// What is said, and where.
pub(crate) type Post = (RoomId, MessageInput);

pub(crate) fn said(content: &str) -> MessageInput {
    MessageInput {
        kind: MessageKind::Text,
        content: content.to_owned(),
        file_id: None,
        image_url: None,
        parent_id: None,
        client_id: None,
    }
}

pub(crate) fn text(room_id: RoomId, content: &str) -> Post {
    (room_id, said(content))
}

pub(crate) fn named(room_id: RoomId, content: &str, client_id: &str) -> Post {
    (room_id, MessageInput { client_id: Some(client_id.to_owned()), ..said(content) })
}

/// What was published and not yet heard.
pub(crate) fn heard(events: &mut EventStream) -> Vec<Event> {
    let mut heard = Vec::new();
    while let Some(Some(Delivery::Event(event))) = unconstrained(events.next()).now_or_never() {
        heard.push(Event::clone(&event));
    }
    heard
}

/// The changes of rooms among what was published and not yet heard.
pub(crate) fn heard_changes(events: &mut EventStream) -> Vec<RoomEvent> {
    let changes = heard(events).into_iter().filter_map(|event| match event {
        Event::Room(change) => Some(change),
        Event::Signal(_) | Event::User(_) | Event::Direct(_) | Event::Presence(_) => None,
    });
    changes.collect()
}

/// Why somebody is not let in, if that is what an error says.
pub(crate) fn reason(error: Error) -> Option<Unauthenticated> {
    match error {
        Error::Unauthenticated(reason) => Some(reason),
        _ => None,
    }
}
