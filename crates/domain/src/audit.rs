//! Who did what to whom, and from where: entries of the audit log.

mod action;
mod chain;

use serde_json::{Map, Value};
use uuid::Uuid;

pub use action::AuditAction;
pub use chain::{AuditEntry, AuditHead};

use crate::{Device, FileId, MessageId, RoomId, SessionId, TaskId, Timestamp, UserId};

/// Who did something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuditActor {
    /// A user who was logged in, or has just proven to be that user.
    User(UserId),
    /// Somebody who starts programs with the server's configuration.
    CommandLine,
    /// The server by itself.
    System,
    /// Somebody of whom nothing is known.
    Anonymous,
}

impl AuditActor {
    /// The word for its kind in the API and the database.
    pub const fn kind(self) -> &'static str {
        match self {
            Self::User(_) => "user",
            Self::CommandLine => "command_line",
            Self::System => "system",
            Self::Anonymous => "anonymous",
        }
    }

    /// Which user it is.
    pub const fn user_id(self) -> Option<UserId> {
        match self {
            Self::User(id) => Some(id),
            Self::CommandLine | Self::System | Self::Anonymous => None,
        }
    }
}

/// What something was done to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuditTarget {
    /// An account.
    User(UserId),
    /// A login.
    Session(SessionId),
    /// A room.
    Room(RoomId),
    /// A message.
    Message(MessageId),
    /// An upload.
    File(FileId),
    /// A unit of background work.
    Task(TaskId),
    /// An account at another provider that logs into one here.
    Identity(Uuid),
    /// A code that lets somebody register.
    Invitation(Uuid),
}

impl AuditTarget {
    /// The word for its kind in the API and the database.
    pub const fn kind(self) -> &'static str {
        match self {
            Self::User(_) => "user",
            Self::Session(_) => "session",
            Self::Room(_) => "room",
            Self::Message(_) => "message",
            Self::File(_) => "file",
            Self::Task(_) => "task",
            Self::Identity(_) => "identity",
            Self::Invitation(_) => "invitation",
        }
    }

    /// Which one it is.
    pub const fn id(self) -> Uuid {
        match self {
            Self::User(id) => id.uuid(),
            Self::Session(id) => id.uuid(),
            Self::Room(id) => id.uuid(),
            Self::Message(id) => id.uuid(),
            Self::File(id) => id.uuid(),
            Self::Task(id) => id.uuid(),
            Self::Identity(id) | Self::Invitation(id) => id,
        }
    }
}

impl From<UserId> for AuditTarget {
    fn from(id: UserId) -> Self {
        Self::User(id)
    }
}

impl From<SessionId> for AuditTarget {
    fn from(id: SessionId) -> Self {
        Self::Session(id)
    }
}

impl From<RoomId> for AuditTarget {
    fn from(id: RoomId) -> Self {
        Self::Room(id)
    }
}

impl From<TaskId> for AuditTarget {
    fn from(id: TaskId) -> Self {
        Self::Task(id)
    }
}

/// What is to be written down. Entries are kept for good, also when an account is erased: in `details` there are ids and
/// words, and the reasons that admins gave, and never secrets, addresses for mail, names or what users wrote.
#[derive(Clone, Debug, PartialEq)]
pub struct NewAuditEntry {
    /// What was done.
    pub action: AuditAction,
    /// By whom.
    pub actor: AuditActor,
    /// To what.
    pub target: Option<AuditTarget>,
    /// From where, as far as it is known.
    pub device: Device,
    /// What else there is to tell; small.
    pub details: Map<String, Value>,
}

impl NewAuditEntry {
    /// What somebody did, and nothing more about it.
    pub fn new(actor: AuditActor, device: Device, action: AuditAction) -> Self {
        Self { action, actor, target: None, device, details: Map::new() }
    }

    /// What a user did from there.
    pub fn by(user_id: UserId, device: &Device, action: AuditAction) -> Self {
        Self::new(AuditActor::User(user_id), device.clone(), action)
    }

    /// What it was done to.
    #[must_use]
    pub fn about(self, target: impl Into<AuditTarget>) -> Self {
        Self { target: Some(target.into()), ..self }
    }

    /// One thing more to tell.
    #[must_use]
    pub fn with(mut self, key: &'static str, value: impl Into<Value>) -> Self {
        self.details.insert(key.to_owned(), value.into());
        self
    }
}

/// Which entries are asked for; what is `None` does not matter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// Those of what that user did.
    pub actor_id: Option<UserId>,
    /// Those of what was done to that.
    pub target_id: Option<Uuid>,
    /// Those of that action.
    pub action: Option<AuditAction>,
    /// Those from that time on.
    pub from: Option<Timestamp>,
    /// Those before that time.
    pub to: Option<Timestamp>,
}
