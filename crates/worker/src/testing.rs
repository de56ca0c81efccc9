//! A small world for the tests of this crate: every port in memory, time that follows the runtime's, and one user
//! who uploads.
#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use futures::{FutureExt, StreamExt, future::BoxFuture, stream};
use plaza_application::{
    Actor, Ports, Services, Settings,
    commands::Command,
    events::{Event, UserEvent},
    memory::{ManualClock, MemoryBlobStore, ports_with},
    ports::{Delivery, EventStream, Scanner},
};
use plaza_domain::{
    Clock, Device, DisplayName, Email, File, FileKind, FileStatus, NewTask, PasswordHash, RepositoryError,
    SessionId, Task, TaskId, Timestamp, UnitOfWork, User, UserId, Username, WorkerId,
    repository::ClaimRequest,
};
use tokio::time::{Instant, sleep, timeout};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    Applied, Attempt, Effect, Handlers, NoEffect, Registry, TaskError, TaskHandler, WorkerSettings,
    runner::Context,
};

/// Tells the runtime's time, which tests may stop and move.
struct RuntimeClock {
    base: Timestamp,
    start: Instant,
}

impl Clock for RuntimeClock {
    fn now(&self) -> Timestamp {
        self.base + self.start.elapsed()
    }
}

pub(crate) struct World {
    pub(crate) ports: Ports,
    pub(crate) blobs: MemoryBlobStore,
    pub(crate) events: EventStream,
    pub(crate) services: Services,
    pub(crate) actor: Actor,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with_scanner(None).await
    }

    /// Where uploads wait for a scanner.
    pub(crate) async fn with_scanner(scanner: Option<Arc<dyn Scanner>>) -> Self {
        Self::with_ports(|ports| ports.scanner = scanner).await
    }

    /// With some ports replaced.
    pub(crate) async fn with_ports(replace: impl FnOnce(&mut Ports)) -> Self {
        let base = ManualClock::default().now();
        let mut ports = ports_with(Arc::new(RuntimeClock { base, start: Instant::now() }));
        let blobs = MemoryBlobStore::default();
        ports.blobs = Arc::new(blobs.clone());
        replace(&mut ports);
        let user = user(base, UserId::new(ports.ids.next()));
        let mut work = ports.store.begin().await.unwrap();
        work.users().insert(&user).await.unwrap();
        work.commit().await.unwrap();
        let actor = Actor {
            user: user.summary(),
            role: user.role,
            must_verify_email: false,
            session_id: SessionId::new(ports.ids.next()),
            expires_at: base + Duration::from_secs(86_400),
            must_set_up_second_factor: false,
            device: Device::default(),
        };
        let (tracker, shutdown) = (TaskTracker::new(), CancellationToken::new());
        Self {
            services: Services::start(&ports, &Settings::default(), &tracker, &shutdown),
            events: ports.bus.subscribe(),
            blobs,
            ports,
            actor,
        }
    }

    /// Stores an upload and wakes a worker up, as the API does.
    pub(crate) async fn upload(&self, name: &str, bytes: impl Into<Bytes>) -> File {
        let body = stream::iter([Ok(bytes.into())]).boxed();
        let uploaded = self.services.files.upload(&self.actor, name, body, |_| Ok(()));
        uploaded.await.unwrap().file
    }

    /// Stores a task for a file that is not there, and wakes no one up.
    pub(crate) async fn task(&self, change: impl FnOnce(&mut NewTask)) -> TaskId {
        let command = Command::process(FileKind::Document, self.ports.ids.next().into());
        let mut task = command.into_task(TaskId::new(self.ports.ids.next()), None).unwrap();
        change(&mut task);
        let mut work = self.ports.store.begin().await.unwrap();
        work.tasks().insert(&task).await.unwrap();
        work.commit().await.unwrap();
        task.id
    }

    pub(crate) async fn find_task(&self, id: TaskId) -> Task {
        let mut read = self.ports.store.read().await.unwrap();
        read.tasks().find(id).await.unwrap().unwrap()
    }

    pub(crate) async fn find_file(&self, file: &File) -> File {
        let mut read = self.ports.store.read().await.unwrap();
        read.files().find(file.id).await.unwrap().unwrap()
    }

    /// Claims a task as a worker that then says nothing more.
    pub(crate) async fn claim(&self, id: TaskId, lease: Duration) -> Option<Task> {
        let by = ClaimRequest {
            worker: WorkerId::new(self.ports.ids.next()),
            lease: chrono::TimeDelta::from_std(lease).unwrap(),
        };
        let mut work = self.ports.store.begin().await.unwrap();
        let task = work.tasks().claim(id, by).await.unwrap();
        work.commit().await.unwrap();
        task
    }

    pub(crate) fn context(&self, registry: impl Registry + 'static) -> Arc<Context> {
        Arc::new(Context::new(self.ports.clone(), Arc::new(registry), WorkerSettings::default()))
    }

    pub(crate) fn handlers(&self) -> Handlers {
        Handlers::new(&self.ports, &self.services, &WorkerSettings::default())
    }

    /// Waits until a task is as wanted; an hour at most. For tests whose time is stopped: it moves on when there is
    /// nothing to do but wait, and stands still while a thread beside the runtime examines a file.
    pub(crate) async fn until(&self, id: TaskId, wanted: impl Fn(&Task) -> bool) -> Task {
        for _ in 0..36_000 {
            let task = self.find_task(id).await;
            if wanted(&task) {
                return task;
            }
            sleep(Duration::from_millis(100)).await;
        }
        unreachable!("after an hour still {:?}", self.find_task(id).await)
    }

    /// The next news of an upload.
    pub(crate) async fn next_event(&mut self) -> UserEvent {
        let delivery = timeout(Duration::from_secs(30), self.events.next()).await.unwrap();
        match delivery {
            Some(Delivery::Event(event)) => match event.as_ref() {
                Event::User(event) => event.clone(),
                other => unreachable!("{other:?}"),
            },
            other => unreachable!("{other:?}"),
        }
    }

    /// The next news of an upload, of which only the status is of interest.
    pub(crate) async fn next_status(&mut self) -> FileStatus {
        match self.next_event().await {
            UserEvent::FileChanged { status, .. } => status,
            other => unreachable!("{other:?}"),
        }
    }
}

fn user(now: Timestamp, id: UserId) -> User {
    let email = Email::from_stored("ada@example.org".to_owned());
    let username = Username::from_stored("ada".to_owned());
    let display_name = DisplayName::from_stored("Ada".to_owned());
    User::new(id, email, username, display_name, PasswordHash::none(), now)
}

pub(crate) type Outcome = Result<Box<dyn Effect>, TaskError>;

/// Answers every command with the same function; a task that is given up leaves no trace.
#[derive(Clone)]
pub(crate) struct Scripted(Arc<dyn Fn(Attempt) -> BoxFuture<'static, Outcome> + Send + Sync>);

impl Scripted {
    pub(crate) fn new<F>(act: impl Fn(Attempt) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Outcome> + Send + 'static,
    {
        Self(Arc::new(move |attempt| act(attempt).boxed()))
    }
}

impl Registry for Scripted {
    fn handler(&self, _command: Command) -> Arc<dyn TaskHandler> {
        Arc::new(self.clone())
    }
}

#[async_trait]
impl TaskHandler for Scripted {
    async fn execute(&self, attempt: &Attempt) -> Outcome {
        (self.0)(attempt.clone()).await
    }

    fn on_dead(&self) -> Box<dyn Effect> {
        Box::new(NoEffect)
    }
}

/// Counts how often it is applied, and owns an object.
#[derive(Clone, Default)]
pub(crate) struct Counting {
    pub(crate) applied: Arc<AtomicUsize>,
    pub(crate) object: Option<String>,
}

impl Counting {
    pub(crate) fn count(&self) -> usize {
        self.applied.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl Effect for Counting {
    fn objects(&self) -> Vec<String> {
        self.object.iter().cloned().collect()
    }

    async fn apply(self: Box<Self>, _work: &mut dyn UnitOfWork) -> Result<Applied, RepositoryError> {
        self.applied.fetch_add(1, Ordering::SeqCst);
        Ok(Applied::default())
    }
}
